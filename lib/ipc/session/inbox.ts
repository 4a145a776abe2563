/**
 * The receiving half of a session: from the transport's bytes to messages.
 *
 * @module
 */

import { FrameDecoder } from "../wire/codec.ts";
import { FrameDeadline } from "./frame_deadline.ts";
import { beginsLine, LineDecoder } from "../wire/json_lines.ts";
import type { Limits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import { type ReadMessage, readMessage } from "../wire/read_message.ts";
import type { Transport } from "../os/transport.ts";

/** Messages from one transport. */
export class Inbox {
  readonly #transport: Transport;
  readonly #limits: Limits;
  readonly #outbox: Outbox;
  readonly #onMessage: (read: ReadMessage) => void;
  readonly #deadline: FrameDeadline;
  /** Made for the first bytes: they tell frames from lines. */
  #decoder: FrameDecoder | LineDecoder | null = null;
  /** How many frames came whole. */
  #frames = 0;
  #ended = false;

  /**
   * @param outbox answers in lines where the peer speaks so
   * @param onMessage given each body that came, whatever it holds
   * @param onLate told why a frame was waited for too long
   */
  constructor(
    transport: Transport,
    limits: Limits,
    outbox: Outbox,
    onMessage: (read: ReadMessage) => void,
    onLate: (why: string) => void,
  ) {
    this.#transport = transport;
    this.#limits = limits;
    this.#outbox = outbox;
    this.#onMessage = onMessage;
    this.#deadline = new FrameDeadline(limits.frameTime, () => {
      onLate(`a frame that was begun is not whole after ${limits.frameTime} ms`);
    });
  }

  /** Whether the peer speaks in lines, which have no place for bytes. */
  get inLines(): boolean {
    return this.#decoder instanceof LineDecoder;
  }

  /**
   * Reads until the peer's end, or {@link end}.
   *
   * @param between called after each read; what it returns is waited for before the next one
   * @throws {FrameError} where the peer sends what is no frame
   */
  async receive(between: () => Promise<void> | undefined): Promise<void> {
    for (;;) {
      const bytes = await this.#transport.read(this.#decoder?.space);
      if (bytes === null) return;
      if (bytes.length === 0) continue;
      const decoder = this.#decoder ??= this.#decoderFor(bytes);
      decoder.push(bytes, this.#onFrame);
      if (this.#ended) return;
      if (decoder.idle) this.#deadline.idle();
      else this.#deadline.begun(this.#frames);
      const pause = between();
      if (pause !== undefined) await pause;
    }
  }

  /** Nothing is awaited for now: what was begun has no deadline meanwhile. */
  pause(): void {
    this.#deadline.idle();
  }

  /** The session has ended. */
  end(): void {
    this.#ended = true;
    this.#deadline.end();
  }

  readonly #onFrame = (json: Uint8Array | string, tail: Uint8Array | null): void => {
    // What a chunk holds behind the message that ended the session is for nobody.
    if (this.#ended) return;
    this.#frames++;
    this.#onMessage(readMessage(json, tail, this.#limits.depth));
  };

  /** A peer that speaks first chooses: frames, or lines, which it is answered in, too. */
  #decoderFor(firstBytes: Uint8Array): FrameDecoder | LineDecoder {
    if (this.#outbox.used || !beginsLine(firstBytes)) return new FrameDecoder(this.#limits);
    this.#outbox.useLines();
    return new LineDecoder(this.#limits);
  }
}
