/**
 * The room of sessions: what two processes say to each other on one transport, both sides alike.
 * `calling/` asks, `answering/` answers. It knows messages (`wire/`) and bytes in order (`os/`); it
 * must not know names of apps, the registry, or how a program is started.
 *
 * This file is one session: symmetric JSON-RPC, both sides call, both sides answer.
 *
 * @module
 */

import { type Dispatch, OpenRequests } from "./answering/open_requests.ts";
import type { Calls } from "./calling/calls.ts";
import { pack, takesBytes } from "../wire/bytes.ts";
import { BYTES_TYPE, FrameError } from "../wire/codec.ts";
import { ConnectionLostError, ErrorCode, readWireError, RemoteError } from "../wire/errors.ts";
import { Inbox } from "./inbox.ts";
import { DEFAULT_LIMITS, type Limits, READ_PAUSE, SMALL_MESSAGE } from "./limits.ts";
import { asRecord } from "../base/record.ts";
import {
  isRequestId,
  type NextPage,
  type Params,
  type RequestMembers,
  type ResponseMessage,
} from "../wire/message.ts";
import { Outbox } from "./outbox.ts";
import { Peer } from "./peer.ts";
import {
  NEXT_PAGE,
  PendingCalls,
  type Reply,
  REPLY_ITSELF,
  type Settlement,
  type WaitOptions,
} from "./calling/pending_calls.ts";
import type { ReadMessage } from "../wire/message_reader.ts";
import { RequestWriter } from "../wire/message_writer.ts";
import { Responder } from "./answering/responder.ts";
import { noLongerThan } from "../base/timer.ts";
import type { Transport } from "../os/transport.ts";

export type { Dispatch, Reply, WaitOptions };

/** How a {@link Connection} behaves. */
export interface ConnectionOptions {
  /** Answers what the peer asks. Requests are refused with "method not found" without one. */
  dispatch?: Dispatch;
  /** What the peer may ask; `DEFAULT_LIMITS` where not given. */
  limits?: Limits | undefined;
}

/** Milliseconds that the last answers have to leave before the transport is closed over them. */
const CLOSE_LIMIT = 2_000;

/** A live session. Every call made on it settles, at the latest when the session ends. */
export class Connection implements Calls {
  readonly #transport: Transport;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #pending: PendingCalls;
  readonly #requestWriter = new RequestWriter();
  readonly #responder: Responder;
  readonly #openRequests: OpenRequests;
  /** The process on the other side, for handlers that call it back. */
  readonly peer: Peer = new Peer(this);
  /** Set where the peer speaks another version: why only few methods are called (greeting.ts). */
  mismatch: Error | null = null;
  /** The peer's methods that may be asked again where their answer was lost (greeting.ts). */
  idempotent: ReadonlySet<string> | null = null;
  /** The requests that this side is answering. One may come twice. */
  readonly inFlight: OpenRequests["inFlight"] = () => this.#openRequests.inFlight();
  readonly #ended = Promise.withResolvers<Error | null>();
  #lost: Error | null = null;
  /** Whether the peer said that it takes frames with bytes behind their JSON. */
  #peerTakesBytes = false;
  /** What the peer complained of last, without naming a request. */
  #complaint: Error | null = null;
  /** Ends a pause in reading; `null` while there is none. */
  #resumeReading: (() => void) | null = null;

  constructor(transport: Transport, options: ConnectionOptions = {}) {
    this.#transport = transport;
    const { dispatch = (request) => request.throwNotFound(), limits = DEFAULT_LIMITS } = options;
    this.#pending = new PendingCalls((id) => {
      this.#outbox.keepBytes();
      this.notify("$/cancelRequest", { id });
    });
    this.#outbox = new Outbox(
      transport,
      limits.queued,
      () => this.#pending.markSent(),
      (error) => void this.#onWriteFailure(error),
    );
    this.#responder = new Responder(this.#outbox, (value) => pack(value, this.#peerTakesBytes));
    this.#openRequests = new OpenRequests(dispatch, this.#responder, limits, this.peer);
    this.#inbox = new Inbox(transport, limits, this.#outbox, this.#onMessage, this.#onLateFrame);
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
   * @throws {LimitExceededError} when a limit of the peer, or of the queue to it, refuses the call.
   */
  call(method: string, params?: Params, options: WaitOptions = {}): Promise<Reply> {
    return this.request(method, params, options, REPLY_ITSELF);
  }

  /** Calls as {@link call} does; `settlement` says what becomes of the answer. */
  request<T>(
    method: string,
    params: Params | undefined,
    options: WaitOptions,
    settlement: Settlement<T>,
  ): Promise<T> {
    if (this.#lost !== null) {
      const why = `Cannot call "${method}": ${this.#lost.message}`;
      const lost = new ConnectionLostError(why, true);
      return settlement.again?.(lost, NaN) ?? Promise.reject(lost);
    }
    this.#resumeReading?.();
    const { signal, trace, timeout, deadline } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    const call = this.#pending.open(method, options, settlement);
    try {
      const left = deadline === undefined ? timeout : deadline - performance.now();
      this.#request(call.id, method, params, trace, left);
      this.#pending.sent(call, signal, !this.#outbox.writing);
    } catch (error) {
      this.#pending.settle(call.id, null, error);
    }
    return call.promise;
  }

  /** Calls `$/ping`, with what this side says of itself. Both sides learn what the other takes. */
  async greet(about: object = {}, options: WaitOptions = {}): Promise<unknown> {
    const { result } = await this.call("$/ping", { ...about, accept: [BYTES_TYPE] }, options);
    this.#peerTakesBytes = takesBytes(result);
    return result;
  }

  /** Tells the peer something that wants no answer. */
  notify(method: string, params?: Params): void {
    if (this.#lost === null) this.#request(null, method, params);
  }

  /** Asks for the next page of a stream that the peer opened by a {@link Reply}. */
  next(token: number | string): Promise<NextPage> {
    return this.request("$/enumerator/next", { token }, {}, NEXT_PAGE);
  }

  /** Ends a stream that the peer opened. */
  abort(token: number | string): void {
    this.notify("$/enumerator/abort", { token });
  }

  /**
   * Ends the session: handlers of the peer's calls are aborted, their answers and all that was
   * sent so far still leave (within two seconds), own pending calls reject. Calling it again is
   * harmless.
   *
   * @param why told to the peer, whose calls and streams end by it; otherwise they are cancelled
   */
  async close(why?: string): Promise<void> {
    if (why === undefined) this.#openRequests.abort();
    else if (this.#lost === null) this.#openRequests.leave(why);
    if (this.#lost === null) await this.#outbox.drained(CLOSE_LIMIT);
    this.#end(null);
    await this.#transport.close();
  }

  #request(
    id: number | null,
    method: string,
    params?: Params,
    beside?: RequestMembers,
    timeout?: number,
  ): void {
    const bytes = this.#peerTakesBytes;
    const request = this.#requestWriter.write(id, method, params, bytes, beside, timeout);
    // Notifications cancel earlier requests, so they pass where the queue is full.
    this.#outbox.send(request, id === null ? SMALL_MESSAGE : 0);
  }

  async #receive(): Promise<void> {
    let why: Error | null = null;
    try {
      await this.#inbox.receive(() =>
        this.#outbox.queued > READ_PAUSE ? this.#pauseReading() : undefined
      );
    } catch (error) {
      why = error as Error;
      // One answer tells a peer that broke the protocol why it is dropped.
      const limit = error instanceof FrameError ? error.limit : null;
      if (limit !== null) this.#responder.refuseBy(limit, why.message);
      else this.#responder.refuse(null, ErrorCode.ParseError, why.message);
      await this.#outbox.drained(CLOSE_LIMIT);
    }
    if (why === null) {
      const said = this.#complaint === null ? "" : `: ${this.#complaint.message}`;
      why = new ConnectionLostError(`the peer closed the connection${said}`);
    }
    this.#end(why);
    await this.#transport.close();
  }

  /**
   * Stops reading from a peer that does not read its answers, until it has. Two sides that pause for
   * each other would never go on. So a peer that owes answers is read, and a call ends the pause.
   */
  async #pauseReading(): Promise<void> {
    if (this.#pending.size > 0) return;
    this.#inbox.pause();
    const called = new Promise<void>((resolve) => this.#resumeReading = resolve);
    await Promise.race([this.#outbox.drained(), called]);
    this.#resumeReading = null;
  }

  readonly #onLateFrame = async (why: string): Promise<void> => {
    this.#responder.refuseBy("frameTime", why);
    await this.#outbox.drained(CLOSE_LIMIT);
    this.#end(new FrameError(why));
    await this.#transport.close();
  };

  /** What the peer said before it went, perhaps why, may wait to be read. */
  async #onWriteFailure(error: Error): Promise<void> {
    const own = error instanceof TypeError || error instanceof RangeError;
    if (own) this.#end(new ConnectionLostError(error.message));
    await noLongerThan(CLOSE_LIMIT, this.#ended.promise);
    this.#end(new ConnectionLostError(`the peer is gone: ${error.message}`));
    await this.#transport.close();
  }

  readonly #onMessage = (read: ReadMessage): void => {
    switch (read.kind) {
      case "response":
        return this.#onResponse(read.message);
      case "request": {
        const { message } = read;
        // (A line has no place for bytes, whatever the peer says.)
        if (message.method === "$/ping" && !this.#inbox.inLines) {
          this.#peerTakesBytes ||= takesBytes(message.params);
        }
        return this.#openRequests.onRequest(message);
      }
      case "notification":
        return this.#openRequests.onNotification(read.message);
      case "unreadable": {
        const { id, isAnswer, code, limit, why } = read;
        // An answer that cannot be read is one all the same to the call that waits for it.
        if (isAnswer && id !== null) this.#pending.settle(id, null, new RemoteError(why, code));
        if (limit !== null) this.#responder.refuseBy(limit, why);
        else this.#responder.refuse(isAnswer ? null : id, code, why);
      }
    }
  };

  #onResponse(message: ResponseMessage): void {
    const { id, error, result = null, stream } = message;
    if (id === null) {
      this.#complaint = readWireError(error);
    } else if (error !== undefined && error !== null) {
      this.#pending.settle(id, null, readWireError(error));
    } else if (!this.#pending.settle(id, { result, stream: stream === true }, null)) {
      // Late: its call was given up. A stream it opened would wait for ever.
      const token = stream === true ? asRecord(result)?.["token"] : undefined;
      if (isRequestId(token)) this.abort(token);
    }
  }

  /** Settles everything, once. `why` is `null` when this side closed. */
  #end(why: Error | null): void {
    if (this.#lost !== null) return;
    this.#lost = why ?? new ConnectionLostError("the connection was closed");
    this.#inbox.end();
    this.#pending.end(this.#lost.message, this.#complaint);
    this.#openRequests.end();
    this.#ended.resolve(why);
  }
}
