/**
 * The room of the wire: messages, errors and bytes, and how they are written in frames and lines.
 * Pure: it does no input or output, and knows no session, no peer and no system.
 *
 * This file has the messages of JSON-RPC 2.0 and the guards that tell them apart.
 *
 * @module
 */

import { asRecord } from "../base/record.ts";
import type { WireError } from "./errors.ts";

/** What links a response to its request. */
export type RequestId = number | string;

/** Parameters by name or by position. */
export type Params = { readonly [name: string]: unknown } | readonly unknown[];

/**
 * Where a request belongs in a trace, after https://www.w3.org/TR/trace-context: members beside
 * `params`, as StreamJsonRpc has them.
 */
export interface TraceContext {
  /** Such as `00-<32 hex digits>-<16 hex digits>-01`. */
  traceparent?: string;
  /** What vendors add to it. */
  tracestate?: string;
}

/** What stands beside the params of a request. */
export interface RequestMembers extends TraceContext {
  /** Which time it is sent, 2 for the first repetition; not there for the first. */
  attempt?: number;
}

/** A call that wants an answer. */
export interface RequestMessage extends RequestMembers {
  jsonrpc: "2.0";
  id: RequestId;
  method: string;
  params?: Params | undefined;
  /** Milliseconds that its caller waited for the answer from when it left. */
  timeout?: number | undefined;
}

/** A call that wants none. */
export interface NotificationMessage extends RequestMembers {
  jsonrpc: "2.0";
  method: string;
  params?: Params | undefined;
}

/** The answer to a request. Exactly one of `result` and `error` is there. */
export interface ResponseMessage {
  jsonrpc: "2.0";
  /** `null` where the request could not be read. */
  id: RequestId | null;
  result?: unknown;
  error?: WireError;
  /** `true` where `result` opens a stream: `{ token?, values }`. Foreign peers ignore the member. */
  stream?: true;
}

/** The result that opens a stream; without `token` it is complete already. */
export interface StreamPage {
  token?: number | string;
  values: unknown[];
}

/** The answer to `$/enumerator/next`. */
export interface NextPage {
  values: unknown[];
  finished: boolean;
}

/** The answer to `$/enumerator/next`, from its result. @throws {TypeError} where it is none. */
export function nextPageOf(result: unknown): NextPage {
  const page = asRecord(result);
  const values = page?.["values"];
  if (!Array.isArray(values)) {
    throw new TypeError("Cannot read the stream: the peer sent a page without values");
  }
  return { values, finished: page?.["finished"] === true };
}

/** Longest id or token that is a string, in characters: answers repeat it. */
const ID_MAX = 256;

/** Whether `value` can be an id. (A larger number has been rounded: its sender would not know it.) */
export function isRequestId(value: unknown): value is RequestId {
  return typeof value === "number"
    ? Math.abs(value) <= Number.MAX_SAFE_INTEGER
    : typeof value === "string" && value.length <= ID_MAX;
}

/** What a decoded body turned out to be. */
export type Classified =
  | { kind: "request"; message: RequestMessage }
  | { kind: "notification"; message: NotificationMessage }
  | { kind: "response"; message: ResponseMessage }
  | { kind: "invalid"; id: RequestId | null; why: string };

const NO_ID = `"id" must be a number within ±(2^53 - 1) or a string of up to ${ID_MAX} characters`;

/** Tells what kind of message a decoded body is; never throws. */
export function classify(body: unknown): Classified {
  const record = asRecord(body);
  if (record === null) return { kind: "invalid", id: null, why: "a message must be an object" };
  const { id, method, params } = record;
  const knownId = isRequestId(id) ? id : null;
  const invalid = (why: string): Classified => ({ kind: "invalid", id: knownId, why });
  if (record["jsonrpc"] !== "2.0") return invalid('"jsonrpc" must be "2.0"');
  if (method !== undefined) {
    if (typeof method !== "string") return invalid('"method" must be a string');
    if (
      params !== undefined && params !== null &&
      (typeof params !== "object" || ArrayBuffer.isView(params))
    ) {
      return invalid('"params" must be an object or an array');
    }
    const message = record as unknown as RequestMessage;
    if (id === undefined) return { kind: "notification", message };
    if (knownId === null) return invalid(NO_ID);
    return { kind: "request", message };
  }
  if (record["error"] !== undefined || "result" in record) {
    if (knownId === null && id !== null) return invalid(NO_ID);
    return { kind: "response", message: record as unknown as ResponseMessage };
  }
  return invalid('a message needs "method", "result" or "error"');
}

/** The first page of a stream; a plain result, or a foreign peer's stream, is told by its shape. */
export function pageOf(result: unknown, marked: boolean): StreamPage {
  const record = asRecord(result);
  const { token, values = [] } = record ?? {};
  const known = token === undefined || typeof token === "number" || typeof token === "string";
  if (known && Array.isArray(values) && (marked || token !== undefined)) {
    return { ...(token === undefined ? {} : { token }), values };
  }
  return { values: [result] };
}

/** The one argument of a protocol method: by name, or first by position. */
export function argument(params: Params | undefined | null, name: string): unknown {
  return Array.isArray(params) ? params[0] : asRecord(params)?.[name];
}
