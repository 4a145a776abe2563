/**
 * The answering half of a session: the peer's requests while they are being answered, and the
 * streams that are open to it.
 *
 * @module
 */

import type { Packed } from "./bytes.ts";
import { ErrorCode, LimitExceededError, toWireError } from "./errors.ts";
import { type Limits, refusal } from "./limits.ts";
import {
  argument,
  isRequestId,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
} from "./message.ts";
import { OpenStreams } from "./open_streams.ts";
import { sendPartialResults, takePartialResultToken } from "./partial_results.ts";
import type { Peer } from "./peer.ts";
import { IncomingRequest, isThenable, iteratorOf } from "./request.ts";
import { failure, page, success } from "./response.ts";
import { endEarly, StreamSource } from "./stream_source.ts";

/** Answers the peer's requests and notifications. May return a value, a promise or an iterable. */
export type Dispatch = (request: IncomingRequest) => unknown;

/** Runs handlers and sends what they come to. */
export class Answers {
  readonly #dispatch: Dispatch;
  readonly #send: (text: string, parts: Packed["parts"]) => void;
  readonly #pack: (value: unknown) => Packed;
  readonly #peer: Peer;
  readonly #drained: () => Promise<void>;
  readonly #requests = new Map<RequestId, IncomingRequest>();
  readonly #notifications = new Set<IncomingRequest>();
  readonly #streams = new OpenStreams();
  /** Which stream a waiting `$/enumerator/next` is for. */
  readonly #waitingPages = new Map<RequestId, RequestId>();
  readonly #limits: Limits;
  /** Handlers that have not ended, those of cancelled requests included. */
  #running = 0;
  #reportedDrop = false;
  #nextToken = 1;
  /** Why this side leaves, once it does. */
  #leaving: string | null = null;
  #ended = false;

  /**
   * @param send sends a message, given as JSON text, and the bytes behind it
   * @param pack makes a result or an item ready to be sent to this peer
   * @param peer who asks
   * @param drained resolves when all that was sent has left
   */
  constructor(
    dispatch: Dispatch,
    send: (text: string, parts: Packed["parts"]) => void,
    pack: (value: unknown) => Packed,
    limits: Limits,
    peer: Peer,
    drained: () => Promise<void>,
  ) {
    this.#dispatch = dispatch;
    this.#send = send;
    this.#pack = pack;
    this.#limits = limits;
    this.#peer = peer;
    this.#drained = drained;
  }

  /** Takes a notification of the peer. */
  onNotification(message: NotificationMessage): void {
    const { method, params } = message;
    if (method === "$/cancelRequest") {
      const id = argument(params, "id");
      if (!isRequestId(id)) return;
      this.#requests.get(id)?.abort();
      this.#abortStream(this.#waitingPages.get(id));
    } else if (method === "$/enumerator/abort") {
      this.#abortStream(argument(params, "token"));
    } else if (!method.startsWith("$/")) {
      // (What the protocol may add one day is not for handlers.)
      if (this.#running >= this.#limits.calls) return this.#reportDrop(method);
      const request = new IncomingRequest(null, method, params ?? undefined, this.#peer, message);
      this.#notifications.add(request);
      void this.#answer(request).finally(() => this.#notifications.delete(request));
    }
  }

  /** Takes a request of the peer. */
  onRequest(message: RequestMessage): void {
    const { id, method, params } = message;
    if (this.#leaving !== null) {
      this.#refuseLeaving(id);
    } else if (this.#requests.has(id) || this.#waitingPages.has(id)) {
      this.refuse(id, ErrorCode.InvalidRequest, `the id ${JSON.stringify(id)} is in use`);
    } else if (method === "$/enumerator/next") {
      void this.#nextPage(id, argument(params, "token"));
    } else if (method === "$/enumerator/abort") {
      this.#abortStream(argument(params, "token"));
      this.#respond(id, null);
    } else if (this.#running >= this.#limits.calls) {
      const { calls } = this.#limits;
      const why = `"${method}" is one call too many: ${calls} run for this peer; await some first`;
      this.refuseBy("calls", why, id);
    } else {
      const partialResults = takePartialResultToken(params);
      const request = new IncomingRequest(id, method, params ?? undefined, this.#peer, message);
      this.#requests.set(id, request);
      void this.#answer(request, partialResults);
    }
  }

  /** Answers with an error. */
  refuse(id: RequestId | null, code: number, message: string): void {
    this.#fail(id, { code, message });
  }

  /** Answers that this side leaves, and has not begun what was asked. */
  #refuseLeaving(id: RequestId | null): void {
    const message = this.#leaving ?? "";
    this.#fail(id, { code: ErrorCode.Leaving, message, data: { begun: false } });
  }

  /** Answers that a limit refuses what the peer asked or sent. */
  refuseBy(limit: keyof Limits, message: string, id: RequestId | null = null): void {
    this.#fail(id, refusal(limit, message));
  }

  /** What is being answered, open streams among it. One may come twice. */
  inFlight(): IncomingRequest[] {
    return [...this.#requests.values(), ...this.#notifications, ...this.#streams.requests()];
  }

  /** Fires all handlers' signals; requests that wait are answered as cancelled. */
  abort(): void {
    for (const request of [...this.#requests.values(), ...this.#notifications]) request.abort();
    for (const token of this.#streams.tokens()) this.#abortStream(token);
  }

  /** This side leaves. What the peer waits for is answered by why, and so is what it asks from now. */
  leave(why: string): void {
    this.#leaving = why;
    this.abort();
    // For whoever waits for nothing just now: a stream's reader between two pages, say.
    this.#refuseLeaving(null);
  }

  /** The session has ended: nothing more can be sent. */
  end(): void {
    this.#ended = true;
    this.abort();
  }

  async #answer(
    request: IncomingRequest,
    partialResults: RequestId | null = null,
  ): Promise<void> {
    const { id, method } = request;
    request.onAbort(() => {
      if (!this.#take(id)) return;
      if (this.#leaving !== null) this.refuse(id, ErrorCode.Leaving, this.#leaving);
      else this.refuse(id, ErrorCode.RequestCancelled, request.cancelled);
    });
    this.#running++;
    try {
      // Awaiting only what is a promise answers a synchronous handler in the same turn.
      let result = this.#dispatch(request);
      if (isThenable(result)) result = await result;
      const iterator = iteratorOf(result);
      if (iterator !== null) return await this.#openStream(request, iterator, partialResults);
      request.observer?.ended("answered");
      if (this.#take(id)) this.#respond(id, result);
    } catch (thrown) {
      request.observer?.ended("failed", thrown);
      if (id === null) console.error(`${method}:`, thrown);
      else if (this.#take(id)) this.#fail(id, toWireError(thrown));
    } finally {
      this.#running--;
    }
  }

  /**
   * Answers with the first page; a stream that is not over gets a token. For a peer that wants
   * partial results, sends all items as such instead; the answer then has none.
   */
  async #openStream(
    request: IncomingRequest,
    iterator: AsyncIterator<unknown> | Iterator<unknown>,
    partialResults: RequestId | null,
  ): Promise<void> {
    const { id, method } = request;
    if (this.#streams.size >= this.#limits.streams) {
      const why = `"${method}" is one stream too many: ${this.#streams.size} run; end some first`;
      request.observer?.ended("failed", new Error(why));
      if (this.#take(id)) this.refuseBy("streams", why, id);
      // What it has begun, such as a thread, ends by the signal.
      request.abort();
      return await endEarly(iterator);
    }
    const source = request.stream = new StreamSource(iterator, this.#pack, request);
    const token = this.#nextToken++;
    let open = false;
    this.#streams.set(token, { source, request });
    request.onAbort(() => source.abort());
    try {
      if (partialResults !== null) {
        const wanted = () => id !== null && this.#requests.has(id);
        await sendPartialResults(source, partialResults, this.#send, this.#drained, wanted);
        if (this.#take(id)) this.#respond(id, []);
        return;
      }
      const { values, finished } = await source.page();
      if (id === null || !this.#requests.has(id) || this.#ended) return;
      const { text, parts } = page(values);
      // What cannot be sent (one item over the limit) fails the request, which is still open then.
      const result = finished ? `{${text}}` : `{"token":${token},${text}}`;
      this.#send(success(id, { text: result, parts }, ',"stream":true'), parts);
      this.#requests.delete(id);
      open = !finished;
    } finally {
      if (!open) {
        this.#streams.delete(token);
        source.abort();
      }
    }
  }

  async #nextPage(id: RequestId, token: unknown): Promise<void> {
    const stream = isRequestId(token) ? this.#streams.get(token) : undefined;
    if (stream === undefined) {
      return this.refuse(id, ErrorCode.UnknownStream, `no open stream ${JSON.stringify(token)}`);
    }
    if (stream.source.busy) {
      return this.refuse(id, ErrorCode.InvalidRequest, "one $/enumerator/next at a time");
    }
    this.#waitingPages.set(id, token as RequestId);
    try {
      const { values, finished } = await stream.source.page();
      if (finished) this.#streams.delete(token as RequestId);
      if (this.#leaving !== null && stream.source.aborted) {
        // Not "finished": its reader must not take what came so far for all there is.
        this.refuse(id, ErrorCode.Leaving, this.#leaving);
      } else if (!this.#ended) {
        const { text, parts } = page(values);
        this.#send(success(id, { text: `{${text},"finished":${finished}}`, parts }), parts);
      }
    } catch (thrown) {
      this.#abortStream(token);
      this.#fail(id, toWireError(thrown));
    } finally {
      this.#waitingPages.delete(id);
    }
  }

  #abortStream(token: unknown): void {
    if (!isRequestId(token)) return;
    const stream = this.#streams.get(token);
    this.#streams.delete(token);
    stream?.request.abort();
  }

  /** Whether the request still waits for its one answer; it is taken to be answered now. */
  #take(id: RequestId | null): boolean {
    return id !== null && this.#requests.delete(id);
  }

  /** Sends a result. One that cannot be sent (a cycle, a BigInt, too large) is told as an error. */
  #respond(id: RequestId | null, result: unknown): void {
    if (this.#ended) return;
    try {
      const packed = this.#pack(result);
      this.#send(success(id, packed), packed.parts);
    } catch (error) {
      if (error instanceof LimitExceededError) return this.#fail(id, toWireError(error));
      const why = `the answer cannot be sent as JSON: ${(error as Error).message}`;
      this.refuse(id, ErrorCode.InternalError, why);
    }
  }

  /** A notification has no answer that could refuse it. */
  #reportDrop(method: string): void {
    if (!this.#reportedDrop) {
      const { calls } = this.#limits;
      console.error(`${method}: dropped, because ${calls} calls of its sender run already`);
    }
    this.#reportedDrop = true;
  }

  #fail(id: RequestId | null, error: ReturnType<typeof toWireError>): void {
    if (this.#ended) return;
    try {
      this.#send(failure(id, error), []);
    } catch {
      // The data is at fault, or a text that the peer chose; what is left is JSON, and short.
      this.#send(failure(id, { code: error.code, message: error.message.slice(0, 300) }), []);
    }
  }
}
