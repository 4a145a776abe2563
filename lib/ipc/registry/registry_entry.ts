/**
 * One entry of the registry: its shape, and what makes one unusable.
 *
 * @module
 */

import type { LaunchCommand } from "./launch_command.ts";
import { asRecord } from "../wire/message.ts";
import { checkAppName } from "../base/name.ts";
import { isAbsolute } from "../base/path.ts";
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

/** What of an entry's command is no longer on disk: the program, the script, or `null`. */
export function missingPart(entry: RegistryEntry): "program" | "script" | null {
  if (entry.type === "script") {
    const script = entry.cmd.at(-1)!;
    if (!REMOTE_SCRIPT.test(script) && !isFile(script)) return "script";
  }
  return isFile(entry.cmd[0]!) ? null : "program";
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    // What cannot be looked at may well be there: starting it will tell.
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
  }
}
