/** All figures of this machine at one moment. */
import { type BatteryStats, readBattery } from "./battery.ts";
import { type CpuInfo, CpuMeter, readCpuInfo } from "./cpu.ts";
import { type DiskStats, readDisk } from "./disk.ts";
import { type MemoryStats, readMemory } from "./memory.ts";
import { type NetworkStats, TrafficMeter } from "./network.ts";
import { pause, unlessAborted } from "./waiting.ts";

/** What a status bar shows. All of it is JSON. */
export interface HostStats {
  /** When it was read, ISO 8601 in UTC. */
  time: string;
  hostname: string;
  /** Seconds since the system started. */
  uptime: number;
  /** `percent` (0..100) of all cores busy since the last reading; null where nobody tells. */
  cpu: CpuInfo & { percent: number | null };
  /** Bytes. */
  memory: MemoryStats;
  /** Null on a machine without a battery. */
  battery: BatteryStats | null;
  /** Bytes over the network; null where nobody tells. */
  network: NetworkStats | null;
  /** The volume of the system; null where nobody tells. */
  disk: DiskStats | null;
}

/** Shorter spans hold too few of the system's clock ticks to say anything. */
const SHORTEST_SPAN = 100;
/** Use averaged over a longer span is history, not the present; longer than any watch interval. */
const LONGEST_SPAN = 90_000;

/**
 * Reads this machine's figures again and again. Processor use is measured between its own readings,
 * so two watchers with one reader each do not cut each other's spans short.
 */
export class HostReader {
  #meter: CpuMeter;
  readonly #traffic = new TrafficMeter();
  #cpu: CpuInfo | undefined;
  #sampledAt = -Infinity;
  #percent: number | null = null;
  #sampling: Promise<void> | undefined;

  constructor(meter: CpuMeter = new CpuMeter()) {
    this.#meter = meter;
  }

  /**
   * The figures now. The first reading (and one after a pause of more than 90 s) takes 100 ms, at
   * most 500, because processor use needs two samples; others answer at once.
   */
  async read(signal?: AbortSignal): Promise<HostStats> {
    signal?.throwIfAborted();
    return await unlessAborted(this.#read(), signal);
  }

  async #read(): Promise<HostStats> {
    const [battery] = await Promise.all([readBattery(), this.#sample()]);
    return {
      time: new Date().toISOString(),
      hostname: Deno.hostname(),
      uptime: Math.floor(Deno.osUptime()),
      cpu: { percent: this.#percent, ...(this.#cpu ??= readCpuInfo()) },
      memory: readMemory(),
      battery,
      network: this.#traffic.sample(),
      disk: readDisk(),
    };
  }

  async #sample(): Promise<void> {
    const span = performance.now() - this.#sampledAt;
    if (span < SHORTEST_SPAN) return;
    if (span <= LONGEST_SPAN) return this.#take();
    // Callers that come during these 100 ms share them.
    await (this.#sampling ??= this.#start());
  }

  async #start(): Promise<void> {
    try {
      this.#meter.sample();
      // A busy machine may have counted no tick yet, and one's figure may have run backwards.
      for (let attempt = 1; attempt <= 5; attempt++) {
        await pause(SHORTEST_SPAN);
        this.#take();
        if (this.#percent !== null) break;
      }
    } finally {
      this.#sampling = undefined;
    }
  }

  #take(): void {
    this.#percent = this.#meter.sample();
    this.#sampledAt = performance.now();
  }
}

const shared = new HostReader();

/** The figures now, by a reader that this whole process shares. */
export function readHost(signal?: AbortSignal): Promise<HostStats> {
  return shared.read(signal);
}
