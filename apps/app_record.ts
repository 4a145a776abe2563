/**
 * What an app of the suite records of itself: where the records lie, and how one is shown.
 *
 * @module
 */

import { join } from "@std/path";
import { checkAppName, type Home } from "../lib/ipc/mod.ts";

/** One line of the file, as LogTape's JSON Lines formatter writes it. */
export interface AppRecord {
  /** ISO 8601, UTC. */
  "@timestamp": string;
  level: "INFO" | "WARN";
  message: string;
  /** The app's name. */
  logger: string;
  properties: Record<string, unknown>;
}

/** How many files that were set aside are kept: `<path>.1`, the newest of them, and so on. */
export const OLD_RECORD_FILES_MAX = 2;

/** The file of `app`'s records. */
export function recordsFile(home: Home, app: string): string {
  checkAppName(app);
  return join(home.path, "logs", `${app}.jsonl`);
}

/** A line of the file; the line itself where it is no record, such as one cut off by a crash. */
export function readRecord(line: string): AppRecord | string {
  try {
    const record = JSON.parse(line);
    return typeof record?.message === "string" ? record : line;
  } catch {
    return line;
  }
}

/** A record on one line: time, level, message, properties. */
export function describeRecord(record: AppRecord | string): string {
  if (typeof record === "string") return record;
  const properties = Object.entries(record.properties ?? {})
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
  return `${record["@timestamp"]} ${record.level} ${record.message}${properties.join("")}`;
}
