/**
 * The streams of one peer: those that are open to it, and those that it has left and whose handlers
 * have not ended yet.
 *
 * @module
 */

import type { RequestId } from "../../wire/message.ts";
import type { IncomingRequest } from "./incoming_request.ts";
import type { StreamSource } from "./stream_source.ts";

/** A stream that is open to the peer, by its token. */
export interface OpenStream {
  source: StreamSource;
  request: IncomingRequest;
}

/** The open streams by the tokens that the peer names them by, and a count of the ending ones. */
export class OpenStreams {
  readonly #open = new Map<RequestId, OpenStream>();
  #ending = 0;

  /**
   * How many streams count: the open ones or the ending ones, whichever are more. A peer that opens
   * and leaves streams can therefore not start any number of handlers. Yet a peer that leaves one has
   * room for a new one at once.
   */
  get size(): number {
    return Math.max(this.#open.size, this.#ending);
  }

  /** The tokens of the open ones, as they are now. */
  tokens(): RequestId[] {
    return [...this.#open.keys()];
  }

  /** What the open ones answer. */
  requests(): IncomingRequest[] {
    return [...this.#open.values()].map(({ request }) => request);
  }

  get(token: RequestId): OpenStream | undefined {
    return this.#open.get(token);
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
}
