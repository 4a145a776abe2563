/**
 * What a program wrote to its log while it was being started, for the error that tells of it.
 *
 * @module
 */

import { withRemedy } from "../base/problem.ts";

/** How much of the log an error shows. */
const LOG_LINES = 20;

/** The last lines written to the log since it had the size `start`. */
export function logTail(path: string, start: number): string {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch {
    return "";
  }
  const text = new TextDecoder().decode(bytes.subarray(start > bytes.length ? 0 : start));
  // Deno colours what it writes even to a file when FORCE_COLOR says so.
  // deno-lint-ignore no-control-regex
  const plain = text.replaceAll(/\x1b\[[0-9;]*m/g, "").trimEnd();
  return plain.split(/\r?\n/).slice(-LOG_LINES).join("\n");
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
