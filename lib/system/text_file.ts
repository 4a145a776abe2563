/**
 * Files of text that people and other programs write: read as a whole, or told by name why not.
 *
 * @module
 */
import { pause } from "./waiting.ts";

/** A file or folder that is there and cannot be read; the message names it and says why. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
  /** Why, in a few words: `it is a folder, not a file`. */
  readonly reason: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`Cannot read "${path}": ${reason}`, options);
    this.reason = reason;
  }
}

/** How a file of text is read. */
export interface TextFileOptions {
  /** Also from a pipe or a device, for a file that somebody names on a command line. */
  pipes?: boolean;
  /** Bytes that are no UTF-8 become U+FFFD, for files in which they do little harm. */
  lenient?: boolean;
}

/** Reads of a file that Windows refuses, and the longest of the pauses between them together. */
const ATTEMPTS = 20;

/**
 * The text of a file, `null` where there is none. UTF-8, with or without a byte order mark, and
 * UTF-16 with one, as Windows' own programs write it.
 *
 * @throws {UnreadableError} where it is there and cannot be read, a link to nothing among them
 */
export async function readTextFile(
  path: string,
  options: TextFileOptions = {},
): Promise<string | null> {
  const bytes = await reading(path, options, () => Deno.readFile(path));
  if (bytes === null) return null;
  try {
    return decodeText(bytes, options);
  } catch (error) {
    throw new UnreadableError(path, (error as Error).message);
  }
}

/**
 * Opens a file to read parts of it; `null` where there is none.
 *
 * @throws {UnreadableError} where it is there and cannot be read, a link to nothing among them
 */
export function openFile(path: string): Promise<Deno.FsFile | null> {
  return reading(path, {}, () => Deno.open(path));
}

/**
 * What the system tells of a file that can perhaps be read; `null` where there is none.
 *
 * @throws {UnreadableError} where it is something else, or nothing is told of it
 */
export function fileInfo(path: string): Promise<Deno.FileInfo | null> {
  return reading(path, {}, (info) => Promise.resolve(info));
}

/** The error to tell of a file or folder that could not be read, by what the system said. */
export function unreadable(path: string, error: unknown): UnreadableError {
  if (error instanceof UnreadableError) return error;
  return new UnreadableError(path, reasonOf(path, error), { cause: error });
}

async function reading<T>(
  path: string,
  { pipes = false }: TextFileOptions,
  read: (info: Deno.FileInfo) => Promise<T>,
): Promise<T | null> {
  for (let attempt = 1;; attempt++) {
    try {
      // Asked first: to open a pipe waits for whoever writes to it.
      const info = await Deno.stat(path);
      if (info.isDirectory) throw new UnreadableError(path, FOLDER);
      if (!info.isFile && !pipes) throw new UnreadableError(path, DEVICE);
      return await read(info);
    } catch (error) {
      // A link that leads nowhere is there.
      if (error instanceof Deno.errors.NotFound && !isLink(path)) return null;
      // Windows refuses while somebody replaces the file, and as long as somebody holds it.
      const passing = Deno.build.os === "windows" && attempt < ATTEMPTS &&
        !(error instanceof UnreadableError || error instanceof Deno.errors.NotFound);
      if (!passing) throw unreadable(path, error);
      await pause(attempt);
    }
  }
}

/** The reason where nothing has that name. */
export const NOT_THERE = "it is not there";

const FOLDER = "it is a folder, not a file";
const DEVICE = "it is a pipe or a device, not a file";

/** What the system's codes mean to somebody who looks at a file's name. */
const REASONS: Readonly<Record<string, string>> = {
  EISDIR: FOLDER,
  ENOTDIR: "a part of its path is a file, not a folder",
  ELOOP: "it is a link in a circle of links",
  EACCES: "you have no right to read it",
  EPERM: "you have no right to read it",
};

function reasonOf(path: string, error: unknown): string {
  const { message, code } = error as Error & { code?: string };
  // https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-
  if (Deno.build.os === "windows" && /\(os error (32|33)\)/.test(message)) {
    return "another program has it open and lets nobody read it";
  }
  if (error instanceof Deno.errors.NotFound) {
    return isLink(path) ? "it is a link to something that is not there" : NOT_THERE;
  }
  // Deno puts the call and the path behind the system's words.
  return REASONS[code ?? ""] ?? message.replace(/(\(os error \d+\)).*$/s, "$1");
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false; // Not even a link is there.
  }
}

const ZEROS = "it holds zero bytes, as UTF-16 without its mark does; save it as UTF-8";

/**
 * Text from bytes: UTF-8, or UTF-16 where its byte order mark says so. The mark is no part of it.
 *
 * @throws {TypeError} that says what the bytes are not
 */
export function decodeText(bytes: Uint8Array, { lenient = false }: TextFileOptions = {}): string {
  const [first, second] = bytes;
  const label = first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
    ? "utf-16be"
    : "utf-8";
  if (label === "utf-8" && !lenient && bytes.includes(0)) throw new TypeError(ZEROS);
  let text: string;
  try {
    text = new TextDecoder(label, { fatal: !lenient }).decode(bytes);
  } catch {
    const what = label === "utf-8" ? `UTF-8 in line ${firstBadLine(bytes)}` : "UTF-16";
    throw new TypeError(`it is not ${what}; save it as UTF-8`);
  }
  // (UTF-32 begins with the mark of UTF-16.)
  if (!lenient && text.includes("\0")) throw new TypeError(ZEROS);
  return text;
}

/** The first line, from 1, that is not UTF-8. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(10, start);
    try {
      decoder.decode(bytes.subarray(start, end < 0 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end < 0) break;
    start = end + 1;
  }
  return line;
}
