/**
 * Reading the end of a log.
 *
 * @module
 */

import { lastLines as linesAtEnd, type LastLinesOptions } from "../../../lib/ipc/tools.ts";
import { openFile, unreadable } from "../../../lib/system/text_file.ts";

/**
 * The last `count` lines of a log, or `null` when there is no such file. Where it was set aside not
 * long ago, the last lines of that come before its own.
 *
 * @throws {UnreadableError} where it is there and cannot be read
 */
export async function lastLines(
  path: string,
  count: number,
  options: LastLinesOptions = {},
): Promise<string[] | null> {
  const lines = await linesOf(path, count, options);
  const missing = count - (lines?.length ?? 0);
  const before = missing > 0 ? await linesOf(asidePath(path), missing) : null;
  return before === null ? lines : [...before, ...lines ?? []];
}

async function linesOf(path: string, count: number, options: LastLinesOptions = {}) {
  using log = await openFile(path);
  if (log === null) return null;
  try {
    return linesAtEnd(log, count, options);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Where a log is set aside. */
export function asidePath(path: string): string {
  return `${path}.1`;
}
