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

/** Measures this process. Start it with `--v8-flags=--expose-gc` to have garbage collected first. */
export function processUsage(): ProcessUsage {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  const { rss, heapUsed, external } = Deno.memoryUsage();
  return { rss, live: heapUsed + external, handles: countHandles(), threads: countThreads() };
}

function countHandles(): number {
  if (kernel32 !== null) {
    const count = new Uint32Array(1);
    // https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-getprocesshandlecount
    if (kernel32.GetProcessHandleCount(kernel32.GetCurrentProcess(), count) === 0) {
      throw new Error("Cannot count the handles of this process");
    }
    return count[0]!;
  }
  const folder = Deno.build.os === "linux" ? "/proc/self/fd" : "/dev/fd";
  return [...Deno.readDirSync(folder)].length;
}

function countThreads(): number | null {
  return Deno.build.os === "linux" ? [...Deno.readDirSync("/proc/self/task")].length : null;
}
