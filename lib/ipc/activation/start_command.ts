/**
 * What an entry of the registry is started by today: as it says, or as near to that as what is on
 * the disk allows. See docs/decisions/0047-entries-are-kept.md.
 *
 * @module
 */

import { delimiter, dirname, isAbsolute, join } from "../base/path.ts";
import {
  folderFault,
  missingLock,
  type MissingPart,
  missingPart,
  type RegistryEntry,
  runsByDeno,
  withoutLock,
} from "../registry/registry.ts";

/** How a program is started now. */
export interface StartCommand {
  /** Program and arguments. */
  command: string[];
  cwd: string;
  /** What is other than in the entry, and why; `null` where nothing is. */
  instead: string | null;
}

/** Flags of Deno whose paths, where they are relative, lead from the working directory. */
const PATH_FLAG =
  /^(?:--(?:allow|deny)-(?:read|write|run|ffi)|-[RW]|--(?:import-map|config|cert|lock|env-file))=(.*)$/;

/**
 * How `entry` is started, or why it cannot be: a clause that follows `Cannot start "app": its`.
 *
 * @param home where a program starts that has no other folder
 */
export function startCommand(entry: RegistryEntry, home: string): StartCommand | string {
  const { args = [] } = entry;
  let { cmd, cwd } = entry;
  const missing = missingPart(entry);
  if (missing !== null) {
    const deno = missing.part === "program" && runsByDeno(entry) ? denoOnPath() : null;
    if (deno === null) return describeMissing(missing);
    cmd = [deno, ...cmd.slice(1)];
  }
  const instead: string[] = [];
  const fault = folderFault(cwd);
  if (fault !== null) {
    const folder = `working directory "${cwd}" ${fault}`;
    const flag = entry.type === "script" ? cmd.slice(1, -1).find(isRelative) : undefined;
    if (flag !== undefined) return `${folder}, from which "${flag}" leads on. Make it again`;
    // (A script may be loaded by its URL.)
    const file = entry.type === "script" ? cmd.at(-1)! : cmd[0]!;
    const own = isAbsolute(file) ? dirname(file) : home;
    cwd = folderFault(own) === null ? own : home;
    instead.push(`its ${folder}: it is started in "${cwd}"`);
  }
  const lock = missingLock(entry);
  if (lock !== null) {
    cmd = withoutLock(cmd);
    instead.push(`its lock file "${lock}" is not there: it is started without`);
  }
  return {
    ...{ command: [...cmd, ...args], cwd },
    instead: instead.length === 0 ? null : instead.join("; "),
  };
}

function describeMissing({ part, path, why, gone }: MissingPart): string {
  const again = "Start it once from where it is now, and it registers itself";
  return `${part} "${path}" ${why}. ${gone ? again : `${again}, or bring that place back`}`;
}

/** Whether a flag names a path that leads from the working directory. */
function isRelative(flag: string): boolean {
  const [, value] = PATH_FLAG.exec(flag) ?? [];
  // What may be run can be named without its folder.
  const names = /^--(?:allow|deny)-run=/.test(flag);
  return value !== undefined &&
    value.split(",").some((path) =>
      !isAbsolute(path) && !(names && !/[\\/]/.test(path)) && !/^[a-z]{2,}:/i.test(path)
    );
}

/** A Deno that is on PATH, for scripts whose own is gone. */
function denoOnPath(): string | null {
  const name = Deno.build.os === "windows" ? "deno.exe" : "deno";
  for (const folder of (Deno.env.get("PATH") ?? "").split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, name);
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // Folders on PATH that are gone or closed to us do not hold the program either.
    }
  }
  return null;
}
