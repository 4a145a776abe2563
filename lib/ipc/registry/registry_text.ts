/**
 * The registry as text: whether it may be read, and JSON in which people may write comments.
 *
 * @module
 */

import { asRecord } from "../base/record.ts";
import { pauseFor } from "../base/timer.ts";
import { platform } from "../os/platform.ts";

/** What the file says of each name, well formed or not. */
export type Entries = Record<string, unknown>;

/** The registry's file is not fit to start programs from; the message says why. */
export class RegistryRefusedError extends Error {
  /** The class, as `error.name` tells it. */
  override readonly name = "RegistryRefusedError";
}

/** Largest file that is read, in bytes; 10,000 entries take about 3 MB. */
const SIZE_MAX = 16 << 20;

/**
 * The text of the registry at `path`; empty where there is none.
 *
 * @throws {RegistryRefusedError} where the file may be another user's work.
 */
export async function readRegistry(path: string): Promise<string> {
  try {
    return await tryToRead(path);
  } catch (error) {
    if (error instanceof RegistryRefusedError) throw error;
    throw new Error(`Cannot read "${path}": ${(error as Error).message}`, { cause: error });
  }
}

async function tryToRead(path: string): Promise<string> {
  for (let attempt = 1;; attempt++) {
    try {
      if (!isThere(path)) return "";
      // (The asynchronous one takes 6 ms with its first use.)
      return decode(Deno.readFileSync(path));
    } catch (error) {
      // It is being replaced just now, or removed; Windows refuses for a moment meanwhile.
      const passing = Deno.build.os === "windows" || error instanceof Deno.errors.NotFound;
      if (error instanceof RegistryRefusedError || attempt === 20 || !passing) throw error;
      await pauseFor(attempt);
    }
  }
}

/**
 * Text as Windows' own programs leave it, too: UTF-8 with a byte order mark, or UTF-16 with one, as
 * Windows PowerShell 5 writes what is sent to a file. The mark is no part of the text.
 */
function decode(bytes: Uint8Array): string {
  const mark = bytes.length < 2 ? 0 : bytes[0]! << 8 | bytes[1]!;
  const label = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  return new TextDecoder(label).decode(bytes);
}

/**
 * Whether there is a file. What is read here starts programs: it must be this user's own, and of a
 * sensible size. Only its absence counts as an empty registry, which the next writer makes true.
 */
function isThere(path: string): boolean {
  let info: Deno.FileInfo;
  try {
    info = Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  const { isDirectory, size } = info;
  const large = size > SIZE_MAX ? `it is ${size >> 20} MiB, over ${SIZE_MAX >> 20} MiB` : null;
  const fault = isDirectory ? "it is a folder" : platform().ownershipFault(path) ?? large;
  if (fault === null) return true;
  throw new RegistryRefusedError(
    `Cannot use "${path}": ${fault}. Nothing is started from it until that is mended`,
  );
}

/**
 * The entries in `text`; `null` when it is not a JSONC object. Nothing at all is an empty one.
 *
 * @param toWrite whether they are to be written again, with the numbers in them as they stand
 */
export async function parseEntries(text: string, toWrite = false): Promise<Entries | null> {
  if (text.trim() === "") return emptyEntries();
  let value = parseJson(text);
  if (toWrite && value !== undefined) value = parseJson(text, asWritten) ?? value;
  if (value === undefined) {
    // Loaded only for a file that a person has edited: it costs as much as the whole library.
    const { parse } = await import("@std/jsonc");
    try {
      value = parse(text);
    } catch {
      return null;
    }
  }
  const record = asRecord(value);
  return record === null ? null : Object.assign(emptyEntries(), record);
}

/**
 * Whether what is at `path` is a registry, comments and all: what is not gets set aside by its next
 * reader. A missing one is an empty one.
 *
 * @throws as {@linkcode readRegistry} does.
 */
export async function isRegistry(path: string): Promise<boolean> {
  return await parseEntries(await readRegistry(path)) !== null;
}

/** Without a prototype, so that an entry called `__proto__` is an entry. */
export function emptyEntries(): Entries {
  return Object.create(null);
}

/** Whether rewriting `text` would lose comments of a person who edited it. */
export async function hasComments(text: string): Promise<boolean> {
  if (text.trim() === "" || parseJson(text) !== undefined) return false;
  return await parseEntries(text) !== null;
}

/** The value of plain JSON, `undefined` where it is none. */
function parseJson(text: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch {
    return undefined;
  }
}

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

/**
 * A number as it is written: a double may be another one, and nobody would know what somebody wrote
 * beside what the mesh reads. (There are no numbers in what it reads.)
 *
 * @see https://github.com/tc39/proposal-json-parse-with-source
 */
function asWritten(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== "number" || source === undefined || source === String(value)) return value;
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(source);
}
