/**
 * What becomes one executable: all programs of the suite, or one by itself.
 *
 * @module
 */
import { COMMAND, type Program, PROGRAMS, SUITE } from "../programs.ts";

/** What becomes one executable. */
export interface Unit {
  /** As progress calls it. */
  title: string;
  /** The program that its file is named after. */
  name: string;
  /** The others that it is, too. */
  names: readonly string[];
  program: Program;
}

/**
 * The executables that programs are built as.
 *
 * @param apps programs that are built each by itself; none for all as one
 */
export function unitsOf(apps: readonly string[]): Unit[] {
  if (apps.length > 0) {
    return apps.map((name) => ({ title: name, name, names: [], program: PROGRAMS[name]! }));
  }
  const names = Object.keys(PROGRAMS).filter((name) => name !== COMMAND).sort();
  return [{ title: "the suite", name: COMMAND, names, program: SUITE }];
}
