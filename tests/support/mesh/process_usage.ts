/**
 * What this process holds of the system: memory, handles, threads.
 *
 * @module
 */

/** Memory in bytes, after a collection of garbage where the process may force one. */
export interface ProcessUsage {
  /** Resident, as the system counts it. */
  rss: number;
  /** Live values of JavaScript, and the buffers that they own. */
  live: number;
  /** Descriptors, or on Windows handles. */
  handles: number;
  /** `null` on Windows. */
  threads: number | null;
}

// Loaded here and kept: loading it inside a test would look like a leak of that test.
const kernel32 = Deno.build.os === "windows"
  ? Deno.dlopen(
    "kernel32.dll",
    {
      GetCurrentProcess: { parameters: [], result: "pointer" },
      GetProcessHandleCount: { parameters: ["pointer", "buffer"], result: "i32" },
    } as const,
  ).symbols
  : null;
const ntdll = Deno.build.os === "windows"
  ? Deno.dlopen(
    "ntdll.dll",
    {
      NtQuerySystemInformation: { parameters: ["u32", "buffer", "u32", "buffer"], result: "u32" },
    } as const,
  ).symbols
  : null;

/** Measures this process. Start it with `--v8-flags=--expose-gc` to have garbage collected first. */
export function processUsage(): ProcessUsage {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  const { rss, heapUsed, external } = Deno.memoryUsage();
  return { rss, live: heapUsed + external, handles: countHandles(), threads: countThreads() };
}

/**
 * Handles that grow by what leaks alone, counted as {@link processUsage} does; `null` where the
 * runtime itself leaks some. On Windows a Deno before 2.8.2, as the lab's executables have, keeps two
 * for each folder of each watcher that was closed, and gives the events of all to the next one.
 *
 * https://github.com/denoland/deno/issues/27742
 */
export function steadyHandles(): number | null {
  const [major = 0, minor = 0, patch = 0] = Deno.version.deno.split(".").map(Number);
  const keepsWatches = (major * 1_000 + minor) * 1_000 + patch < 2_008_002;
  return kernel32 !== null && keepsWatches ? null : processUsage().handles;
}

/** Handles or descriptors that this process has open. */
export function countHandles(): number {
  if (kernel32 !== null) {
    const count = new Uint32Array(1);
    // https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-getprocesshandlecount
    if (kernel32.GetProcessHandleCount(kernel32.GetCurrentProcess(), count) === 0) {
      throw new Error("Cannot count the handles of this process");
    }
    return count[0]! > 0 ? count[0]! : countHandlesInWine();
  }
  return entries(Deno.build.os === "linux" ? "/proc/self/fd" : "/dev/fd");
}

/** Wine answers 0 where it is asked for the count; its list of all handles has those of this process. */
function countHandlesInWine(): number {
  const SystemHandleInformation = 16;
  const ENTRY = 24;
  for (let size = 1 << 20; size <= 1 << 26; size *= 4) {
    const list = new DataView(new ArrayBuffer(size));
    // https://learn.microsoft.com/windows/win32/api/winternl/nf-winternl-ntquerysysteminformation
    const { NtQuerySystemInformation } = ntdll!;
    if (NtQuerySystemInformation(SystemHandleInformation, list.buffer, size, null) !== 0) continue;
    let own = 0;
    for (let i = 0; i < list.getUint32(0, true); i++) {
      if (list.getUint32(8 + i * ENTRY, true) === Deno.pid) own++;
    }
    return own;
  }
  throw new Error("Cannot count the handles of this process");
}

function countThreads(): number | null {
  return Deno.build.os === "linux" ? entries("/proc/self/task") : null;
}

function entries(folder: string): number {
  return [...Deno.readDirSync(folder)].length;
}
