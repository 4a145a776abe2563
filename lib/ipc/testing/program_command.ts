/**
 * How a test says which program it means.
 *
 * @module
 */

import { fromFileUrl, resolve } from "../base/path.ts";

/** How a program is started. */
export interface ProgramOptions {
  /** What it is given. */
  args?: readonly string[] | undefined;
  /** The flags of `deno run`, for a script; `-A` unless given. */
  flags?: readonly string[] | undefined;
  /** The folder that it is started in; the test's unless given. */
  cwd?: string | undefined;
  /** Variables beside those of the test's process. */
  env?: Readonly<Record<string, string>> | undefined;
}

/** The file of a program. */
export function pathOf(script: string | URL): string {
  const url = script instanceof URL || script.startsWith("file:");
  return url ? fromFileUrl(String(script)) : resolve(script as string);
}

/** What starts it: Deno, where it is a script. */
export function commandOf(
  script: string | URL,
  { args = [], flags = ["-A"] }: Pick<ProgramOptions, "args" | "flags">,
): string[] {
  const path = pathOf(script);
  return /\.[cm]?[jt]sx?$/.test(path)
    ? [Deno.execPath(), "run", ...flags, path, ...args]
    : [path, ...args];
}
