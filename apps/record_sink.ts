/**
 * The file of an app's records: LogTape's rotating sink and its JSON Lines formatter. AppLog loads
 * this module late, and by one import.
 *
 * @module
 */

// In this order: the second package has the first as its peer. Met first, it takes the newest
// release that it allows, which may be neither in Deno's cache nor to be had.
import { getJsonLinesFormatter, type Sink } from "@logtape/logtape";
import { getRotatingFileSink } from "@logtape/file";
import { oddLog } from "../lib/ipc/tools.ts";
import { OLD_RECORD_FILES_MAX } from "./app_record.ts";

/** Bytes after which a file is set aside. */
const FILE_SIZE_MAX = 1 << 20;

/**
 * Opens the file; its folder must be there.
 *
 * @throws {Error} where it cannot be opened
 */
export function openRecords(path: string): Sink & Disposable {
  // The whole program would wait for whoever reads from a pipe.
  const odd = oddLog(path);
  if (odd !== null) throw new Error(odd);
  return getRotatingFileSink(path, {
    formatter: getJsonLinesFormatter(),
    maxSize: FILE_SIZE_MAX,
    maxFiles: OLD_RECORD_FILES_MAX,
    // A record is in the file when it is written: there are few, and a crash may be next.
    bufferSize: 0,
  });
}
