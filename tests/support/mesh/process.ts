/**
 * Whether processes live, and which are a mesh's, asked of the system.
 *
 * @module
 */

// https://learn.microsoft.com/windows/win32/procthread/process-security-and-access-rights
const SYNCHRONIZE = 0x0010_0000;
const WAIT_TIMEOUT = 258;

// Loaded here and kept: loading it inside a test would look like a leak of that test.
const kernel32 = Deno.build.os === "windows"
  ? Deno.dlopen(
    "kernel32.dll",
    {
      OpenProcess: { parameters: ["u32", "i32", "u32"], result: "pointer" },
      WaitForSingleObject: { parameters: ["pointer", "u32"], result: "u32" },
      CloseHandle: { parameters: ["pointer"], result: "i32" },
    } as const,
  ).symbols
  : null;

/** Whether a process lives. One that has ended but was not waited for does not. */
export function isAlive(pid: number): boolean {
  if (kernel32 !== null) {
    const handle = kernel32.OpenProcess(SYNCHRONIZE, 0, pid);
    if (handle === null) return false;
    const alive = kernel32.WaitForSingleObject(handle, 0) === WAIT_TIMEOUT;
    kernel32.CloseHandle(handle);
    return alive;
  }
  if (Deno.build.os === "linux") {
    try {
      // The state stands behind the program's name, which may hold anything.
      return !/\) [ZX] [^)]*$/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
    } catch (error) {
      const ended = error instanceof Deno.errors.NotFound || /os error 3\b/.test(`${error}`);
      if (!ended) throw error;
      return false;
    }
  }
  const { stdout } = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
    .outputSync();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

/** On Linux, the processes that were started in a mesh, by their environment; not this one. */
export function processesOf(home: string): number[] {
  const pids = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name));
  return pids.filter((pid) => {
    if (!(pid > 0) || pid === Deno.pid) return false;
    try {
      return Deno.readTextFileSync(`/proc/${pid}/environ`).includes(`NEVERLIIE_HOME=${home}\0`);
    } catch {
      // It has ended meanwhile, or is no process.
      return false;
    }
  });
}
