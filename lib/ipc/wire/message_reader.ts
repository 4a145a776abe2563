/**
 * From a frame's body to a message. Pure.
 *
 * @module
 */

import { unpack } from "./bytes.ts";
import { textOf } from "./chunk_text.ts";
import { ErrorCode } from "./errors.ts";
import { asRecord } from "../base/record.ts";
import {
  type Classified,
  classify,
  isRequestId,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from "./message.ts";

/** Bodies of up to so many bytes nest as they like: they take no time to parse. */
const SHALLOW_BODY = 64 << 10;

/** A message, or why there is none. */
export type ReadMessage = Exclude<Classified, { kind: "invalid" }> | Unreadable;

/** A body that holds no message. */
export interface Unreadable {
  kind: "unreadable";
  /** The message's own, where it has one. */
  id: RequestId | null;
  /** Whether it would have been a response. */
  isAnswer: boolean;
  /** One of `ErrorCode`. */
  code: number;
  /** The limit that it breaks, where it breaks one. */
  limit: "depth" | null;
  why: string;
}

/**
 * Reads a body: its JSON, in UTF-8 or as text, and the bytes that stand behind that. Never throws.
 *
 * @param depth levels of arrays and objects that a large body may have
 */
export function readMessage(
  json: Uint8Array | string,
  tail: Uint8Array | null,
  depth: number,
): ReadMessage {
  const plain = typeof json === "string" ? readPlainMessage(json) : null;
  if (plain !== null) return plain;
  // (Text is short.)
  if (typeof json !== "string" && json.length > SHALLOW_BODY && isDeeperThan(depth, json)) {
    const why = `a body of ${json.length} bytes nests deeper than ${depth} levels`;
    return unreadable(ErrorCode.LimitExceeded, why, "depth");
  }
  let value: unknown;
  try {
    value = JSON.parse(textOf(json));
  } catch (error) {
    return unreadable(ErrorCode.ParseError, `not JSON in UTF-8: ${(error as Error).message}`);
  }
  if (Array.isArray(value)) {
    return unreadable(ErrorCode.InvalidRequest, "batches are not supported: send one by one");
  }
  const classified = tail === null ? classify(value) : withBytes(value, tail);
  if (classified.kind !== "invalid") return classified;
  const { id, why } = classified;
  const isAnswer = asRecord(value)?.["method"] === undefined;
  return { ...unreadable(ErrorCode.InvalidRequest, why), id, isAnswer };
}

function unreadable(code: number, why: string, limit: "depth" | null = null): Unreadable {
  return { kind: "unreadable", id: null, isAnswer: false, code, limit, why };
}

/** The message with the bytes in their places. */
function withBytes(value: unknown, tail: Uint8Array): Classified {
  try {
    unpack(value, tail);
    return classify(value);
  } catch (error) {
    const id = asRecord(value)?.["id"];
    return { kind: "invalid", id: isRequestId(id) ? id : null, why: (error as Error).message };
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether JSON nests deeper than `max` levels. A large body of nothing but brackets would take
 * seconds and gigabytes to parse.
 */
export function isDeeperThan(max: number, json: Uint8Array): boolean {
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i]!;
    if (byte === QUOTE) {
      i = stringEnd(json, i);
      if (i < 0) return false;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > max) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

/** Where the string that begins at `start` ends; -1 where it never does. */
function stringEnd(json: Uint8Array, start: number): number {
  for (let end = json.indexOf(QUOTE, start + 1); end >= 0; end = json.indexOf(QUOTE, end + 1)) {
    let before = end;
    while (json[before - 1] === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return -1;
}

/** A call or an answer. */
export type PlainMessage =
  | { kind: "request"; message: RequestMessage }
  | { kind: "response"; message: ResponseMessage };

const HEAD = '{"jsonrpc":"2.0","id":';
const RESULT = ',"result":';
const METHOD = ',"method":"';
const PARAMS = ',"params":';
const TIMEOUT = ',"timeout":';
/** A stream's first page has it behind the result. */
const STREAM = ',"stream":true}';

const DIGIT_0 = 48;
const BRACE = 123;
const BRACKET = 91;
const SPACE = 32;
/** Longer numbers are left to a whole parse. */
const DIGITS_MAX = 15;

/**
 * The call or the answer that `text` is; `null` where it takes a whole parse to tell.
 *
 * Programs of this library write calls and answers that are told by how they begin: only what these
 * carry is parsed, which halves the time of a short message. Whatever is otherwise, or wrong, is left
 * to a whole parse. Where the rest of the text is one JSON value and a brace, the whole is the
 * message that it seems to be.
 */
export function readPlainMessage(text: string): PlainMessage | null {
  if (!text.startsWith(HEAD)) return null;
  const at = endOfNumber(text, HEAD.length);
  if (at < 0) return null;
  const id = numberIn(text, HEAD.length, at);
  try {
    if (!text.endsWith("}") || text.endsWith(STREAM)) return null;
    if (text.startsWith(RESULT, at)) {
      const result: unknown = JSON.parse(text.slice(at + RESULT.length, -1));
      return { kind: "response", message: { jsonrpc: "2.0", id, result } };
    }
    if (!text.startsWith(METHOD, at)) return null;
    const start = at + METHOD.length;
    const end = endOfName(text, start);
    // (Behind the quotation mark.)
    let next = end + 1;
    let timeout: number | undefined;
    if (text.startsWith(TIMEOUT, next)) {
      const from = next + TIMEOUT.length;
      next = endOfNumber(text, from);
      if (next < 0) return null;
      timeout = numberIn(text, from, next);
    }
    if (!text.startsWith(PARAMS, next)) return null;
    const inside = next + PARAMS.length;
    const first = text.charCodeAt(inside);
    if (first !== BRACE && first !== BRACKET) return null;
    const params = JSON.parse(text.slice(inside, -1));
    const method = text.slice(start, end);
    const message: RequestMessage = { jsonrpc: "2.0", id, method, params };
    if (timeout !== undefined) message.timeout = timeout;
    return { kind: "request", message };
  } catch {
    return null;
  }
}

/** Where plain digits end that are a number of JSON; -1 where there is none, or a long one. */
function endOfNumber(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  const digits = at - start;
  const leadingZero = digits > 1 && text.charCodeAt(start) === DIGIT_0;
  return digits === 0 || digits > DIGITS_MAX || leadingZero ? -1 : at;
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_0 + 9;
}

function numberIn(text: string, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) number = number * 10 + text.charCodeAt(at) - DIGIT_0;
  return number;
}

/** Where a name ends that needs no unescaping; the text's end where it does. */
function endOfName(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH || code < SPACE) break;
  }
  return text.length;
}
