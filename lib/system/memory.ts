/** Main memory. */

/** Bytes of physical memory. */
export interface MemoryStats {
  total: number;
  /** What programs hold: total less available. */
  used: number;
  /** What programs could still get, caches that the system would give up included. */
  available: number;
}

/** The system's memory figures. Needs `--allow-sys=systemMemoryInfo`. */
export function readMemory(): MemoryStats {
  return memoryStats(Deno.systemMemoryInfo());
}

/** Makes the figures from Deno's, which differ by system. Exported for its test. */
export function memoryStats(
  info: Pick<Deno.SystemMemoryInfo, "total" | "free" | "available">,
): MemoryStats {
  // On Windows Deno leaves `available` at 0 and puts what Windows calls available into `free`:
  // https://github.com/denoland/deno/blob/main/ext/os/sys_info.rs
  const available = Math.min(info.total, info.available > 0 ? info.available : info.free);
  return { total: info.total, used: info.total - available, available };
}
