/**
 * One request of the peer while it is being answered.
 *
 * @module
 */

import { MethodNotFoundError } from "./errors.ts";
import type { Params, RequestId, TraceContext } from "./message.ts";
import type { Peer } from "./peer.ts";

/** One for all: a stack costs more than all the rest of a cancel, and would show only this file. */
const NO_LONGER_WANTED = new DOMException("the caller no longer wants the answer", "AbortError");

/** What the peer asked, and the signal that tells when it no longer wants the answer. */
export class IncomingRequest {
  /** `null` for a notification. */
  readonly id: RequestId | null;
  readonly method: string;
  readonly params: Params | undefined;
  /** Who asked. */
  readonly caller: Peer;
  /** As it was sent: its members may be of any type. */
  readonly trace: TraceContext;
  #controller: AbortController | null = null;
  #aborted = false;
  #listeners: (() => void)[] | null = null;

  constructor(
    id: RequestId | null,
    method: string,
    params: Params | undefined,
    caller: Peer,
    trace: TraceContext = {},
  ) {
    this.id = id;
    this.method = method;
    this.params = params;
    this.caller = caller;
    this.trace = trace;
  }

  /** Fires when the caller cancels, leaves or times out. Made when first asked for: most never do. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(NO_LONGER_WANTED);
    }
    return this.#controller.signal;
  }

  /** Runs `listener` once when the request is aborted, at once when it already is. */
  onAbort(listener: () => void): void {
    if (this.#aborted) listener();
    else (this.#listeners ??= []).push(listener);
  }

  /** The caller no longer wants the answer. */
  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#controller?.abort(NO_LONGER_WANTED);
    for (const listener of this.#listeners ?? []) listener();
    this.#listeners = null;
  }

  /** @throws {MethodNotFoundError} always. */
  refuse(): never {
    throw new MethodNotFoundError(`no method "${this.method}"`);
  }
}

/** The iterator of a handler's result where that is a stream: a generator or an async iterable. */
export function iteratorOf(result: unknown): AsyncIterator<unknown> | Iterator<unknown> | null {
  if (typeof result !== "object" || result === null) return null;
  const candidate = result as Partial<AsyncIterable<unknown> & IterableIterator<unknown>>;
  if (typeof candidate[Symbol.asyncIterator] === "function") {
    return candidate[Symbol.asyncIterator]!();
  }
  // An array or a Map is a value; a generator, which is its own iterator, is a stream.
  if (typeof candidate.next === "function" && typeof candidate[Symbol.iterator] === "function") {
    return candidate[Symbol.iterator]!();
  }
  return null;
}
