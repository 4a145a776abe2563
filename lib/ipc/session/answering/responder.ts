/**
 * Responses on their way to the peer: results and errors, each once it is known.
 *
 * @module
 */

import type { Packed } from "../../wire/bytes.ts";
import { ErrorCode, LimitExceededError, toWireError, type WireError } from "../../wire/errors.ts";
import { type Limits, refusal, SMALL_MESSAGE } from "../limits.ts";
import type { RequestId } from "../../wire/message.ts";
import type { Outbox } from "../outbox.ts";
import { failure, success } from "../../wire/response.ts";

/** Sends the responses of one session until that has ended. */
export class Responder {
  readonly #outbox: Outbox;
  /** Makes a result or an item ready to be sent to this peer. */
  readonly pack: (value: unknown) => Packed;
  #ended = false;

  constructor(outbox: Outbox, pack: (value: unknown) => Packed) {
    this.#outbox = outbox;
    this.pack = pack;
  }

  /** Sends a message: JSON text, and the bytes behind it. */
  readonly send = (message: Packed): void => this.#outbox.send(message, SMALL_MESSAGE);

  /** Resolves when all that was sent has left. */
  readonly drained = (): Promise<void> => this.#outbox.drained();

  /** Whether the session has ended: nothing more is sent. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The session has ended. */
  end(): void {
    this.#ended = true;
  }

  /** Sends a result. One that cannot be sent (a cycle, a BigInt, too large) is told as an error. */
  respond(id: RequestId | null, result: unknown): void {
    if (this.#ended) return;
    try {
      const packed = this.pack(result);
      this.send(success(id, packed));
    } catch (error) {
      if (error instanceof LimitExceededError) return this.fail(id, toWireError(error));
      const why = `the answer cannot be sent as JSON: ${(error as Error).message}`;
      this.refuse(id, ErrorCode.InternalError, why);
    }
  }

  /** Sends an error. */
  refuse(id: RequestId | null, code: number, message: string): void {
    this.fail(id, { code, message });
  }

  /** Answers that a limit refuses what the peer asked or sent. */
  refuseBy(limit: keyof Limits, message: string, id: RequestId | null = null): void {
    this.fail(id, refusal(limit, message));
  }

  /** Sends an error; where its data cannot be sent, without them. */
  fail(id: RequestId | null, error: WireError): void {
    if (this.#ended) return;
    try {
      this.send(failure(id, error));
    } catch {
      // The data is at fault, or a text that the peer chose; what is left is JSON, and short.
      this.send(failure(id, { code: error.code, message: error.message.slice(0, 300) }));
    }
  }
}
