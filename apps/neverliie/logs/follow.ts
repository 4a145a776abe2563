/**
 * `neverliie logs -f`: what a program writes to its log, as it is written.
 *
 * @module
 */

import { describeRecord, readRecord } from "../../app_record.ts";
import { fileInfo, openFile, unreadable, UnreadableError } from "../../../lib/system/text_file.ts";
import { print } from "../../output.ts";
import { reportError } from "../exit.ts";
import { lastLines } from "./log_file.ts";

/** Milliseconds between two looks at the file. Events of the file system differ too much by system. */
const LOOK = 100;
/** Bytes read at a time. */
const CHUNK = 64 << 10;

/**
 * The last `count` lines of the file, then each line once it is whole. Waits for a file that is not
 * there yet; one that was replaced or cut is read from its beginning. Ends with the signal alone.
 */
export async function* follow(
  path: string,
  count: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let position = (await fileInfo(path))?.size ?? 0;
  let text = "";
  let decoder = new TextDecoder();
  if (position > 0) {
    // What is being written just now follows whole, with its beginning.
    const { lines, end } = await wholeLines(path, count, position);
    yield* lines;
    position = end;
  }
  for (;;) {
    signal.throwIfAborted();
    const size = (await fileInfo(path))?.size ?? 0;
    if (size < position) {
      position = 0;
      text = "";
      decoder = new TextDecoder();
    }
    if (size === position) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      continue;
    }
    const bytes = await read(path, position, Math.min(size - position, CHUNK));
    position += bytes.length;
    const lines = (text + decoder.decode(bytes, { stream: true })).split("\n");
    text = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, "");
  }
}

/** The last whole lines before `size`, and where the last of them ends. */
async function wholeLines(path: string, count: number, size: number) {
  const start = Math.max(0, size - CHUNK);
  const tail = await read(path, start, size - start);
  const end = start + tail.lastIndexOf(10) + 1;
  const rest = size > end ? 1 : 0;
  const lines = await lastLines(path, count + rest) ?? [];
  return { lines: rest === 1 ? lines.slice(0, -1) : lines, end };
}

/** As many of these bytes as there are; none of a file that has gone meanwhile. */
async function read(path: string, position: number, length: number): Promise<Uint8Array> {
  using file = await openFile(path);
  const bytes = new Uint8Array(length);
  let filled = 0;
  try {
    await file?.seek(position, Deno.SeekMode.Start);
    while (filled < length) {
      const count = await file?.read(bytes.subarray(filled)) ?? null;
      if (count === null) break;
      filled += count;
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return bytes.subarray(0, filled);
}

/**
 * What an app writes and what it records, as it comes. Where one of the two cannot be read, that is
 * told, and the other is followed.
 *
 * @throws {UnreadableError} where neither can be read
 */
export async function followBoth(
  path: string,
  recordsPath: string,
  { json = false, lines, signal }: { json?: boolean; lines: number; signal: AbortSignal },
): Promise<void> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  const output = async () => {
    for await (const line of follow(path, lines, either)) {
      print(line, json);
    }
  };
  const records = async () => {
    for await (const line of follow(recordsPath, lines, either)) {
      const record = readRecord(line);
      print(json ? record : describeRecord(record), json);
    }
  };
  const faults: UnreadableError[] = [];
  const unlessUnreadable = async (part: () => Promise<void>) => {
    try {
      await part();
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      faults.push(error);
      if (faults.length === 2) throw error;
      reportError(error, json);
    }
  };
  try {
    await Promise.all([unlessUnreadable(records), unlessUnreadable(output)]);
  } finally {
    ended.abort();
  }
}
