/**
 * Whether processes live, and their end, of programs that a mesh woke: those are nobody's children.
 *
 * @module
 */

/** Whether a process lives. One that has ended but was not waited for does not. */
export function isRunning(pid: number): boolean {
  // (Under Wine there may be a /proc as well, and its processes are others.)
  const state = Deno.build.os === "linux" ? linuxState(pid) : null;
  if (state !== null) return !/[ZX]/.test(state);
  try {
    // Signal 0 is sent to nobody: the system says whether it could be.
    Deno.kill(pid, 0);
    return true;
  } catch (error) {
    // Not allowed, but there.
    return error instanceof Deno.errors.PermissionDenied;
  }
}

/** The letter that stands for its state, where there is a /proc that has it. */
function linuxState(pid: number): string | null {
  try {
    // It stands behind the program's name, which may hold anything.
    return /\) (\S) [^)]*$/.exec(Deno.readTextFileSync(`/proc/${pid}/stat`))?.[1] ?? null;
  } catch {
    return null;
  }
}

/** Ends a process at once, as a crash would. Does nothing to one that has ended. */
export function endProcess(pid: number): void {
  unlessEnded(pid, () => Deno.kill(pid, "SIGKILL"));
}

/** The same of a child: a process that has its number since is left alone. */
export function endChild(child: Deno.ChildProcess): void {
  unlessEnded(child.pid, () => child.kill("SIGKILL"));
}

function unlessEnded(pid: number, end: () => void): void {
  try {
    end();
  } catch (error) {
    // "Already terminated" is a TypeError, of a child.
    if (!(error instanceof TypeError) && isRunning(pid)) throw error;
  }
}
