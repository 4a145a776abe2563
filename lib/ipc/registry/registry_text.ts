/**
 * The registry as text: JSON in which people may write comments.
 *
 * @module
 */

import { asRecord } from "../base/record.ts";

/** What the file says of each name, well formed or not. */
export type Entries = Record<string, unknown>;

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

/** Whether `text` is a registry, comments and all: one that is not gets set aside by its next reader. */
export async function isRegistryText(text: string): Promise<boolean> {
  return await parseEntries(text.replace(/^\uFEFF/, "")) !== null;
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
