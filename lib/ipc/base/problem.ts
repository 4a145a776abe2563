/**
 * Reports of problems. A report must not fail itself, even where the disk under its log is full, and
 * a stranger's words in it must not steer the terminal that shows them.
 *
 * @module
 */

/**
 * Escape sequences as terminals take them: of control, of text up to its end (titles, links), and
 * short ones. https://ecma-international.org/publications-and-standards/standards/ecma-48/
 */
const SEQUENCES = new RegExp(
  [
    String.raw`(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]`,
    String.raw`(?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)`,
    String.raw`\x1b[ -/]*[0-~]`,
  ].join("|"),
  "g",
);
/** What may steer a terminal: C0, DEL, C1, and what turns the direction of the text behind it. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/g;
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f\x7f-\x9f]+/g;
// deno-lint-ignore no-control-regex
const CONTROLS_IN_LINES = /[\x00-\x08\x0b-\x1f\x7f-\x9f]+/g;

/**
 * A text as one line that is safe to show on a terminal, whoever wrote it: escape sequences and
 * overrides of the direction are left out, and a space stands for control characters.
 *
 * @example
 * ```ts
 * import { printable } from "@neverliie/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(printable("a file\x1b[2J\nof \u202emine"), "a file of mine");
 * ```
 */
export function printable(text: string): string {
  if (!UNSAFE.test(text)) return text;
  return text.replaceAll(SEQUENCES, "").replaceAll(CONTROLS, " ").replaceAll(DIRECTIONS, "");
}

/** The same for a text of several lines: line breaks and tabs stay. */
export function printableLines(text: string): string {
  if (!UNSAFE.test(text)) return text;
  return text.replaceAll(SEQUENCES, "").replaceAll("\r\n", "\n")
    .replaceAll(CONTROLS_IN_LINES, " ").replaceAll(DIRECTIONS, "");
}

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
  print(console.error, problem);
}

/** Says on stdout what is no problem. Never throws. */
export function printNote(note: string): void {
  print(console.log, note);
}

function print(by: (text: string) => void, text: string): void {
  try {
    by(printableLines(text));
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

/** Does `work`; where the folder for it is missing, makes that by `renew` and does it once more. */
export function inFolder<T>(work: () => T, renew: () => void): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    renew();
    return work();
  }
}
