/**
 * What is remembered of an app that is kept alive, in a file that all processes see: it is there
 * from the app's start until it leaves of its own accord, or is told to. Where the file is there and
 * the app does not run, the app died.
 *
 * @module
 */

import type { Home } from "../registry/home.ts";
import { asRecord } from "../base/record.ts";
import { dirname } from "../base/path.ts";
import { inFolder } from "../base/problem.ts";

/** What is known of an app that is to be running. */
export interface KeptRecord {
  /** When it was started last, in milliseconds since the epoch. */
  started: number;
  /** Restarts in a row, none of which it outlived for long. */
  restarts: number;
  /** Why it is not started any more; `null` while it is. */
  gaveUp: string | null;
}

/**
 * How many restarts in a row lie behind an app that has just died: none where it ran for `stable`
 * milliseconds. A clock that was set back since makes that time negative, which is no long one; the
 * next restart notes the new time, so that a jump miscounts one restart at most.
 */
export function restartsInRow(record: KeptRecord, now: number, stable: number): number {
  return now - record.started >= stable ? 0 : record.restarts;
}

/** The record of `app`; `null` where it need not be running. */
export function readKept(home: Home, app: string): KeptRecord | null {
  let stored;
  try {
    stored = asRecord(JSON.parse(Deno.readTextFileSync(home.keptFile(app))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    // Cut off by a crash, or being replaced just now: it is there, and counting begins anew.
    stored = null;
  }
  const { started, restarts, gaveUp } = stored ?? {};
  return {
    started: typeof started === "number" ? started : 0,
    restarts: typeof restarts === "number" ? restarts : 0,
    gaveUp: typeof gaveUp === "string" ? gaveUp : null,
  };
}

/** Keeps the record of `app`. */
export function writeKept(home: Home, app: string, record: KeptRecord): void {
  const path = home.keptFile(app);
  inFolder(
    () => Deno.writeTextFileSync(path, JSON.stringify(record), { mode: 0o600 }),
    // It is the first one of this home.
    () => Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 }),
  );
}

/** Notes that `app` is being started and is to be running from now on. */
export function beginSupervision(home: Home, app: string): void {
  const restarts = readKept(home, app)?.restarts ?? 0;
  writeKept(home, app, { started: Date.now(), restarts, gaveUp: null });
}

/** Notes that `app` need not be running: whoever stops one that is kept alive says so first. */
export function endSupervision(home: Home, app: string): void {
  try {
    Deno.removeSync(home.keptFile(app));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Lets an app be started again that was given up; others are left as they are. */
export function resumeSupervision(home: Home, app: string): void {
  const record = readKept(home, app);
  if (record === null || record.gaveUp === null) return;
  writeKept(home, app, { started: Date.now(), restarts: 0, gaveUp: null });
}
