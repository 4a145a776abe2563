/**
 * Frames and lines as the kit writes and reads them, by no code of the library.
 *
 * @module
 */

import { joinedBytes } from "../../joined_bytes.ts";
import { Failed, shown } from "./outcome.ts";

/** A message's members, whatever they are. */
export type Body = Record<string, unknown>;

/** A message as it came. */
export interface Message {
  body: Body;
  /** The lines of its header; none of one that came as a line. */
  headers: readonly string[];
  /** How it stood on the wire, without bytes behind the JSON. */
  text: string;
  /** The bytes behind the JSON. */
  tail: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A frame: `Content-Length`, further header lines, and the body. */
export function frame(body: string | Uint8Array, headers: readonly string[] = []): Uint8Array {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const lines = [`Content-Length: ${bytes.length}`, ...headers];
  return joined([encoder.encode(`${lines.join("\r\n")}\r\n\r\n`), bytes]);
}

/** Texts and bytes in one block. */
export function joined(parts: readonly (string | Uint8Array)[]): Uint8Array {
  return joinedBytes(parts.map((part) => typeof part === "string" ? encoder.encode(part) : part));
}

/** What was read, and the bytes behind it. */
export interface Read {
  message: Message;
  rest: Uint8Array;
}

/** Reads a line; `null` while it is not whole. @throws {Failed} where it is none */
export function readLine(bytes: Uint8Array): Read | null {
  const at = bytes.indexOf(10);
  if (at < 0) return null;
  const text = textOf(bytes.subarray(0, at), "a line");
  const message = { body: bodyOf(text), headers: [], text, tail: new Uint8Array(0) };
  return { message, rest: bytes.slice(at + 1) };
}

/** Reads a frame; `null` while it is not whole. @throws {Failed} where it is none */
export function readFrame(bytes: Uint8Array): Read | null {
  const latin = new TextDecoder("latin1").decode(bytes.subarray(0, 8_192));
  const end = latin.indexOf("\r\n\r\n");
  const wrong = (what: string) => new Failed(`a frame ${what}`, shown(latin));
  if (end < 0) {
    if (latin.length > 4_096) throw wrong("with a header of at most 4,096 bytes");
    if (/^[^Cc]/.test(latin)) throw wrong("that begins with a header line");
    return null;
  }
  const headers = latin.slice(0, end).split("\r\n");
  const named = new Map<string, string>();
  for (const line of headers) {
    const [, name, value] = /^([A-Za-z0-9-]+):[ \t]*([^\r\n]*)$/.exec(line) ?? [];
    if (name === undefined) throw wrong("whose header lines are header lines");
    if (named.has(name.toLowerCase())) throw wrong(`with one ${name}`);
    named.set(name.toLowerCase(), value!);
  }
  const length = named.get("content-length");
  if (length === undefined || !/^\d+$/.test(length)) throw wrong("with a Content-Length");
  const start = end + 4;
  if (bytes.length < start + Number(length)) return null;
  const body = bytes.slice(start, start + Number(length));
  const rest = bytes.slice(start + Number(length));
  const json = /;\s*json=(\d+)/.exec(named.get("content-type") ?? "")?.[1];
  const split = json === undefined ? body.length : Number(json);
  const text = textOf(body.subarray(0, split), "a body");
  return { message: { body: bodyOf(text), headers, text, tail: body.subarray(split) }, rest };
}

function textOf(bytes: Uint8Array, what: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Failed(`${what} in UTF-8`, shown(new TextDecoder().decode(bytes)));
  }
}

function bodyOf(text: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Failed("JSON", shown(text));
  }
  const body = asObject(value);
  if (body === null || body["jsonrpc"] !== "2.0") {
    throw new Failed('a message with jsonrpc "2.0"', shown(text));
  }
  return body;
}

/** A JSON object, or `null`. */
export function asObject(value: unknown): Body | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Body
    : null;
}
