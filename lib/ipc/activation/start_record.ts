/**
 * How often an app was started lately, kept in the runtime folder so that all processes count
 * together. Read and written under the app's start lock.
 *
 * @module
 */

import type { Home } from "../registry/home.ts";
import { asRecord } from "../base/record.ts";
import { inFolder, withRemedy } from "../base/problem.ts";

/** This many starts… */
export const START_LIMIT = 5;
/** …within this many milliseconds are allowed. */
export const START_WINDOW = 10_000;
/** The first refusal lasts this long, each further one twice as long, up to the last value. */
const REFUSAL = 10_000;
const REFUSAL_MAX = 300_000;

/** A start that failed, told to everybody who was waiting for it. */
export interface StartFailure {
  /** Milliseconds since the epoch. */
  at: number;
  message: string;
  exitCode: number | null;
  log: string;
}

/** What is remembered of an app's starts. */
export class StartRecord {
  /** Instants of the starts in the window, in milliseconds since the epoch. */
  starts: number[] = [];
  /** No start before this instant. */
  until = 0;
  /** Refusals in a row. */
  refusals = 0;
  failure: StartFailure | null = null;

  /** Counts a start at `now`; returns until when it is refused, or `null` when it may go ahead. */
  admit(now: number): Date | null {
    // A clock that was set back must not lock an app out for long.
    if (this.until > now + REFUSAL_MAX) this.until = 0;
    if (now < this.until) return new Date(this.until);
    this.starts = this.starts.filter((at) => at <= now && at > now - START_WINDOW);
    if (this.starts.length >= START_LIMIT) {
      this.until = now + Math.min(REFUSAL * 2 ** this.refusals, REFUSAL_MAX);
      this.refusals++;
      return new Date(this.until);
    }
    if (this.starts.length === 0 && now > this.until + REFUSAL_MAX) this.refusals = 0;
    this.starts.push(now);
    return null;
  }
}

/**
 * The failure of the last start, for a caller that has waited since `asked`; `null` where none has
 * failed since then. A failure in the future was written before the clock was set back, and does not
 * count: until its instant every caller would get it.
 */
export function sharedFailure(
  { failure }: StartRecord,
  asked: number,
  now: number,
): StartFailure | null {
  return failure !== null && failure.at > asked && failure.at <= now ? failure : null;
}

/** The record of `app`; an empty one where there is none or it cannot be read. */
export function readStarts(home: Home, app: string): StartRecord {
  const record = new StartRecord();
  let stored: { readonly [key: string]: unknown } | null;
  try {
    stored = asRecord(JSON.parse(Deno.readTextFileSync(home.runtimeFile(app, "starts.json"))));
  } catch {
    // Not there yet, or cut off by a crash: counting begins anew.
    return record;
  }
  const { starts, until, refusals, failure } = stored ?? {};
  if (Array.isArray(starts)) record.starts = starts.filter((at) => typeof at === "number");
  if (typeof until === "number") record.until = until;
  if (typeof refusals === "number") record.refusals = refusals;
  if (asRecord(failure) !== null) record.failure = failure as StartFailure;
  return record;
}

/**
 * Keeps the record of `app`.
 *
 * @throws {Error} that names the file. Without a record nothing would limit the starts.
 */
export function writeStarts(home: Home, app: string, record: StartRecord): void {
  const path = home.runtimeFile(app, "starts.json");
  try {
    inFolder(
      () => Deno.writeTextFileSync(path, JSON.stringify(record), { mode: 0o600 }),
      home.renewRuntime,
    );
  } catch (error) {
    throw new Error(`Cannot write "${path}": ${withRemedy(error)}`, { cause: error });
  }
}
