/**
 * Bytes inside messages: a `Uint8Array` anywhere in parameters, results or items. JSON has no place
 * for them, so a message that holds some becomes JSON text and the bytes behind it. Pure.
 *
 * @module
 */

import { BYTES_TYPE } from "./codec.ts";
import { messageOf } from "./errors.ts";
import { asRecord } from "../base/record.ts";

/** Bytes taken out of a value: `null` stands in their place in its JSON. */
export interface Part {
  /** The names and indices that lead to the place. */
  path: readonly (string | number)[];
  bytes: Uint8Array;
}

/** A value ready to be sent. */
export interface Packed {
  /** JSON text. */
  text: string;
  /** In the order in which the bytes follow the text; empty for nearly every value. */
  parts: readonly Part[];
}

const NONE: readonly Part[] = [];
/** Deeper than this, bytes travel as text; that also ends the walk through a cycle. */
const DEPTH_MAX = 100;

/**
 * Makes a value ready to be sent. Bytes are taken out for a peer that takes them, and are base64
 * text for one that does not. They are not copied yet.
 *
 * @throws {TypeError} what JSON cannot hold: a cycle, a BigInt, a number that is not finite
 */
export function pack(value: unknown, peerTakesBytes: boolean): Packed {
  if (typeof value === "object" && value !== null) {
    if (value instanceof PackedValue) return value.packed(peerTakesBytes);
    const found = findBytes(value, 0);
    if (found === "bytes" && peerTakesBytes) {
      const parts: Part[] = [];
      return { text: write(strip(value, [], parts)), parts };
    }
    if (found === "no JSON") refuse(value, "");
    if (found !== "none") {
      return { text: write(value, bytesAsText), parts: NONE };
    }
  } else if (!isJson(value)) throw notJson(value, "");
  return { text: write(value), parts: NONE };
}

/** A value that goes to many peers: its JSON is made once, of the value as it is now. */
export class PackedValue {
  /** What it takes in memory: characters and bytes. */
  readonly size: number;
  readonly #packed: Packed;
  /** With its bytes as text; made for the first peer that takes no bytes. */
  #asText: Packed | null = null;

  /** @throws {TypeError} as {@link pack} does */
  constructor(value: unknown) {
    this.#packed = withOwnBytes(pack(value, true));
    this.size = sizeOf(this.#packed);
  }

  /** Whether it has any; otherwise it is the same for every peer. */
  get hasBytes(): boolean {
    return this.#packed.parts.length > 0;
  }

  /** The value as this peer is sent it. */
  packed(peerTakesBytes: boolean): Packed {
    const { text, parts } = this.#packed;
    if (peerTakesBytes || parts.length === 0) return this.#packed;
    if (this.#asText === null) {
      // (The value itself may be bytes.)
      const holder: { copy: unknown } = { copy: JSON.parse(text) };
      for (const { path, bytes } of parts) put(holder, ["copy", ...path], bytes);
      this.#asText = pack(holder.copy, false);
    }
    return this.#asText;
  }
}

/** The same with copies of the bytes: whoever gave them may reuse its buffer. */
export function withOwnBytes({ text, parts }: Packed): Packed {
  if (parts.length === 0) return { text, parts };
  return { text, parts: parts.map(({ path, bytes }) => ({ path, bytes: bytes.slice() })) };
}

/** What a packed value takes: characters of JSON and bytes. */
export function sizeOf({ text, parts }: Packed): number {
  let size = text.length;
  for (const { bytes } of parts) size += bytes.length;
  return size;
}

function write(value: unknown, replacer: typeof bytesAsText | null = null): string {
  try {
    // JSON leaves functions and symbols out; a value is always there.
    return (replacer === null ? JSON.stringify(value) : JSON.stringify(value, replacer)) ?? "null";
  } catch (thrown) {
    if (!isTooDeep(thrown)) throw thrown;
    throw new TypeError(whyUnwritten(thrown), { cause: thrown });
  }
}

/** Whether a value has more levels than the stack has room for: some thousand. */
function isTooDeep(thrown: unknown): boolean {
  return /call stack/.test(messageOf(thrown));
}

/** Why a value could not be written as JSON, or copied, in words. */
export function whyUnwritten(thrown: unknown): string {
  return isTooDeep(thrown) ? "it is nested too deep to be written as JSON" : messageOf(thrown);
}

/** Several packed values as one list, which stands at `holder` in the value around it. */
export function packedList(items: readonly Packed[], ...holder: (string | number)[]): Packed {
  const text = `[${items.map((item) => item.text).join()}]`;
  const parts = items.flatMap((item, i) =>
    item.parts.map(({ path, bytes }) => ({ path: [...holder, i, ...path], bytes }))
  );
  return { text, parts };
}

/** A packed value as the last member of an object, whose text up to there is `head`. */
export function packedIn(head: string, name: string, { text, parts }: Packed): Packed {
  return {
    text: `${head},"${name}":${text}}`,
    parts: parts.length === 0
      ? parts
      : parts.map(({ path, bytes }) => ({ path: [name, ...path], bytes })),
  };
}

/**
 * The member `bytes` of a message with these parts, as JSON text with a comma before it: for each
 * part, in order, its path and its length. Empty for a message without parts.
 *
 * @param holder where in the message the packed value stands
 */
export function places(parts: readonly Part[], ...holder: (string | number)[]): string {
  if (parts.length === 0) return "";
  const entries = parts.map(({ path, bytes }) => [[...holder, ...path], bytes.length]);
  return `,"bytes":${JSON.stringify(entries)}`;
}

/**
 * Puts the bytes back into a decoded message, which lists their places in its member `bytes`.
 *
 * @param tail the bytes behind the JSON; the message gets views of it
 * @throws {RangeError} when the places do not fit the message or the bytes
 */
export function unpack(message: unknown, tail: Uint8Array): void {
  const places = asRecord(message)?.["bytes"];
  if (!Array.isArray(places)) throw new RangeError('a frame with bytes needs "bytes" in its JSON');
  let at = 0;
  for (const place of places) {
    const [path, length] = Array.isArray(place) ? place as unknown[] : [];
    if (!Array.isArray(path) || !Number.isSafeInteger(length) || length as number < 0) {
      throw new RangeError('an entry of "bytes" must be [path, length]');
    }
    const end = at + (length as number);
    if (end > tail.length) throw new RangeError("the frame holds fewer bytes than its JSON tells");
    put(message, path, tail.subarray(at, end));
    at = end;
  }
  if (at < tail.length) throw new RangeError("the frame holds more bytes than its JSON tells");
}

/** Whether the parameters or the result of `$/ping` say that their sender takes bytes. */
export function takesBytes(ping: unknown): boolean {
  const accept = asRecord(ping)?.["accept"];
  return Array.isArray(accept) && accept.includes(BYTES_TYPE);
}

/** What there is in a value that JSON does not write as it is. */
type Found = "none" | "bytes" | "too deep" | "no JSON";

/** Looks for bytes, in most values in vain: it makes nothing. */
function findBytes(value: object, depth: number): Found {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return "bytes";
  // What makes its own JSON, a Date for one, is left to do so.
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return "none";
  if (depth > DEPTH_MAX) return "too deep";
  let found: Found = "none";
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) {
      const inside = findIn(value[at], depth);
      if (inside === "bytes") found = inside;
      else if (inside !== "none") return inside;
    }
    return found;
  }
  for (const key in value) {
    const inside = findIn((value as Record<string, unknown>)[key], depth);
    if (inside === "bytes") found = inside;
    else if (inside !== "none") return inside;
  }
  return found;
}

function findIn(member: unknown, depth: number): Found {
  if (typeof member === "object") return member === null ? "none" : findBytes(member, depth + 1);
  return isJson(member) ? "none" : "no JSON";
}

/** Whether JSON writes it as what it is, or leaves it out. (JavaScript would make `null` of NaN.) */
function isJson(value: unknown): boolean {
  return typeof value === "number" ? Number.isFinite(value) : typeof value !== "bigint";
}

function notJson(value: unknown, where: string): TypeError {
  const at = where === "" ? "" : ` at ${where}`;
  return typeof value === "bigint"
    ? new TypeError(`a BigInt${at}: JSON has none; send it as text`)
    : new TypeError(`${value}${at}: JSON has no such number; send null or a text instead`);
}

/** Says where in a value JSON ends. (Own members alone: JSON has no others.) */
function refuse(value: object, where: string): void {
  for (const [key, member] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${where}[${key}]` : where === "" ? key : `${where}.${key}`;
    if (!isJson(member)) throw notJson(member, at);
    if (typeof member !== "object" || member === null || bytesOf(member) !== null) continue;
    if (typeof member.toJSON !== "function") refuse(member, at);
  }
}

/** The value with `null` for bytes; the value itself where it holds none. */
function strip(value: object, path: (string | number)[], parts: Part[]): unknown {
  const bytes = bytesOf(value);
  if (bytes !== null) {
    parts.push({ path: [...path], bytes });
    return null;
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return value;
  let copy: Record<string | number, unknown> | null = null;
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const key of keys) {
    const member = (value as Record<string | number, unknown>)[key];
    if (typeof member !== "object" || member === null) continue;
    path.push(key);
    const stripped = strip(member, path, parts);
    path.pop();
    if (stripped === member) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = stripped;
  }
  return copy ?? value;
}

function bytesOf(value: object): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return value instanceof ArrayBuffer ? new Uint8Array(value) : null;
}

/** For `JSON.stringify`. (Node's `Buffer` has made its own JSON by then: its holder has it still.) */
function bytesAsText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) {
    if (isJson(value)) return value;
    throw notJson(value, key);
  }
  const bytes = bytesOf(value) ?? bytesOf(this[key] as object);
  return bytes === null ? value : bytes.toBase64();
}

/** Follows own members only: a path that a peer sent never reaches a prototype. */
function put(message: unknown, path: readonly unknown[], bytes: Uint8Array): void {
  let holder: unknown = message;
  for (const [depth, key] of path.entries()) {
    const known = typeof key === "string" || typeof key === "number";
    if (typeof holder !== "object" || holder === null || !known || !Object.hasOwn(holder, key)) {
      break;
    }
    const members = holder as Record<string | number, unknown>;
    if (depth < path.length - 1) holder = members[key];
    else if (members[key] === null) {
      // Not an assignment: "__proto__" is an own member here like any other.
      Object.defineProperty(members, key, {
        value: bytes,
        writable: true,
        enumerable: true,
        configurable: true,
      });
      return;
    }
  }
  throw new RangeError(`no null at ${JSON.stringify(path)} for the bytes to stand in for`);
}
