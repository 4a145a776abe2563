/**
 * How the suite's own programs are started, so that a fresh home knows them before any of them has
 * registered itself.
 *
 * @module
 */

import { dirname, fromFileUrl, join } from "@std/path";
import { type LaunchCommand, ownLaunchCommand } from "../lib/ipc/mod.ts";
import { platform } from "../lib/ipc/tools.ts";
import { IMPORT_MAP, ownModuleFlags } from "../lib/packages/module_flags.ts";
import { isWhole, launchAs } from "./own_name.ts";
import { COMMAND, PROGRAMS } from "./programs.ts";

/** The programs that live on the mesh: all but the command, which is a nameless client. */
const APPS: readonly string[] = Object.keys(PROGRAMS).filter((name) => name !== COMMAND);

/**
 * The suite's programs beside this one: scripts of the same checkout, or executables. Where they are
 * not, as in the folder of an archive, an executable that is all of them is started as each.
 */
export function suite(): ReadonlyMap<string, LaunchCommand> {
  const own = ownLaunchCommand(() => platform().commandLine());
  const found = new Map<string, LaunchCommand>();
  if (own === null) return found;
  for (const name of APPS) {
    const launch = own.type === "binary" ? executable(name, own) : script(name, own);
    if (launch !== null) found.set(name, launch);
  }
  return found;
}

function executable(name: string, own: LaunchCommand): LaunchCommand | null {
  const [program] = own.cmd as [string];
  const folder = dirname(program);
  const path = join(folder, Deno.build.os === "windows" ? `${name}.exe` : name);
  if (isFile(path)) return { type: "binary", cmd: [path], cwd: folder };
  return isWhole() ? launchAs(name, program, folder) : null;
}

function script(name: string, own: LaunchCommand): LaunchCommand | null {
  const path = join(dirname(fromFileUrl(import.meta.url)), name, "main.ts");
  if (!isFile(path)) return null;
  // What finds the modules is the same for all programs; what each may do is its own.
  const [deno, run, ...flags] = own.cmd.slice(0, -1) as [string, string, ...string[]];
  const shared = flags.filter((flag) => !/^(-A|--allow-|--deny-|--no-prompt)/.test(flag));
  return {
    type: "script",
    cmd: [deno, run, ...shared, ...missingPins(flags), ...PROGRAMS[name]!.permissions, path],
    cwd: own.cwd,
  };
}

/**
 * The flags about the lock file, for a program that was started by hand without any: what it wakes
 * is the suite's all the same. Modules that somebody maps elsewhere are his own.
 */
function missingPins(flags: readonly string[]): string[] {
  const own = /^--(no-)?(lock|config)\b/;
  const foreign = (flag: string) =>
    flag.startsWith("--import-map") && !flag.replaceAll("\\", "/").endsWith(IMPORT_MAP);
  if (flags.some((flag) => own.test(flag) || foreign(flag))) return [];
  return ownModuleFlags().filter((flag) => !flag.startsWith("--import-map="));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
