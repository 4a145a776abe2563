/**
 * Which of the suite's programs this process is, where one executable is all of them: the last part
 * of its path says so, or `--as NAME` before all other arguments, where the file has another name.
 * See docs/decisions/0062-one-program-many-names.md.
 *
 * @module
 */
import { basename } from "@std/path";
import type { LaunchCommand } from "../lib/ipc/mod.ts";
import { COMMAND, PROGRAMS } from "./programs.ts";

/** What a start of the executable comes to. */
export interface Start {
  /** The program that it is. */
  name: string;
  /** What the program is given. */
  args: readonly string[];
}

/** The flag by which a start names the program that it is to be. */
export const AS = "--as";

let whole = false;
let launch: LaunchCommand | undefined;

/**
 * Which program a start is. A file of any other name is the command, which people rename.
 *
 * @param path the executable's
 * @throws {TypeError} where `--as` names none
 */
export function startOf(path: string, args: readonly string[]): Start {
  if (args[0] !== AS) return { name: nameOf(path) ?? COMMAND, args };
  const [, name, ...rest] = args;
  if (name !== undefined && Object.hasOwn(PROGRAMS, name)) return { name, args: rest };
  const known = Object.keys(PROGRAMS).join(", ");
  throw new TypeError(
    `Cannot start ${name === undefined ? "" : `"${name}" `}by ${AS}: give ${known}`,
  );
}

/** The program that a file is named after; Windows tells a path in the letters that were typed. */
function nameOf(path: string): string | null {
  const name = basename(path).toLowerCase().replace(/\.exe$/, "");
  return Object.hasOwn(PROGRAMS, name) ? name : null;
}

/**
 * Makes this process the program that its start names, and returns the name.
 *
 * @throws {TypeError} where `--as` names none
 */
export function takeName(): string {
  const path = Deno.execPath();
  const { name, args } = startOf(path, Deno.args);
  whole = true;
  if (args.length < Deno.args.length) {
    // All that asks for the arguments, in the library too, is told what the program was given.
    Object.defineProperty(Deno, "args", { value: Object.freeze([...args]) });
    if (nameOf(path) !== name) launch = launchAs(name, path, Deno.cwd());
  }
  return name;
}

/** Whether this executable is every program of the suite. */
export function isWhole(): boolean {
  return whole;
}

/** How this process is started again, where its file's name would not make it the same program. */
export function namedLaunch(): LaunchCommand | undefined {
  return launch;
}

/** The command that makes the executable at `path` a program of another name than its file's. */
export function launchAs(name: string, path: string, cwd: string): LaunchCommand {
  return { type: "binary", cmd: [path, AS, name], cwd };
}
