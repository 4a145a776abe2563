/**
 * The streams of one peer: those that are open to it, with their further pages, and those that it has
 * left and whose handlers have not ended yet.
 *
 * @module
 */

import { CallTable } from "../call_table.ts";
import { ErrorCode, toWireError } from "../../wire/errors.ts";
import { isRequestId, type RequestId } from "../../wire/message.ts";
import { page, success } from "../../wire/message_writer.ts";
import type { IncomingRequest } from "./incoming_request.ts";
import type { Responder } from "./responder.ts";
import type { PageSource } from "./stream_source.ts";

/** A stream that is open to the peer, by its token. */
export interface OpenStream {
  source: PageSource;
  request: IncomingRequest;
}

/** The open streams by the tokens that the peer names them by, and a count of the ending ones. */
export class OpenStreams {
  readonly #responder: Responder;
  readonly #leaving: () => string | null;
  readonly #open = new Map<RequestId, OpenStream>();
  /** By the id of each waiting `$/enumerator/next`: the token of its stream. */
  readonly #waitingPages = new CallTable<{ id: RequestId; token: RequestId }>();
  #ending = 0;

  /**
   * @param responder sends the pages
   * @param leaving why this side leaves, once it does
   */
  constructor(responder: Responder, leaving: () => string | null) {
    this.#responder = responder;
    this.#leaving = leaving;
  }

  /**
   * How many streams count: the open ones or the ending ones, whichever are more. A peer that opens
   * and leaves streams can therefore not start any number of handlers. Yet a peer that leaves one has
   * room for a new one at once.
   */
  get size(): number {
    return Math.max(this.#open.size, this.#ending);
  }

  /** What the open ones answer. */
  requests(): IncomingRequest[] {
    return [...this.#open.values()].map(({ request }) => request);
  }

  set(token: RequestId, stream: OpenStream): void {
    this.#open.set(token, stream);
  }

  /** The peer reaches the stream no more; it counts until its handler has ended. */
  delete(token: RequestId): void {
    const source = this.#open.get(token)?.source;
    if (source === undefined) return;
    this.#open.delete(token);
    if (source.ended) return;
    this.#ending++;
    source.onEnd = () => this.#ending--;
  }

  /** Whether a `$/enumerator/next` of that id waits for its answer. */
  isAsked(id: RequestId): boolean {
    return this.#waitingPages.get(id) !== undefined;
  }

  /** Answers a `$/enumerator/next`: with the items that there are, once there are any. */
  async answerPage(id: RequestId, token: unknown): Promise<void> {
    const stream = isRequestId(token) ? this.#open.get(token) : undefined;
    if (stream === undefined) {
      const why = `no open stream ${JSON.stringify(token)}`;
      return this.#responder.refuse(id, ErrorCode.UnknownStream, why);
    }
    if (stream.source.busy) {
      const why = "one $/enumerator/next at a time";
      return this.#responder.refuse(id, ErrorCode.InvalidRequest, why);
    }
    this.#waitingPages.add({ id, token: token as RequestId });
    try {
      // (Nothing more is waited for: what is made in one turn leaves with its answer.)
      const later = stream.source.ready();
      if (later !== undefined) await later;
      const { values, finished } = stream.source.take(this.#responder.pack);
      if (finished) this.delete(token as RequestId);
      const leaving = this.#leaving();
      if (leaving !== null && stream.source.aborted) {
        // Not "finished": its reader must not take what came so far for all there is.
        this.#responder.refuse(id, ErrorCode.Leaving, leaving);
      } else if (!this.#responder.ended) {
        const { text, parts } = page(values);
        this.#responder.send(success(id, { text: `{${text},"finished":${finished}}`, parts }));
      }
    } catch (thrown) {
      this.abort(token);
      this.#responder.fail(id, toWireError(thrown));
    } finally {
      this.#waitingPages.take(id);
    }
  }

  /** The peer cancels a `$/enumerator/next`, and with it its stream. */
  cancelPage(id: RequestId): void {
    this.abort(this.#waitingPages.get(id)?.token);
  }

  /** Ends a stream early, where one is open by that token. */
  abort(token: unknown): void {
    if (!isRequestId(token)) return;
    const stream = this.#open.get(token);
    this.delete(token);
    stream?.request.abort();
  }

  /** Ends all that are open. */
  abortAll(): void {
    for (const token of [...this.#open.keys()]) this.abort(token);
  }
}
