/**
 * The log of a woken program: kept from growing, when the program is woken and while it runs, and
 * read from its end.
 *
 * A running program's log cannot be renamed, as the program has it open and writes on into what it
 * opened. So its end is copied, and it is emptied: the program appends, and goes on at the start.
 *
 * @module
 */

import { ProcessLock } from "../base/lock.ts";
import { withRemedy } from "../base/problem.ts";
import type { Home } from "../registry/home.ts";

/** A log over this size, in bytes, is set aside. */
export const LOG_SIZE_MAX = 4 << 20;
/** What is kept of a log that is set aside, in bytes: a fast one grows on between two looks. */
export const LOG_KEPT_MAX = 8 << 20;
/** Looks of a second between two at the logs of others, which mostly look after their own. */
const OTHERS_EVERY = 10;
/** How much of a log an error shows, in lines and in bytes. */
const SHOWN_LINES = 20;
const SHOWN_BYTES = 16 << 10;
/** Bytes read at a time. */
const CHUNK = 64 << 10;
const LF = 10;
const SPACE = 32;

/**
 * Sets the log aside where it is large. The start lock is held.
 *
 * @returns the size of the log that the program will append to, in bytes
 */
export function prepareLog(path: string): number {
  const size = sizeOf(path);
  if (size <= LOG_SIZE_MAX) return size;
  try {
    setAside(path);
    return sizeOf(path);
  } catch {
    // A full disk, say. The next start tries again; this one is more important than its log.
    return size;
  }
}

/** Sets logs aside that have grown large while their programs run. */
export class LogKeeper {
  readonly #home: Home;
  readonly #own: string | null;
  readonly #report: (problem: string) => void;
  /** How often in a row an app's log could not be set aside. */
  readonly #failures = new Map<string, number>();
  #looks = 0;

  /** @param own the app whose log this process writes to; `null` where it was not woken */
  constructor(home: Home, own: string | null, report: (problem: string) => void) {
    this.#home = home;
    this.#own = own;
    this.#report = report;
  }

  /**
   * To be called each second.
   *
   * @param others whether to look after the logs of others, too: of those that do not do so, as
   * programs in other languages
   */
  look(others: boolean): void {
    // Between what this thread writes: nothing of it is lost.
    if (this.#own !== null) this.#keepSmall(this.#own, LOG_SIZE_MAX);
    if (!others || ++this.#looks % OTHERS_EVERY !== 0) return;
    for (const app of this.#home.appsWith("lock")) {
      if (app !== this.#own) this.#keepSmall(app, 2 * LOG_SIZE_MAX);
    }
  }

  #keepSmall(app: string, max: number): void {
    const path = this.#home.logFile(app);
    const failures = this.#failures.get(app) ?? 0;
    try {
      if (failures === 0 && sizeOf(path) <= max) return;
      // Whoever starts the app sets its log aside as well; one of the two does.
      const lockFile = this.#home.runtimeFile(app, "start.lock");
      using lock = ProcessLock.try(lockFile, this.#home.renewRuntime);
      if (lock === null) return;
      if (failures > 0) nameCopy(path);
      if (sizeOf(path) > max) setAside(path);
      this.#failures.delete(app);
    } catch (error) {
      this.#failures.set(app, failures + 1);
      // Once may be a reader that has the old copy open at this moment.
      if (failures === 1) this.#report(`"${path}" grows on: ${withRemedy(error)}`);
    }
  }
}

/**
 * Copies the end of a log to `<path>.1`, in place of what was set aside before, and empties it. What
 * another thread or process writes to it in the very moment between is lost.
 *
 * The copy has its name last: who finds a new one knows that the log was emptied before.
 */
function setAside(path: string): void {
  nameCopy(path);
  copyEnd(path, copyOf(path).part);
  Deno.truncateSync(path);
  nameCopy(path);
}

/** Gives a copy that is whole its name, which fails on Windows while somebody has the old one open. */
function nameCopy(path: string): void {
  const { part, whole } = copyOf(path);
  if (sizeOf(part) > 0) Deno.renameSync(part, whole);
}

/** Where the copy of a log is: while it is written, and once it is whole. */
function copyOf(path: string): { part: string; whole: string } {
  return { part: `${path}.1.part`, whole: `${path}.1` };
}

function copyEnd(path: string, part: string): void {
  using log = Deno.openSync(path);
  using copy = Deno.openSync(part, { write: true, create: true, truncate: true, mode: 0o600 });
  const buffer = new Uint8Array(CHUNK);
  let at = Math.max(0, log.statSync().size - LOG_KEPT_MAX);
  if (at > 0) {
    at += readAt(log, at, buffer).indexOf(LF) + 1;
    writeAll(copy, new TextEncoder().encode(leftOutLine(at)));
  }
  // (The program may write on as fast as this copies.)
  for (const end = at + 2 * LOG_KEPT_MAX; at < end;) {
    const chunk = readAt(log, at, buffer);
    if (chunk.length === 0) return;
    writeAll(copy, chunk);
    at += chunk.length;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** The first line of a log that was set aside without its beginning. */
function leftOutLine(bytes: number): string {
  return `… ${bytes} bytes before this were left out\n`;
}

/** How many bytes of a log that was set aside were left out, by its first line; 0 for none. */
export function leftOutBytes(line: string): number {
  return Number(/^… (\d{1,15}) bytes before this were left out$/.exec(line)?.[1] ?? 0);
}

/** What is read of a log's end. */
export interface LastLinesOptions {
  /** Where to begin at the earliest, in bytes; at the file's beginning unless given. */
  from?: number;
  /** Where to end, in bytes; at the file's end unless given. */
  to?: number;
  /** How much to read at most, in bytes. */
  max?: number;
}

/**
 * The last lines of a file, read from its end: what lies before them costs nothing. Blank lines at
 * the end do not count.
 */
export function lastLines(
  file: Deno.FsFile,
  count: number,
  { from = 0, to = Infinity, max = 64 << 20 }: LastLinesOptions = {},
): string[] {
  const size = Math.min(to, file.statSync().size);
  // (A file that is shorter than that was emptied since.)
  const first = Math.max(from > size ? 0 : from, size - max);
  const buffer = new Uint8Array(CHUNK);
  let [begin, end, lines] = [first, first, 0];
  search:
  for (let at = size; at > first;) {
    const length = Math.min(CHUNK, at - first);
    at -= length;
    const chunk = readAt(file, at, buffer.subarray(0, length));
    for (let i = chunk.length - 1; i >= 0; i--) {
      if (end === first) {
        if (chunk[i]! > SPACE) end = at + i + 1;
      } else if (chunk[i] === LF && ++lines >= count) {
        begin = at + i + 1;
        break search;
      }
    }
  }
  if (end === first || count < 1) return [];
  const text = new TextDecoder().decode(readAt(file, begin, new Uint8Array(end - begin)));
  const found = text.split(/\r?\n/);
  // Where there was more than is read, the first one is a part of a line.
  return begin === first && first > from && found.length > 1 ? found.slice(1) : found;
}

/** The last lines written to a log since it had the size `from`, for an error that tells of a start. */
export function logTail(path: string, from: number): string {
  try {
    using log = Deno.openSync(path);
    const lines = lastLines(log, SHOWN_LINES, { from, max: SHOWN_BYTES });
    // Deno colours what it writes even to a file when FORCE_COLOR says so.
    // deno-lint-ignore no-control-regex
    return lines.join("\n").replaceAll(/\x1b\[[0-9;]*m/g, "").trimEnd();
  } catch {
    return "";
  }
}

/**
 * Why the log takes no more, where that is so: a program that writes a line to it then ends by that.
 * Tried beside the log, which is the program's alone; `null` where it could be written.
 */
export function logFault(path: string): string | null {
  const odd = oddLog(path);
  if (odd !== null) return `its log "${path}" cannot be written: ${odd}`;
  const probe = `${path}.${Deno.pid}.probe`;
  try {
    Deno.writeTextFileSync(probe, "\n", { mode: 0o600 });
    return null;
  } catch (error) {
    return `its log "${path}" cannot be written: ${withRemedy(error)}`;
  } finally {
    try {
      Deno.removeSync(probe);
    } catch {
      // It could not be made in the first place.
    }
  }
}

/**
 * Why what has the name of a log takes nothing: it is a folder; it is a pipe, the opening of which
 * waits for a reader; another user made it. A device or a link to one is fine: it may be meant to
 * swallow all of it.
 */
export function oddLog(path: string): string | null {
  try {
    const { isDirectory, isFifo, isSocket, isFile } = Deno.statSync(path);
    const odd = isDirectory ? "a folder" : isFifo ? "a pipe" : isSocket ? "a socket" : null;
    if (odd !== null) return `it is ${odd}`;
    if (isFile) Deno.openSync(path, { append: true }).close();
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return "you have no right to write to it";
    // It is made when it is opened; where that fails, the error says why.
  }
  return null;
}

/** The lines as the end of an error's message. */
export function quoteLog(log: string): string {
  return log === "" ? "" : `:\n  ${log.replaceAll("\n", "\n  ")}`;
}

/** Fills the buffer from there on, as far as the file goes. */
function readAt(
  file: Deno.FsFile,
  position: number,
  buffer: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  file.seekSync(position, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < buffer.length) {
    const count = file.readSync(buffer.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
