/**
 * What a program wrote to its log while it was being started, for the error that tells of it.
 *
 * @module
 */

import { lastLines } from "./log_file.ts";
import { withRemedy } from "../base/problem.ts";

/** How much of the log an error shows, in lines and in bytes. */
const LOG_LINES = 20;
const LOG_LENGTH = 16 << 10;

/** The last lines written to the log since it had the size `from`. */
export function logTail(path: string, from: number): string {
  try {
    using log = Deno.openSync(path);
    const lines = lastLines(log, LOG_LINES, { from, max: LOG_LENGTH });
    // Deno colours what it writes even to a file when FORCE_COLOR says so.
    // deno-lint-ignore no-control-regex
    return lines.join("\n").replaceAll(/\x1b\[[0-9;]*m/g, "").trimEnd();
  } catch {
    return "";
  }
}

/**
 * Why the log takes no more, where that is so: a program that writes a line to it then ends by that.
 * Tried beside the log, which is the program's alone; `null` where it could be written.
 */
export function logFault(path: string): string | null {
  const probe = `${path}.${Deno.pid}.probe`;
  try {
    Deno.writeTextFileSync(probe, "\n", { mode: 0o600 });
    return null;
  } catch (error) {
    return `its log "${path}" cannot be written: ${withRemedy(error)}`;
  } finally {
    try {
      Deno.removeSync(probe);
    } catch {
      // It could not be made in the first place.
    }
  }
}

/** The lines as the end of an error's message. */
export function quoteLog(log: string): string {
  return log === "" ? "" : `:\n  ${log.replaceAll("\n", "\n  ")}`;
}
