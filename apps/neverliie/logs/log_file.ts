/**
 * Reading the end of a log.
 *
 * @module
 */

import { openFile, unreadable } from "../../../lib/system/text_file.ts";

/** Bytes read from the end: enough for any sensible number of lines. */
const TAIL = 1 << 20;

/**
 * The last `count` lines of the file, or `null` when there is no such file.
 *
 * @throws {UnreadableError} where it is there and cannot be read
 */
export async function lastLines(path: string, count: number): Promise<string[] | null> {
  using log = await openFile(path);
  if (log === null) return null;
  try {
    const { size } = await log.stat();
    if (size > TAIL) await log.seek(-TAIL, Deno.SeekMode.End);
    const text = await new Response(log.readable).text();
    return text.trimEnd() === "" ? [] : text.trimEnd().split(/\r?\n/).slice(-count);
  } catch (error) {
    throw unreadable(path, error);
  }
}
