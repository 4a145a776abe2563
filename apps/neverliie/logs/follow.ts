/**
 * `neverliie logs -f`: what a program writes to its log, as it is written.
 *
 * @module
 */

import { describeRecord, readRecord } from "../../app_record.ts";
import { leftOutBytes } from "../../../lib/ipc/tools.ts";
import { pause } from "../../../lib/system/waiting.ts";
import { fileInfo, openFile, unreadable, UnreadableError } from "../../../lib/system/text_file.ts";
import { print } from "../../output.ts";
import { reportError } from "../exit.ts";
import { asidePath, lastLines } from "./last_lines.ts";

const LF = 10;
/** Milliseconds between two looks at the file. Events of the file system differ too much by system. */
const LOOK = 100;
/** Looks at a file that was emptied until what was in it is no longer waited for. */
const LOOKS_ASIDE = 10;
/** Bytes read at a time. */
const CHUNK = 64 << 10;
/** Bytes by which a place in a file is known again. */
const MARK = 64;
/** Longest line that is waited for, in characters: a longer one comes in parts. */
const LINE_MAX = 1 << 20;

/**
 * The last `count` lines of the file, then each line once it is whole. Waits for a file that is not
 * there yet, and goes on where it is set aside and a new one begun; one that was cut is read from
 * its beginning. Ends with the signal alone.
 */
export async function* follow(
  path: string,
  count: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const lines = new Lines();
  let aside = await identityOf(asidePath(path));
  const last = await wholeLines(path, count);
  yield* last.lines;
  let place = last.place;
  let looks = 0;
  for (;;) {
    signal.throwIfAborted();
    const size = (await fileInfo(path))?.size ?? 0;
    const nowAside = await identityOf(asidePath(path));
    if (nowAside !== aside) {
      aside = nowAside;
      // (Somebody removed the old one, or it is just being replaced.)
      if (aside === null) continue;
      yield* lines.of(restOf(asidePath(path), place));
      place = START;
      continue;
    }
    if (size < place.position) {
      // It was emptied. What was in it has its new name in a moment, unless a person did it.
      if (++looks > LOOKS_ASIDE) {
        place = START;
        lines.clear();
      }
    } else looks = 0;
    if (size <= place.position) {
      await pause(LOOK, signal);
      continue;
    }
    const bytes = await read(path, place.position, Math.min(size - place.position, CHUNK));
    // Those may be of a new file already, at the old one's place.
    if (await identityOf(asidePath(path)) !== aside) continue;
    place = after(place, bytes);
    yield* lines.take(bytes);
  }
}

/** Makes lines of bytes as they come. */
class Lines {
  #text = "";
  #decoder = new TextDecoder();

  take(bytes: Uint8Array): string[] {
    const lines = (this.#text + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#text = lines.pop()!;
    if (this.#text.length > LINE_MAX) {
      lines.push(this.#text);
      this.#text = "";
    }
    return lines.map((line) => line.replace(/\r$/, ""));
  }

  async *of(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    for await (const chunk of chunks) yield* this.take(chunk);
  }

  clear(): void {
    this.#text = "";
    this.#decoder = new TextDecoder();
  }
}

/** A place in a file, and the bytes before it. */
interface Place {
  position: number;
  mark: Uint8Array;
}

const START: Place = { position: 0, mark: new Uint8Array(0) };

function after({ position, mark }: Place, bytes: Uint8Array): Place {
  const known = bytes.length >= MARK ? bytes : new Uint8Array([...mark, ...bytes]);
  return { position: position + bytes.length, mark: known.slice(-MARK) };
}

/** What tells a file from the one that had its name before; `null` where there is none. */
async function identityOf(path: string): Promise<string | null> {
  const info = await fileInfo(path);
  return info === null ? null : `${info.ino} ${info.mtime?.getTime()} ${info.size}`;
}

/** What was not read of a file before it was set aside: all of it, where the place is not known. */
async function* restOf(path: string, { position, mark }: Place): AsyncGenerator<Uint8Array> {
  const [first = ""] = decode(await read(path, 0, 100)).split("\n");
  const leftOut = leftOutBytes(first);
  const head = leftOut === 0 ? 0 : new TextEncoder().encode(`${first}\n`).length;
  let at = position - leftOut + head;
  const known = at - mark.length >= 0 &&
    sameBytes(await read(path, at - mark.length, mark.length), mark);
  if (!known) {
    at = head;
    yield new TextEncoder().encode("\n… some lines before this were not seen\n");
  }
  for (;;) {
    const bytes = await read(path, at, CHUNK);
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The last whole lines, and where they end: what is being written just now follows whole. */
async function wholeLines(path: string, count: number): Promise<{ lines: string[]; place: Place }> {
  const size = (await fileInfo(path))?.size ?? 0;
  const start = Math.max(0, size - CHUNK);
  const tail = await read(path, start, size - start);
  const whole = tail.subarray(0, tail.lastIndexOf(LF) + 1);
  const to = start + whole.length;
  const lines = await lastLines(path, count, { to }) ?? [];
  return { lines, place: { position: to, mark: whole.slice(-MARK) } };
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
