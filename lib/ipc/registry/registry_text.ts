/**
 * The registry as text: JSON in which people may write comments.
 *
 * @module
 */

import { asRecord } from "../base/record.ts";

/** What the file says of each name, well formed or not. */
export type Entries = Record<string, unknown>;

/** The entries in `text`; `null` when it is not a JSONC object. Nothing at all is an empty one. */
export async function parseEntries(text: string): Promise<Entries | null> {
  if (text.trim() === "") return emptyEntries();
  let value = parseJson(text);
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
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
