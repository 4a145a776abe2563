/**
 * The answering half of a session: the peer's requests from their arrival to their answer, and
 * notifications until their handlers end. Pages of open streams are asked for by requests, too.
 *
 * @module
 */

import { printProblem } from "../../base/problem.ts";
import { ErrorCode, toWireError } from "../../wire/errors.ts";
import type { Limits } from "../limits.ts";
import {
  argument,
  isRequestId,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
} from "../../wire/message.ts";
import { CallTable } from "../call_table.ts";
import { OpenStreams } from "./open_streams.ts";
import { sendPartialResults, takePartialResultToken } from "./partial_results.ts";
import type { Peer } from "../peer.ts";
import { DeadlineTimer } from "../../base/timer.ts";
import { endEarly, isThenable, iteratorOf } from "../../base/handler_result.ts";
import { IncomingRequest } from "./incoming_request.ts";
import type { Responder } from "./responder.ts";
import { page, success } from "../../wire/message_writer.ts";
import { PageSource, StreamSource } from "./stream_source.ts";

/**
 * Answers the peer's requests and notifications. May return a value, a promise of one, or a stream: an
 * iterable, or what has pages already.
 */
export type Dispatch = (request: IncomingRequest) => unknown;

/** The requests of one peer that are open: runs their handlers, and answers each once. */
export class OpenRequests {
  readonly #dispatch: Dispatch;
  readonly #responder: Responder;
  readonly #peer: Peer;
  readonly #requests = new CallTable<IncomingRequest>();
  /** By numbers of this side's: a notification has no id. */
  readonly #notifications = new CallTable<{ id: number; request: IncomingRequest }>();
  readonly #streams: OpenStreams;
  /** For callers that are frozen: the others cancel by themselves. */
  readonly #timer = new DeadlineTimer(() => this.#requests.all(), (late) => late.expire());
  readonly #limits: Limits;
  /** Handlers that have not ended, those of cancelled requests included. */
  #running = 0;
  #reportedDrop = false;
  #nextToken = 1;
  #nextNotification = 1;
  /** Why this side leaves, once it does. */
  #leaving: string | null = null;

  /**
   * @param responder sends what handlers come to
   * @param peer who asks
   */
  constructor(dispatch: Dispatch, responder: Responder, limits: Limits, peer: Peer) {
    this.#dispatch = dispatch;
    this.#responder = responder;
    this.#streams = new OpenStreams(responder, () => this.#leaving);
    this.#limits = limits;
    this.#peer = peer;
  }

  /** Takes a notification of the peer. */
  onNotification(message: NotificationMessage): void {
    const { method, params } = message;
    if (method === "$/cancelRequest") {
      const id = argument(params, "id");
      if (!isRequestId(id)) return;
      this.#requests.get(id)?.abort();
      this.#streams.cancelPage(id);
    } else if (method === "$/enumerator/abort") {
      this.#streams.abort(argument(params, "token"));
    } else if (!method.startsWith("$/")) { // (What the protocol may add is not for handlers.)
      if (this.#running >= this.#limits.calls) return this.#reportDrop(method);
      const request = new IncomingRequest(null, message, this.#peer, this.#onAborted);
      const number = this.#nextNotification++;
      this.#notifications.add({ id: number, request });
      const answered = this.#answer(request, null) ?? Promise.resolve();
      void answered.finally(() => this.#notifications.take(number));
    }
  }

  /** Takes a request of the peer. */
  onRequest(message: RequestMessage): void {
    const { id, method, params } = message;
    if (this.#leaving !== null) {
      this.#refuseLeaving(id);
    } else if (this.#isInUse(id)) {
      const why = `the id ${JSON.stringify(id)} is in use`;
      this.#responder.refuse(id, ErrorCode.InvalidRequest, why);
    } else if (method === "$/enumerator/next") {
      void this.#streams.answerPage(id, argument(params, "token"));
    } else if (method === "$/enumerator/abort") {
      this.#streams.abort(argument(params, "token"));
      this.#responder.respond(id, null);
    } else if (this.#running >= this.#limits.calls) {
      const { calls } = this.#limits;
      const why = `"${method}" is one call too many: ${calls} run for this peer; await some first`;
      this.#responder.refuseBy("calls", why, id);
    } else {
      const partialResults = takePartialResultToken(params);
      const request = new IncomingRequest(id, message, this.#peer, this.#onAborted);
      this.#requests.add(request);
      void this.#answer(request, partialResults);
    }
  }

  /** Answers that this side leaves, and has not begun what was asked. */
  #refuseLeaving(id: RequestId | null): void {
    const message = this.#leaving ?? "";
    this.#responder.fail(id, { code: ErrorCode.Leaving, message, data: { begun: false } });
  }

  /** What is being answered, open streams among it. One may come twice. */
  inFlight(): IncomingRequest[] {
    return [...this.#unanswered(), ...this.#streams.requests()];
  }

  /** Fires all handlers' signals; requests that wait are answered as cancelled. */
  abort(): void {
    for (const request of this.#unanswered()) request.abort();
    this.#streams.abortAll();
  }

  /** This side leaves: the peer's open requests and all later ones are answered with the reason. */
  leave(why: string): void {
    this.#leaving = why;
    this.abort();
    // For whoever waits for nothing just now: a stream's reader between two pages, say.
    this.#refuseLeaving(null);
  }

  /** The session has ended: nothing more can be sent. */
  end(): void {
    this.#responder.end();
    this.#timer.end();
    this.abort();
  }

  /** Runs a handler. A plain value is answered in the same turn, without a promise. */
  #answer(request: IncomingRequest, partialResults: RequestId | null): Promise<void> | undefined {
    const { id } = request;
    try {
      const result = this.#dispatch(request);
      const later = isThenable(result);
      const items = later ? null : itemsOf(result);
      if (later || items !== null) {
        return this.#answerLater(request, result, items, partialResults);
      }
      request.observer?.ended("answered");
      if (this.#take(id)) this.#responder.respond(id, result);
    } catch (thrown) {
      this.#answerError(request, thrown);
    }
  }

  /** Answers with what a promise comes to, or with a stream. */
  async #answerLater(
    request: IncomingRequest,
    result: unknown,
    items: Items | null,
    partialResults: RequestId | null,
  ): Promise<void> {
    const { id, deadline } = request;
    this.#running++;
    if (id !== null && deadline !== Infinity) this.#timer.set(deadline);
    try {
      const value = items === null ? await result : null;
      const stream = items ?? itemsOf(value);
      if (stream !== null) return await this.#openStream(request, stream, partialResults);
      request.observer?.ended("answered");
      if (this.#take(id)) this.#responder.respond(id, value);
    } catch (thrown) {
      this.#answerError(request, thrown);
    } finally {
      this.#running--;
    }
  }

  #answerError(request: IncomingRequest, thrown: unknown): void {
    const { id } = request;
    request.observer?.ended("failed", thrown);
    if (id === null) request.report(thrown);
    else if (this.#take(id)) this.#responder.fail(id, toWireError(thrown));
  }

  /** Answers an aborted request at once: what its handler still comes to is dropped. */
  readonly #onAborted = ({ id, cancelled }: IncomingRequest): void => {
    if (!this.#take(id)) return;
    if (this.#leaving !== null) this.#responder.refuse(id, ErrorCode.Leaving, this.#leaving);
    else this.#responder.fail(id, cancelled);
  };

  /**
   * Answers with the first page; a stream that is not over gets a token. For a peer that wants
   * partial results, sends all items as such instead; the answer then has none.
   */
  async #openStream(
    request: IncomingRequest,
    items: Items,
    partialResults: RequestId | null,
  ): Promise<void> {
    const { id, method } = request;
    if (this.#streams.size >= this.#limits.streams) {
      const why = `"${method}" is one stream too many: ${this.#streams.size} run; end some first`;
      request.observer?.ended("failed", new Error(why));
      if (this.#take(id)) this.#responder.refuseBy("streams", why, id);
      // The signal ends what the handler has begun, such as a thread.
      request.abort();
      return items instanceof PageSource ? items.abort() : await endEarly(items);
    }
    const { pack } = this.#responder;
    const source = request.stream = items instanceof PageSource
      ? items
      : new StreamSource(items, pack, request);
    const token = this.#nextToken++;
    let open = false;
    this.#streams.set(token, { source, request });
    request.onAbort(() => source.abort());
    try {
      if (partialResults !== null) {
        const wanted = () => id !== null && this.#requests.get(id) !== undefined;
        const { send, drained } = this.#responder;
        await sendPartialResults(source, partialResults, pack, send, drained, wanted);
        if (this.#take(id)) this.#responder.respond(id, []);
        return;
      }
      const { values, finished } = await source.page(pack);
      if (id === null || this.#requests.get(id) === undefined || this.#responder.ended) return;
      const { text, parts } = page(values);
      // What cannot be sent (one item over the limit) fails the request, which is still open then.
      const result = finished ? `{${text}}` : `{"token":${token},${text}}`;
      this.#responder.send(success(id, { text: result, parts }, ',"stream":true'));
      this.#requests.take(id);
      open = !finished;
    } finally {
      if (!open) {
        this.#streams.delete(token);
        source.abort();
      }
    }
  }

  #isInUse(id: RequestId): boolean {
    return this.#requests.get(id) !== undefined || this.#streams.isAsked(id);
  }

  /** Requests without an answer, and notifications whose handlers run. */
  #unanswered(): IncomingRequest[] {
    return [...this.#requests.all(), ...this.#notifications.all().map(({ request }) => request)];
  }

  /** Whether the request still waits for its one answer; it is taken to be answered now. */
  #take(id: RequestId | null): boolean {
    return id !== null && this.#requests.take(id) !== undefined;
  }

  /** A notification has no answer that could refuse it. */
  #reportDrop(method: string): void {
    if (!this.#reportedDrop) {
      const { calls } = this.#limits;
      printProblem(`${method}: dropped, because ${calls} calls of its sender run already`);
    }
    this.#reportedDrop = true;
  }
}

type Items = PageSource | AsyncIterator<unknown> | Iterator<unknown>;

/** What a handler's result streams, where it is a stream. */
function itemsOf(result: unknown): Items | null {
  return result instanceof PageSource ? result : iteratorOf(result);
}
