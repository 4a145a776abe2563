/**
 * One symmetric JSON-RPC session on one transport: both sides call, both sides answer. Knows no
 * app names and starts nothing.
 *
 * @module
 */

import { FrameDecoder, FrameEncoder, type FrameLimits } from "./codec.ts";
import {
  ConnectionLostError,
  ErrorCode,
  fromWireError,
  RemoteError,
  toWireError,
} from "./errors.ts";
import {
  asRecord,
  classify,
  isRequestId,
  type NextPage,
  type Params,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from "./message.ts";
import { IncomingRequest, iteratorOf } from "./request.ts";
import { StreamSource } from "./stream.ts";
import type { Transport } from "./transport.ts";

/** Answers the peer's requests and notifications. May return a value, a promise or an iterable. */
export type Dispatch = (request: IncomingRequest) => unknown;

/** How a {@link Connection} behaves. */
export interface ConnectionOptions {
  /** Answers what the peer asks. Requests are refused with "method not found" without one. */
  dispatch?: Dispatch;
  /** Largest header and body, in bytes. */
  frameLimits?: FrameLimits;
}

/** How long and under whose control a call waits. */
export interface WaitOptions {
  /** Milliseconds until the call is given up and cancelled on the other side; no limit unless given. */
  timeout?: number | undefined;
  /** Cancels the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A successful answer. */
export interface Reply {
  result: unknown;
  /** Whether `result` opens a stream (`{ token?, values }`). */
  stream: boolean;
}

interface PendingCall {
  method: string;
  /** On `performance.now()`'s clock; Infinity without a time-out. */
  deadline: number;
  timeout: number;
  settle(reply: Reply | null, error: unknown): void;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** A live session. Every call made on it settles, at the latest when the session ends. */
export class Connection {
  readonly #transport: Transport;
  readonly #dispatch: Dispatch;
  readonly #decoder: FrameDecoder;
  readonly #encoder = new FrameEncoder();
  readonly #pending = new Map<RequestId, PendingCall>();
  readonly #incoming = new Map<RequestId, IncomingRequest>();
  readonly #streams = new Map<RequestId, { source: StreamSource; request: IncomingRequest }>();
  readonly #ended = Promise.withResolvers<Error | null>();
  #nextId = 1;
  #nextToken = 1;
  #flushing: Promise<void> | null = null;
  #lost: Error | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;

  constructor(transport: Transport, options: ConnectionOptions = {}) {
    this.#transport = transport;
    this.#dispatch = options.dispatch ?? ((request) => request.refuse());
    this.#decoder = new FrameDecoder(options.frameLimits);
    void this.#receive();
  }

  /** Resolves when the session has ended: to why, or to `null` when this side closed it. */
  get ended(): Promise<Error | null> {
    return this.#ended.promise;
  }

  /** Whether calls can still be made. */
  get open(): boolean {
    return this.#lost === null;
  }

  /** Calls made here that wait for their answer, streams' pages included. */
  get pendingCalls(): number {
    return this.#pending.size;
  }

  /**
   * Calls a method of the peer.
   *
   * @throws {RemoteError} what the peer's handler threw; {@link MethodNotFoundError} among them.
   * @throws {Deno.errors.TimedOut} after `timeout` milliseconds; the peer is told to cancel.
   * @throws {ConnectionLostError} when the session ends first.
   */
  call(method: string, params?: Params, options: WaitOptions = {}): Promise<Reply> {
    const { signal, timeout = Infinity } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#lost !== null) return Promise.reject(this.#lostError());
    const id = this.#nextId++;
    return new Promise<Reply>((resolve, reject) => {
      const onAbort = () => this.#giveUp(id, signal!.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#pending.set(id, {
        method,
        timeout,
        deadline: performance.now() + timeout,
        settle(reply, error) {
          signal?.removeEventListener("abort", onAbort);
          if (reply !== null) resolve(reply);
          else reject(error);
        },
      });
      this.#armTimer(performance.now() + timeout);
      try {
        this.#send({ jsonrpc: "2.0", id, method, params });
      } catch (error) {
        this.#settle(id, null, error);
      }
    });
  }

  /** Tells the peer something that wants no answer. */
  notify(method: string, params?: Params): void {
    if (this.#lost === null) this.#send({ jsonrpc: "2.0", method, params });
  }

  /** Asks for the next page of a stream that the peer opened by a {@link Reply}. */
  async next(token: number | string): Promise<NextPage> {
    const { result } = await this.call("$/enumerator/next", { token });
    const page = asRecord(result);
    if (page === null || !Array.isArray(page["values"])) {
      throw new RemoteError("the peer sent a page without values", ErrorCode.InternalError);
    }
    return { values: page["values"], finished: page["finished"] === true };
  }

  /** Ends a stream that the peer opened. */
  abort(token: number | string): void {
    this.notify("$/enumerator/abort", { token });
  }

  /**
   * Ends the session: handlers of the peer's calls are aborted, their answers and all that was
   * written so far still leave, own pending calls reject. Calling it again is harmless.
   */
  async close(): Promise<void> {
    for (const request of this.#incoming.values()) request.abort();
    for (const { request } of this.#streams.values()) request.abort();
    if (this.#lost === null) await this.#flushing;
    this.#end(null);
    await this.#transport.close();
  }

  async #receive(): Promise<void> {
    let why: Error | null = null;
    try {
      for (;;) {
        const bytes = await this.#transport.read();
        if (bytes === null) break;
        this.#decoder.push(bytes, this.#onBody);
        if (this.#lost !== null) break;
      }
    } catch (error) {
      why = error as Error;
      // One answer tells a peer that broke the protocol why it is dropped.
      this.#refuse(null, ErrorCode.ParseError, why.message);
      await this.#flushing;
    }
    this.#end(why ?? new ConnectionLostError("the peer closed the connection"));
    await this.#transport.close();
  }

  readonly #onBody = (body: Uint8Array): void => {
    let value: unknown;
    try {
      value = JSON.parse(decoder.decode(body));
    } catch (error) {
      this.#refuse(null, ErrorCode.ParseError, `not JSON in UTF-8: ${(error as Error).message}`);
      return;
    }
    if (Array.isArray(value)) {
      this.#refuse(null, ErrorCode.InvalidRequest, "batches are not supported: send one by one");
      return;
    }
    const { kind, ...rest } = classify(value);
    if (kind === "response") this.#onResponse((rest as { message: ResponseMessage }).message);
    else if (kind === "request") this.#onRequest((rest as { message: RequestMessage }).message);
    else if (kind === "notification") {
      this.#onNotification((rest as { message: RequestMessage }).message);
    } else {
      const { id, why } = rest as { id: RequestId | null; why: string };
      this.#refuse(id, ErrorCode.InvalidRequest, why);
    }
  };

  #onResponse(message: ResponseMessage): void {
    if (message.id === null || !this.#pending.has(message.id)) {
      // Late: its call was given up. A stream it opened would wait for ever.
      const token = message.stream === true ? asRecord(message.result)?.["token"] : undefined;
      if (isRequestId(token)) this.abort(token);
      return;
    }
    if (message.error !== undefined && message.error !== null) {
      const { code, message: text, data } = asRecord(message.error) ?? {};
      this.#settle(
        message.id,
        null,
        fromWireError({
          code: typeof code === "number" ? code : ErrorCode.InternalError,
          message: typeof text === "string" ? text : "the peer sent an error without a message",
          data,
        }),
      );
    } else {
      const { result = null, stream } = message;
      this.#settle(message.id, { result, stream: stream === true }, null);
    }
  }

  #onNotification({ method, params }: RequestMessage): void {
    if (method === "$/cancelRequest") {
      const id = argument(params, "id");
      if (isRequestId(id)) this.#incoming.get(id)?.abort();
    } else if (method === "$/enumerator/abort") {
      this.#abortStream(argument(params, "token"));
    } else {
      // No answer is due; a failing handler has nobody to tell but its own log.
      void this.#answer(new IncomingRequest(null, method, params ?? undefined));
    }
  }

  #onRequest({ id, method, params }: RequestMessage): void {
    if (this.#incoming.has(id)) {
      this.#refuse(id, ErrorCode.InvalidRequest, `the id ${JSON.stringify(id)} is in use`);
    } else if (method === "$/enumerator/next") {
      void this.#onNext(id, argument(params, "token"));
    } else if (method === "$/enumerator/abort") {
      this.#abortStream(argument(params, "token"));
      this.#respond({ jsonrpc: "2.0", id, result: null });
    } else {
      const request = new IncomingRequest(id, method, params ?? undefined);
      this.#incoming.set(id, request);
      void this.#answer(request);
    }
  }

  async #answer(request: IncomingRequest): Promise<void> {
    const { id } = request;
    request.onAbort(() => {
      if (id !== null && this.#incoming.delete(id)) {
        this.#refuse(id, ErrorCode.RequestCancelled, `"${request.method}" was cancelled`);
      }
    });
    try {
      // Awaiting only what is a promise answers a synchronous handler in the same turn.
      let result = this.#dispatch(request);
      if (isThenable(result)) result = await result;
      const iterator = iteratorOf(result);
      if (iterator !== null) {
        await this.#openStream(request, new StreamSource(iterator));
      } else if (id !== null && this.#incoming.delete(id)) {
        this.#respond({ jsonrpc: "2.0", id, result: result ?? null });
      }
    } catch (thrown) {
      if (id === null) console.error(`${request.method}:`, thrown);
      else if (this.#incoming.delete(id)) {
        this.#respond({ jsonrpc: "2.0", id, error: toWireError(thrown) });
      }
    }
  }

  /** Answers with the first page; a stream that is not over gets a token. */
  async #openStream(request: IncomingRequest, source: StreamSource): Promise<void> {
    const { id } = request;
    request.onAbort(() => source.abort());
    const { values, finished } = await source.page();
    if (id === null || !this.#incoming.delete(id)) return source.abort();
    if (finished) {
      this.#respond({ jsonrpc: "2.0", id, result: { values }, stream: true });
      return;
    }
    const token = this.#nextToken++;
    this.#streams.set(token, { source, request });
    this.#respond({ jsonrpc: "2.0", id, result: { token, values }, stream: true });
  }

  async #onNext(id: RequestId, token: unknown): Promise<void> {
    const stream = isRequestId(token) ? this.#streams.get(token) : undefined;
    if (stream === undefined) {
      this.#refuse(id, ErrorCode.UnknownStream, `no open stream ${JSON.stringify(token)}`);
      return;
    }
    if (stream.source.busy) {
      this.#refuse(id, ErrorCode.InvalidRequest, "one $/enumerator/next at a time");
      return;
    }
    let response: ResponseMessage;
    try {
      const page = await stream.source.page();
      if (page.finished) this.#streams.delete(token as RequestId);
      response = { jsonrpc: "2.0", id, result: page };
    } catch (thrown) {
      this.#streams.delete(token as RequestId);
      response = { jsonrpc: "2.0", id, error: toWireError(thrown) };
    }
    this.#respond(response);
  }

  #abortStream(token: unknown): void {
    if (!isRequestId(token)) return;
    const stream = this.#streams.get(token);
    this.#streams.delete(token);
    stream?.request.abort();
  }

  #giveUp(id: RequestId, reason: unknown): void {
    if (!this.#pending.has(id)) return;
    this.notify("$/cancelRequest", { id });
    this.#settle(id, null, reason);
  }

  #settle(id: RequestId, reply: Reply | null, error: unknown): void {
    const call = this.#pending.get(id);
    if (call === undefined) return;
    this.#pending.delete(id);
    call.settle(reply, error);
  }

  /** One timer serves all calls: it is set for the earliest deadline and looks again when it fires. */
  #armTimer(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    this.#timer = setTimeout(this.#onTimer, Math.max(0, deadline - performance.now()));
  }

  readonly #onTimer = (): void => {
    this.#timerAt = Infinity;
    let earliest = Infinity;
    const now = performance.now();
    for (const [id, call] of this.#pending) {
      if (call.deadline <= now) {
        this.#giveUp(
          id,
          new Deno.errors.TimedOut(`Cannot call "${call.method}": no answer in ${call.timeout} ms`),
        );
      } else if (call.deadline < earliest) earliest = call.deadline;
    }
    this.#armTimer(earliest);
  };

  #refuse(id: RequestId | null, code: number, message: string): void {
    this.#respond({ jsonrpc: "2.0", id, error: { code, message } });
  }

  #respond(response: ResponseMessage): void {
    if (this.#lost !== null) return;
    try {
      this.#send(response);
    } catch (error) {
      // The handler's result is no JSON (a cycle, a BigInt): its caller gets told.
      const message = `the answer cannot be sent as JSON: ${(error as Error).message}`;
      this.#refuse(response.id, ErrorCode.InternalError, message);
    }
  }

  #send(message: object): void {
    this.#encoder.append(JSON.stringify(message));
    // All that is sent in this turn leaves in one write.
    this.#flushing ??= Promise.resolve().then(this.#flush);
  }

  readonly #flush = async (): Promise<void> => {
    try {
      for (;;) {
        const bytes = this.#encoder.take();
        if (bytes === null) break;
        await this.#transport.write(bytes);
      }
    } catch (error) {
      this.#end(new ConnectionLostError(`the peer is gone: ${(error as Error).message}`));
      await this.#transport.close();
    } finally {
      this.#flushing = null;
    }
  };

  #lostError(): Error {
    return new ConnectionLostError(this.#lost?.message ?? "the connection is closed");
  }

  /** Settles everything, once. `why` is `null` when this side closed. */
  #end(why: Error | null): void {
    if (this.#lost !== null) return;
    this.#lost = why ?? new ConnectionLostError("the connection was closed");
    clearTimeout(this.#timer);
    for (const call of this.#pending.values()) {
      call.settle(
        null,
        new ConnectionLostError(`Cannot finish "${call.method}": ${this.#lost.message}`),
      );
    }
    this.#pending.clear();
    const streams = [...this.#streams.values()];
    const incoming = [...this.#incoming.values()];
    this.#streams.clear();
    this.#incoming.clear();
    for (const request of incoming) request.abort();
    for (const { request } of streams) request.abort();
    this.#ended.resolve(why);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function";
}

/** The one argument of a protocol method: by name, or first by position. */
function argument(params: Params | undefined | null, name: string): unknown {
  return Array.isArray(params) ? params[0] : asRecord(params)?.[name];
}
