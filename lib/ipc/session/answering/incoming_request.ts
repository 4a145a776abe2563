/**
 * One request of the peer while it is being answered.
 *
 * @module
 */

import {
  ErrorCode,
  messageOf,
  MethodNotFoundError,
  RemoteError,
  type WireError,
} from "../../wire/errors.ts";
import type { NotificationMessage, Params, RequestId, TraceContext } from "../../wire/message.ts";
import { printProblem } from "../../base/problem.ts";
import type { Peer } from "../peer.ts";
import type { RequestObserver } from "./request_observer.ts";
import type { PageSource } from "./stream_source.ts";

export type { RequestObserver } from "./request_observer.ts";
export { PAGE_SIZE, PageSource, type SourcePage } from "./stream_source.ts";

/** One for all: a stack costs more than all the rest of a cancel, and would show only this file. */
const NO_LONGER_WANTED = new DOMException("the caller no longer wants the answer", "AbortError");

const TIME_OVER = new DOMException("the caller's time is over", "TimeoutError");

/** What the peer asked, and the signal that tells when it no longer wants the answer. */
export class IncomingRequest {
  /** `null` for a notification. */
  readonly id: RequestId | null;
  readonly method: string;
  readonly params: Params | undefined;
  /** Who asked. */
  readonly caller: Peer;
  /** As it was sent: its further members may be of any type. */
  readonly #message: NotificationMessage & { timeout?: unknown };
  /** Told of the request's course; `null` while nobody watches. */
  observer: RequestObserver | null = null;
  /** What it opened, if that is a stream. */
  stream: PageSource | null = null;
  #controller: AbortController | null = null;
  /** When the signal was made: handlers that take long ask for it when they begin. */
  #signalAt: number | null = null;
  /** By whom it was ended, in words; `null` where that was its caller. */
  #cancelled: string | null = null;
  /** Why nobody wants the answer any more; `null` while somebody does. */
  #aborted: DOMException | null = null;
  /** On `performance.now()`'s clock; `null` until somebody asks. */
  #deadline: number | null = null;
  readonly #onAborted: (request: IncomingRequest) => void;
  #listeners: (() => void)[] | null = null;

  /**
   * @param message as it was sent
   * @param onAborted told once when the request is aborted: one function for all requests
   */
  constructor(
    id: RequestId | null,
    message: NotificationMessage,
    caller: Peer,
    onAborted: (request: IncomingRequest) => void,
  ) {
    this.id = id;
    this.method = message.method;
    this.params = message.params ?? undefined;
    this.#message = message;
    this.caller = caller;
    this.#onAborted = onAborted;
  }

  /** Fires when the caller cancels, leaves or times out. Made when first asked for: most never do. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      this.#signalAt = Date.now();
      this.#deadline ??= this.#latest();
      if (this.#aborted !== null) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  /**
   * When its caller's time is over, on `performance.now()`'s clock; Infinity where that told none. Of
   * a stream, the time until its first item. It counts from the first look, as a look at the clock for
   * each call would slow them all: whatever is not answered at once is looked at when it begins.
   */
  get deadline(): number {
    if (this.stream !== null && this.stream.made > 0) return Infinity;
    return this.#deadline ??= this.#latest();
  }

  #latest(): number {
    const { timeout } = this.#message;
    return typeof timeout === "number" && timeout >= 0 ? performance.now() + timeout : Infinity;
  }

  /** Which time its caller asks: 1 unless it told of more. */
  get attempt(): number {
    const { attempt } = this.#message;
    return Number.isSafeInteger(attempt) && attempt! > 0 ? attempt! : 1;
  }

  /** Where it belongs in a trace, as its caller told. */
  get trace(): TraceContext {
    const { traceparent, tracestate } = this.#message;
    const trace: TraceContext = {};
    if (typeof traceparent === "string") trace.traceparent = traceparent;
    if (typeof tracestate === "string") trace.tracestate = tracestate;
    return trace;
  }

  /** Runs `listener` once when the request is aborted, at once when it already is. */
  onAbort(listener: () => void): void {
    if (this.aborted) listener();
    else (this.#listeners ??= []).push(listener);
  }

  /** Whether nobody wants the answer any more. */
  get aborted(): boolean {
    return this.#aborted !== null;
  }

  /** The caller no longer wants the answer. */
  abort(): void {
    this.#abort(NO_LONGER_WANTED);
  }

  /** The caller's time is over, although it has not said so: it may be frozen. */
  expire(): void {
    this.#abort(TIME_OVER);
  }

  #abort(why: DOMException): void {
    if (this.aborted) return;
    this.#aborted = why;
    this.#controller?.abort(why);
    this.#onAborted(this);
    for (const listener of this.#listeners ?? []) listener();
    this.#listeners = null;
  }

  /**
   * About when it began, in milliseconds since the epoch. Known of streams, and of handlers that have
   * asked for their signal; else `null`, as a look at the clock for each call would slow them all.
   */
  get since(): number | null {
    return this.stream?.since ?? this.#signalAt;
  }

  /** What the caller of an aborted request is told. */
  get cancelled(): WireError {
    if (this.#aborted === TIME_OVER) {
      const message = `Cannot call "${this.method}": no answer in ${this.#message.timeout} ms`;
      return { code: ErrorCode.TimedOut, message };
    }
    const message = `"${this.method}" was cancelled${this.#cancelled ?? ""}`;
    return { code: ErrorCode.RequestCancelled, message };
  }

  /**
   * Ends the request although its caller did not ask for that. The caller gets an error, also in
   * place of a stream's next items: an early end must not look like the last item.
   */
  cancel(by: string): void {
    this.#cancelled = ` ${by}`;
    const { message, code } = this.cancelled;
    this.stream?.fail(new RemoteError(message, code));
    this.abort();
  }

  /** Prints what the handler of a notification threw: there is no answer to tell it. Never throws. */
  report(thrown: unknown): void {
    let shown: string;
    try {
      shown = Deno.inspect(thrown);
    } catch {
      // A value that cannot be shown, as its own functions throw.
      shown = messageOf(thrown);
    }
    printProblem(`${this.method}: ${shown}`);
  }

  /** @throws {MethodNotFoundError} always. */
  throwNotFound(): never {
    throw new MethodNotFoundError(`no method "${this.method}"`);
  }
}
