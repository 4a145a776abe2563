/**
 * Telling of what is wrong: also where the disk is, which the telling itself may depend on.
 *
 * @module
 */

const NO_SPACE = ". Free some space there";
const NOT_WRITABLE = ". Make that place writable, or choose another home by NEVERLIIE_HOME";

/** What to do about an error of the file system, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: NO_SPACE,
  EDQUOT: NO_SPACE,
  EFBIG: NO_SPACE,
  EROFS: NOT_WRITABLE,
  EACCES: NOT_WRITABLE,
  EPERM: NOT_WRITABLE,
  ENAMETOOLONG: ". Choose a home on a shorter path by NEVERLIIE_HOME",
};

/** The error's message, and what to do where the system's words do not tell. */
export function withRemedy(error: unknown): string {
  const { message, code } = error as Error & { code?: string };
  return message + (REMEDIES[code ?? ""] ?? "");
}

/** Tells of a problem on stderr. Never throws. */
export function printProblem(problem: string): void {
  try {
    console.error(problem);
  } catch {
    // Its log is on a disk that is full, or its terminal is gone: the app goes on all the same.
  }
}

/** Does one step of leaving; what it throws is told, and the next one follows all the same. */
export async function attempt(
  step: () => unknown,
  report: (problem: string) => void,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    report(`Cannot leave in order: ${error instanceof Error ? error.message : error}`);
  }
}
