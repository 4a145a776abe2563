/**
 * Responses on their way to the peer: results and errors, each once it is known.
 *
 * @module
 */

import type { Packed } from "../../wire/bytes.ts";
import {
  ErrorCode,
  LimitExceededError,
  messageOf,
  toWireError,
  type WireError,
} from "../../wire/errors.ts";
import { type Limits, refusal, SMALL_MESSAGE } from "../limits.ts";
import type { RequestId } from "../../wire/message.ts";
import type { Outbox } from "../outbox.ts";
import { failure, success } from "../../wire/message_writer.ts";

/** Longest message of an error that cannot be sent as it is, in characters. */
const MESSAGE_MAX = 300;

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
    let packed: Packed;
    try {
      packed = this.pack(result);
    } catch (thrown) {
      return this.#refuseResult(id, thrown);
    }
    try {
      this.send(success(id, packed));
    } catch (error) {
      if (error instanceof LimitExceededError) return this.fail(id, toWireError(error));
      this.#refuseResult(id, error);
    }
  }

  /** @param thrown by the result's own functions, for one: any value */
  #refuseResult(id: RequestId | null, thrown: unknown): void {
    const why = `the answer cannot be sent as JSON: ${messageOf(thrown)}`;
    this.refuse(id, ErrorCode.InternalError, why);
  }

  /** Sends an error of a code and a message alone. */
  refuse(id: RequestId | null, code: number, message: string): void {
    this.fail(id, { code, message });
  }

  /** Answers that a limit refuses what the peer asked or sent. */
  refuseBy(limit: keyof Limits, message: string, id: RequestId | null = null): void {
    this.fail(id, refusal(limit, message));
  }

  /** Sends an error. Where its data cannot be sent, its message says why; a long message is cut. */
  fail(id: RequestId | null, error: WireError): void {
    if (this.#ended) return;
    const { code, message, data } = error;
    try {
      this.send(failure(id, error));
    } catch (thrown) {
      const why = data === undefined ? "" : ` (its data cannot be sent: ${messageOf(thrown)})`;
      try {
        this.send(failure(id, { code, message: message + why }));
      } catch {
        // What is left is short, whoever chose the text.
        this.send(failure(id, { code, message: cut(message, MESSAGE_MAX) }));
      }
    }
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}
