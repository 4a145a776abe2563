/** How busy the processors are. */
import { cpus } from "node:os";
import { kernel32 } from "./kernel32.ts";

/** Processor time since the system started, summed over all cores, in any one unit. */
export interface CpuTimes {
  busy: number;
  total: number;
}

/** What processors this machine has. */
export interface CpuInfo {
  /** Logical processors. */
  cores: number;
  /** The maker's name of the first one, or null where the system does not tell. */
  model: string | null;
}

/**
 * Measures processor use between its own samples, so each reader of figures has one of its own.
 *
 * ```ts
 * const meter = new CpuMeter();
 * meter.sample(); // null: nothing to compare with yet
 * // ... later
 * meter.sample(); // 12.5
 * ```
 */
export class CpuMeter {
  #read: () => CpuTimes | null;
  #last: CpuTimes | null = null;
  #percent: number | null = null;

  /** @param read Where the times come from; the system's own unless a test gives others. */
  constructor(read: () => CpuTimes | null = readCpuTimes) {
    this.#read = read;
  }

  /**
   * Percent (0..100, one decimal) of all cores that was busy since the last sample. Null for the
   * first sample, and where the system tells no times. When no time was counted since the last
   * sample (systems count in ticks of about 10 ms), the last percentage again.
   */
  sample(): number | null {
    const now = this.#read();
    if (now === null) return null;
    const last = this.#last;
    if (last !== null && now.total === last.total) return this.#percent;
    this.#last = now;
    // A total below the last one: a core was taken away. Start anew rather than show nonsense.
    if (last === null || now.total < last.total) return this.#percent;
    const percent = ((now.busy - last.busy) / (now.total - last.total)) * 100;
    this.#percent = Math.round(Math.min(100, Math.max(0, percent)) * 10) / 10;
    return this.#percent;
  }
}

/** The system's processor times, or null where it does not tell them. */
export function readCpuTimes(): CpuTimes | null {
  // Not os.cpus() on Windows: it comes back empty under Wine, and one call for the whole machine
  // does not depend on how processors are grouped.
  return Deno.build.os === "windows" ? readWindowsTimes() : readNodeTimes();
}

/** Core count and model, from the system. */
export function readCpuInfo(): CpuInfo {
  const all = cpus();
  // Windows fills the text with zeros up to its length.
  const model = all[0]?.model.replace(/\0.*$/s, "").trim() ?? "";
  return {
    cores: all.length > 0 ? all.length : navigator.hardwareConcurrency,
    model: model === "" || model === "unknown" ? null : model,
  };
}

function readNodeTimes(): CpuTimes | null {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const working = times.user + times.nice + times.sys + times.irq;
    busy += working;
    total += working + times.idle;
  }
  return total > 0 ? { busy, total } : null;
}

/** https://learn.microsoft.com/en-us/windows/win32/api/processthreadsapi/nf-processthreadsapi-getsystemtimes */
function readWindowsTimes(): CpuTimes | null {
  const idle = new BigUint64Array(1);
  const kernel = new BigUint64Array(1);
  const user = new BigUint64Array(1);
  if (kernel32().GetSystemTimes(idle, kernel, user) === 0) return null;
  // Kernel time includes the time spent idle.
  const total = Number((kernel[0] ?? 0n) + (user[0] ?? 0n));
  return { busy: total - Number(idle[0] ?? 0n), total };
}
