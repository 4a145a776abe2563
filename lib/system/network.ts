/** How much goes over the network. */
import { listKernelFolder, readKernelFile } from "./libc.ts";
import { readWindowsTraffic } from "./network_windows.ts";

/** Bytes over all real interfaces since the system started. */
export interface Traffic {
  received: number;
  sent: number;
}

/** Traffic, and its rate in bytes a second since the reading before; null for the first reading. */
export interface NetworkStats extends Traffic {
  receivedRate: number | null;
  sentRate: number | null;
}

/** The system's counters; null where nobody tells (macOS). */
export function readTraffic(): Traffic | null {
  if (Deno.build.os === "linux") return readLinuxTraffic();
  return Deno.build.os === "windows" ? readWindowsTraffic() : null;
}

/**
 * Reads Linux' counters. Interfaces of hardware count; where there is none, as in a container, all
 * but the loopback. https://docs.kernel.org/networking/statistics.html
 *
 * @param root The folder of interfaces: the kernel's own, or a made-up one in tests.
 */
export function readLinuxTraffic(root = "/sys/class/net"): Traffic | null {
  const names = (listKernelFolder(root) ?? []).filter((name) => name !== "lo");
  const hardware = names.filter((name) => listKernelFolder(`${root}/${name}/device`) !== null);
  const counted = hardware.length > 0 ? hardware : names;
  const sum = (figure: string) =>
    counted.reduce((total, name) => {
      const value = Number(readKernelFile(`${root}/${name}/statistics/${figure}`) ?? 0);
      return total + (Number.isFinite(value) ? value : 0);
    }, 0);
  return counted.length === 0 ? null : { received: sum("rx_bytes"), sent: sum("tx_bytes") };
}

/** Measures rates between its own readings, so each reader of figures has one of its own. */
export class TrafficMeter {
  readonly #read: () => Traffic | null;
  readonly #now: () => number;
  #last: (Traffic & { at: number }) | null = null;

  /** @param now Milliseconds on a clock that never goes back. */
  constructor(
    read: () => Traffic | null = readTraffic,
    now: () => number = () => performance.now(),
  ) {
    this.#read = read;
    this.#now = now;
  }

  /** The counters and their rates since the last sample. */
  sample(): NetworkStats | null {
    const traffic = this.#read();
    if (traffic === null) return null;
    const at = this.#now();
    const last = this.#last;
    this.#last = { ...traffic, at };
    const seconds = last === null ? 0 : (at - last.at) / 1000;
    // Counters that went back: an interface was taken away.
    const rate = (before: number, now: number) =>
      seconds <= 0 || now < before ? null : Math.round((now - before) / seconds);
    return {
      ...traffic,
      receivedRate: last === null ? null : rate(last.received, traffic.received),
      sentRate: last === null ? null : rate(last.sent, traffic.sent),
    };
  }
}
