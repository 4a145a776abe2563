/**
 * The errors of a session that callers catch, and how errors travel on the wire.
 *
 * @module
 */

/** JSON-RPC and LSP error codes used on the wire. An app's own codes lie outside -32768..-32000. */
export const ErrorCode = {
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  /** `$/enumerator/next` named a stream that is not open (StreamJsonRpc's "no such token"). */
  UnknownStream: -32001,
  /** This peer is answered nothing, as a matter of policy: see elevation.ts. */
  Refused: -32003,
  /** The app leaves the mesh; `data.begun` is `false` where it never looked at the request. */
  Leaving: -32004,
  /** A limit of the peer refused the request; `data.limit` names it. */
  LimitExceeded: -32005,
  /** The time that the request came with was over before it was answered. */
  TimedOut: -32006,
  /** The request was cancelled, by its caller or by `$/cancelCall`. */
  RequestCancelled: -32800,
} as const;

/**
 * The error a handler threw in another process: its message and code, never its stack.
 *
 * @example
 * ```ts
 * import { NeverLiieIPC, RemoteError } from "@neverliie/ipc";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using app = await NeverLiieIPC.open("vault", { launch: false });
 * app.expose("open", () => {
 *   throw new RemoteError("the vault is locked", 423, { until: "09:00" });
 * });
 * await using client = await NeverLiieIPC.client();
 * const error = await assertRejects(() => client.call("vault", "open"), RemoteError);
 * assertEquals((error as RemoteError).code, 423);
 * assertEquals((error as RemoteError).data, { until: "09:00" });
 * ```
 */
export class RemoteError extends Error {
  /** The class, as `error.name` tells it. */
  override readonly name: string = "RemoteError";
  /** The code on the wire: the handler's own `error.code` where it was an integer, else -32603. */
  readonly code: number;
  /** The handler's own `error.data`, where it gave one. */
  readonly data: unknown;

  /** An error as a handler may throw it: `code` and `data` (JSON) reach the caller. */
  constructor(message: string, code: number, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The target answered, but has no such method. */
export class MethodNotFoundError extends RemoteError {
  /** The class, as `error.name` tells it. */
  override readonly name = "MethodNotFoundError";

  /** Code -32601. */
  constructor(message: string) {
    super(message, ErrorCode.MethodNotFound);
  }
}

/** A limit refused the request, here or at the peer; the message says which and what to do. */
export class LimitExceededError extends RemoteError {
  /** The class, as `error.name` tells it. */
  override readonly name = "LimitExceededError";

  /** Code as {@link ErrorCode} has it, with what the limit is. */
  constructor(message: string, data?: unknown) {
    super(message, ErrorCode.LimitExceeded, data);
  }

  /** The limit's name: a member of {@link Limits}, or what a peer of another make says. */
  get limit(): string | null {
    const { limit } = (this.data ?? {}) as { limit?: unknown };
    return typeof limit === "string" ? limit : null;
  }
}

/** The peer went away (or broke the protocol) before it answered. */
export class ConnectionLostError extends Error {
  /** The class, as `error.name` tells it. */
  override readonly name = "ConnectionLostError";
  /** Whether the peer cannot have seen the request: then it may be made again without harm. */
  readonly unsent: boolean;

  /** `unsent` tells that the peer cannot have seen the request. */
  constructor(message: string, unsent = false) {
    super(message);
    this.unsent = unsent;
  }
}

/** The target speaks another version of the protocol; the message says which side to update. */
export class ProtocolMismatchError extends Error {
  /** The class, as `error.name` tells it. */
  override readonly name = "ProtocolMismatchError";
  /** What this process speaks. */
  readonly own: number;
  /** What the target says that it speaks: a number, unless it is of another make. */
  readonly theirs: unknown;
  /** The target's process, where it told. */
  readonly pid: number | null;

  /** `own` and `theirs` are the versions. */
  constructor(message: string, own: number, theirs: unknown, pid: number | null) {
    super(message);
    this.own = own;
    this.theirs = theirs;
    this.pid = pid;
  }
}

/** The error object of a JSON-RPC response. */
export interface WireError {
  code: number;
  message: string;
  data?: unknown;
}

/** Errors inside an AggregateError that its message tells of, and longest text of a plain object. */
const TOLD_MAX = 5;
const OBJECT_TEXT_MAX = 300;

/**
 * What a thrown value looks like on the wire: message, an integer `code`, and `data`; no stack.
 * Never throws, whatever the value's own getters do.
 */
export function toWireError(thrown: unknown): WireError {
  const code = memberOf(thrown, "code");
  const data = memberOf(thrown, "data");
  // A DOMException has a code of its own that means nothing here (20 for AbortError).
  const own = Number.isSafeInteger(code) && !isA(thrown, DOMException);
  const wire: WireError = {
    code: own ? code as number : ErrorCode.InternalError,
    message: messageOf(thrown),
  };
  // (JSON leaves out a member that is none of its kinds.)
  if (!["undefined", "function", "symbol"].includes(typeof data)) wire.data = data;
  return wire;
}

/** What a thrown value says. Never throws, and is never empty. */
export function messageOf(thrown: unknown): string {
  const message = wordsOf(thrown) || "the handler threw a value without a text";
  if (!isA(thrown, AggregateError)) return message;
  const errors = memberOf(thrown, "errors");
  if (!Array.isArray(errors) || errors.length === 0) return message;
  // (Not their own errors in turn: one may hold itself.)
  const told = errors.slice(0, TOLD_MAX).map(wordsOf);
  if (errors.length > TOLD_MAX) told.push("…");
  return `${message}: ${told.join("; ")}`;
}

function wordsOf(value: unknown): string {
  try {
    if (typeof value === "function") return `a function, ${value.name}`;
    if (typeof value !== "object" || value === null) return String(value);
    const message = memberOf(value, "message");
    if (message) return typeof message === "string" ? message : wordsOf(message);
    if (isA(value, Error)) return String(memberOf(value, "name") ?? "");
    const text = JSON.stringify(value);
    return text.length <= OBJECT_TEXT_MAX ? text : `${text.slice(0, OBJECT_TEXT_MAX)}…`;
  } catch {
    return ""; // It holds itself, or its own functions throw.
  }
}

/** A member of whatever was thrown; `undefined` where there is none or its getter throws. */
function memberOf(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/** (A proxy that was revoked throws when it is asked.) */
function isA(value: unknown, kind: new (...args: never[]) => unknown): boolean {
  try {
    return value instanceof kind;
  } catch {
    return false;
  }
}

/** The error a caller sees for an error on the wire. */
export function fromWireError(wire: WireError): Error {
  switch (wire.code) {
    case ErrorCode.Leaving: {
      const { begun } = (wire.data ?? {}) as { begun?: unknown };
      return new ConnectionLostError(wire.message, begun === false);
    }
    case ErrorCode.MethodNotFound:
      return new MethodNotFoundError(wire.message);
    case ErrorCode.RequestCancelled:
      return new DOMException(wire.message, "AbortError");
    case ErrorCode.TimedOut:
      return new Deno.errors.TimedOut(wire.message);
    case ErrorCode.LimitExceeded:
      return new LimitExceededError(wire.message, wire.data);
    default:
      return new RemoteError(wire.message, wire.code, wire.data);
  }
}

/** The error of a response as it came, of whatever shape. */
export function readWireError(error: unknown): Error {
  const { code, message, data } = (error ?? {}) as Partial<Record<keyof WireError, unknown>>;
  return fromWireError({
    code: typeof code === "number" ? code : ErrorCode.InternalError,
    message: typeof message === "string" ? message : "the peer sent an error without a message",
    data,
  });
}
