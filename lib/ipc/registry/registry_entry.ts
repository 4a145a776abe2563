/**
 * One entry of the registry: its shape, and what makes one unusable.
 *
 * @module
 */

import type { LaunchCommand } from "./launch_command.ts";
import { asRecord } from "../base/record.ts";
import { checkAppName } from "../base/name.ts";
import { basename, dirname, isAbsolute, resolve } from "../base/path.ts";
import { platform } from "../os/platform.ts";

/** One program of the mesh. Members this version does not know are kept as they are. */
export interface RegistryEntry extends LaunchCommand {
  /** Arguments given to the program when it is woken; for a person to add, no program writes them. */
  args?: string[];
  /** Who wrote the entry: the program about itself, or a suite about its programs. */
  source?: "self" | "suite";
  /** Whether it is started again when it dies; see docs/decisions/0014-supervision.md. */
  keep_alive?: boolean;
  /** When, as an ISO 8601 instant. */
  registered?: string;
}

/** A script that Deno loads by its URL. */
const REMOTE_SCRIPT = /^(https?|jsr|npm):/;

/** What makes an entry unusable, or `null`. */
export function faultOf(name: string, value: unknown): string | null {
  try {
    checkAppName(name);
  } catch (error) {
    return (error as Error).message;
  }
  const entry = asRecord(value);
  if (entry === null) return "it is not an object";
  const { type, cmd, cwd, args, keep_alive } = entry;
  if (type !== "binary" && type !== "script") return '"type" must be "binary" or "script"';
  if (!isArgumentList(cmd) || cmd.length === 0 || cmd[0] === "") {
    return '"cmd" must be a list of strings: the program, then its arguments';
  }
  if (type === "script" && cmd.length < 2) return '"cmd" must end with the script';
  if (args !== undefined && !isArgumentList(args)) return '"args" must be a list of strings';
  if (keep_alive !== undefined && typeof keep_alive !== "boolean") {
    return '"keep_alive" must be true or false';
  }
  if (typeof cwd !== "string" || cwd === "" || cwd.includes("\0") || !isAbsolute(cwd)) {
    return '"cwd" must be the absolute path of a folder';
  }
  const program = platform().programFault(cmd[0]!);
  if (program !== null) return `"cmd" cannot begin with ${JSON.stringify(cmd[0])}: ${program}`;
  const script = cmd.at(-1)!;
  if (type === "script" && !REMOTE_SCRIPT.test(script) && !isAbsolute(script)) {
    return '"cmd" must end with the absolute path, or the URL, of the script';
  }
  return null;
}

function isArgumentList(value: unknown): value is string[] {
  return Array.isArray(value) &&
    value.every((part) => typeof part === "string" && !part.includes("\0"));
}

/** Whether both start the same program in the same way. Where `b` says nothing, `a` is kept. */
export function sameLaunch(a: RegistryEntry, b: RegistryEntry): boolean {
  return a.type === b.type && a.cwd === b.cwd && a.source === b.source &&
    (b.keep_alive === undefined || a.keep_alive === b.keep_alive) &&
    a.cmd.length === b.cmd.length && a.cmd.every((part, i) => part === b.cmd[i]);
}

/** What programs write into an entry; the rest is a person's, or another version's. */
const WRITTEN: ReadonlySet<string> = new Set(
  ["type", "cmd", "cwd", "source", "keep_alive", "registered"],
);

/** Whether an entry holds what nobody could write again by starting the program once. */
export function isEdited(entry: RegistryEntry): boolean {
  return Object.keys(entry).some((member) => !WRITTEN.has(member));
}

/** A part of an entry's command that is no file which could be started. */
export interface MissingPart {
  /** Which part. */
  part: "program" | "script";
  /** Where it should be. */
  path: string;
  /**
   * Why, behind the name of the part: `is gone`. Only that is certain: the folder is there, with
   * other files in it. Where the folder is missing or empty, its drive may be away.
   */
  why: string;
  /** Whether it is certain that the file was removed. */
  gone: boolean;
}

/** What of an entry's command is not on the disk; `null` where all of it is. */
export function missingPart({ type, cmd }: RegistryEntry): MissingPart | null {
  const script = cmd.at(-1)!;
  const missing = type === "script" && !REMOTE_SCRIPT.test(script) ? absence(script) : null;
  if (missing !== null) return { part: "script", path: script, ...missing };
  const [program] = cmd as [string];
  const absent = absence(program);
  return absent && { part: "program", path: program, ...absent };
}

/** Why there is no file at `path`; `null` where there is one, or it cannot be told. */
function absence(path: string): { why: string; gone: boolean } | null {
  try {
    const { isFile, isDirectory } = Deno.statSync(path);
    if (isFile) return null;
    return { why: isDirectory ? "is a folder now" : "is no file", gone: true };
  } catch (error) {
    if (error instanceof Deno.errors.FilesystemLoop) {
      return { why: "is a link in a loop of links", gone: false };
    }
    // What cannot be looked at may well be there: starting it will tell.
    const absent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!absent) return null;
  }
  if (isLink(path)) return { why: "is a link to what is not there", gone: false };
  if (holdsFiles(dirname(path))) return { why: "is gone", gone: true };
  const folder = "its folder is missing or empty, so that its drive may be away";
  return { why: `is not there; ${folder}`, gone: false };
}

/** Whether a link has that name, wherever it leads. */
export function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

/** Whether `folder` has something in it: the place of a drive that is away is empty or missing. */
function holdsFiles(folder: string): boolean {
  try {
    return [...Deno.readDirSync(folder)].length > 0;
  } catch (error) {
    // It is a file now, so nothing can be in it.
    return error instanceof Deno.errors.NotADirectory;
  }
}

/** Whether an entry is of a script that Deno runs: where that is gone, another Deno does as well. */
export function runsByDeno({ type, cmd }: RegistryEntry): boolean {
  return type === "script" && /^deno(\.exe)?$/i.test(basename(cmd[0]!));
}

/** Flags about the lock file that a script's packages are frozen on. */
const LOCK_FLAG = /^--(lock|frozen)(=|$)/;

/**
 * The lock file that a script is to be frozen on and that is gone, or `null`. Deno would not start
 * the script then: {@linkcode withoutLock} does.
 */
export function missingLock({ type, cmd, cwd }: RegistryEntry): string | null {
  if (type !== "script" || !cmd.some((part) => /^--frozen(=true)?$/.test(part))) return null;
  const path = cmd.find((part) => part.startsWith("--lock="))?.slice("--lock=".length);
  const lock = path === undefined ? null : resolve(cwd, path);
  return lock === null || absence(lock) === null ? null : lock;
}

/** A command without {@linkcode LOCK_FLAG}s. */
export function withoutLock(cmd: readonly string[]): string[] {
  return cmd.filter((part) => !LOCK_FLAG.test(part));
}

/** Why no program can be started in the folder at `path`: `is not there`. `null` where one can. */
export function folderFault(path: string): string | null {
  try {
    // (The dot takes the right to enter it.)
    return Deno.statSync(`${path}/.`).isDirectory ? null : "is no folder";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "is not there";
    if (error instanceof Deno.errors.NotADirectory) return "is no folder";
    // Who may not look at it can start programs in it all the same.
    if (error instanceof Deno.errors.NotCapable) return null;
    return `cannot be entered (${(error as Error).message})`;
  }
}
