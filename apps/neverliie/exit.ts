/**
 * Exit codes that scripts can rely on, and errors as the terminal shows them.
 *
 * @module
 */

import {
  ConnectionLostError,
  MethodNotFoundError,
  RemoteError,
  TargetNotRunningError,
  TargetStartError,
  TargetUnknownError,
} from "../../lib/ipc/mod.ts";
import { jsonText, tell } from "../output.ts";

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What each exit code says; shown by `neverliie --help`. */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  notStarted: 4,
  timedOut: 5,
  noMethod: 6,
  lost: 7,
  interrupted: 130,
} as const;

/** The exit code that tells of `error`. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT_CODES.usage;
  if (error instanceof TargetUnknownError || error instanceof TargetNotRunningError) {
    return EXIT_CODES.notRunning;
  }
  if (error instanceof TargetStartError) return EXIT_CODES.notStarted;
  if (error instanceof MethodNotFoundError) return EXIT_CODES.noMethod;
  if (error instanceof ConnectionLostError) return EXIT_CODES.lost;
  if (error instanceof Deno.errors.TimedOut) return EXIT_CODES.timedOut;
  if (error instanceof DOMException && error.name === "AbortError") return EXIT_CODES.interrupted;
  // A name that breaks the grammar: TypeError by checkAppName.
  if (error instanceof TypeError) return EXIT_CODES.usage;
  return EXIT_CODES.failed;
}

/** `error` on standard error: a line for people, an object for programs. */
export function reportError(error: unknown, json: boolean): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (!json) {
    tell(`neverliie: ${message}`);
    return;
  }
  const remote = error instanceof RemoteError ? { code: error.code, data: error.data } : {};
  tell(jsonText({ error: { name, message, ...remote } }));
}
