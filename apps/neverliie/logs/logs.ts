/**
 * `neverliie logs`: what an app recorded, and what it wrote when it was woken.
 *
 * @module
 */

import type { Home } from "../../../lib/ipc/mod.ts";
import { describeRecord, readRecord, recordsFile } from "../../app_record.ts";
import { print, tell, throwFailures, writeData } from "../../output.ts";
import { reportError } from "../exit.ts";
import { followBoth } from "./follow.ts";
import { lastLines } from "./last_lines.ts";

/** What is shown, and for how long. */
export interface LogsOptions {
  json?: boolean;
  /** How many of the last lines. */
  lines: number;
  /** Go on with what comes. */
  follow?: boolean;
  /** Ends following. */
  signal: AbortSignal;
}

/** Prints the last lines of an app's output and records; what cannot be read hides nothing else. */
export async function showLogs(home: Home, app: string, options: LogsOptions): Promise<void> {
  const path = home.logFile(app);
  const recordsPath = recordsFile(home, app);
  if (options.follow) return await followBoth(path, recordsPath, options);
  const faults: unknown[] = [];
  const orFault = (lines: Promise<string[] | null>) =>
    lines.catch((error) => {
      faults.push(error);
      return null;
    });
  const lines = await orFault(lastLines(path, options.lines));
  const records = (await orFault(lastLines(recordsPath, options.lines)))?.map(readRecord) ?? [];
  if (options.json) {
    const output = { name: app, path, lines: lines ?? [] };
    print({ ...output, records_path: recordsPath, records }, true);
  } else {
    for (const record of records) writeData(describeRecord(record));
    for (const line of lines ?? []) writeData(line);
    if (lines === null && records.length === 0 && faults.length === 0) {
      tell(`${app} has no log yet: "${path}" is made when it is woken`);
    }
  }
  throwFailures(faults, (fault) => reportError(fault, options.json ?? false));
}
