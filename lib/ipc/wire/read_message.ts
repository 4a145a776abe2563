/**
 * From a frame's body to a message. Pure.
 *
 * @module
 */

import { unpack } from "./bytes.ts";
import { textOf } from "./chunk_text.ts";
import { ErrorCode } from "./errors.ts";
import { isDeeperThan, type Limits } from "../session/limits.ts";
import { asRecord, type Classified, classify, isRequestId, type RequestId } from "./message.ts";
import { readPlainMessage } from "./plain_message.ts";

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
  limit: keyof Limits | null;
  why: string;
}

/** Reads a body: its JSON, in UTF-8 or as text, and the bytes that stand behind that. Never throws. */
export function readMessage(
  json: Uint8Array | string,
  tail: Uint8Array | null,
  limits: Limits,
): ReadMessage {
  const plain = typeof json === "string" ? readPlainMessage(json) : null;
  if (plain !== null) return plain;
  // (Text is short.)
  if (typeof json !== "string" && json.length > SHALLOW_BODY && isDeeperThan(limits.depth, json)) {
    const why = `a body of ${json.length} bytes nests deeper than ${limits.depth} levels`;
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

function unreadable(code: number, why: string, limit: keyof Limits | null = null): Unreadable {
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
