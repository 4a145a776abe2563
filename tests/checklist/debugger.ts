/**
 * Stopping a process as a debugger does, for lines about programs that are frozen.
 *
 * @module
 */

// Loaded when first asked for: the lines of the checklist are named on other systems, too.
let loaded: ReturnType<typeof load> | null = null;

// https://learn.microsoft.com/windows/win32/api/debugapi/
const load = () =>
  Deno.dlopen(
    "kernel32.dll",
    {
      DebugActiveProcess: { parameters: ["u32"], result: "i32" },
      DebugActiveProcessStop: { parameters: ["u32"], result: "i32" },
      GetLastError: { parameters: [], result: "u32" },
    } as const,
  ).symbols;

/** Stops a process: all of its threads wait for this debugger. Disposing of it lets it go on. */
export function frozen(pid: number): Disposable {
  const kernel32 = loaded ??= load();
  if (kernel32.DebugActiveProcess(pid) === 0) {
    throw new Error(`Cannot stop process ${pid}: error ${kernel32.GetLastError()}`);
  }
  return { [Symbol.dispose]: () => void kernel32.DebugActiveProcessStop(pid) };
}
