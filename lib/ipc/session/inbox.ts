/**
 * The receiving half of a session: from the transport's bytes to messages.
 *
 * @module
 */

import { FrameDecoder } from "../wire/codec.ts";
import { TIMER_MAX } from "../base/timer.ts";
import { beginsLine, LineDecoder } from "../wire/json_lines.ts";
import type { Limits } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import { type ReadMessage, readMessage } from "../wire/message_reader.ts";
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

  /** Reading pauses: a frame that the peer has begun has no deadline until the next read. */
  pause(): void {
    this.#deadline.idle();
  }

  /** The session has ended. */
  end(): void {
    this.#ended = true;
    this.#deadline.end();
  }

  readonly #onFrame = (json: Uint8Array | string, tail: Uint8Array | null): void => {
    // A message has ended the session: the rest of its chunk is dropped.
    if (this.#ended) return;
    this.#frames++;
    this.#onMessage(readMessage(json, tail, this.#limits.depth));
  };

  /** Frames or lines: a peer that speaks first chooses, and is answered in the same way. */
  #decoderFor(firstBytes: Uint8Array): FrameDecoder | LineDecoder {
    if (this.#outbox.used || !beginsLine(firstBytes)) return new FrameDecoder(this.#limits);
    this.#outbox.useLines();
    return new LineDecoder(this.#limits);
  }
}

/**
 * Watches one session's frames: a peer that begins a frame has to end it in time. A timer runs only
 * while a frame is unfinished. It looks several times before it is late: a process that was held up
 * itself has read, before the next look, the bytes that came meanwhile.
 */
export class FrameDeadline {
  readonly #half: number;
  readonly #onLate: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame = -1;
  #looks = 0;

  /**
   * @param milliseconds a frame may take; at most half as much again passes before `onLate`
   */
  constructor(milliseconds: number, onLate: () => void) {
    this.#half = Math.min(Math.ceil(milliseconds / 2), TIMER_MAX);
    this.#onLate = onLate;
  }

  /** Told after each read that ended inside a frame: `frame` is how many were whole before it. */
  begun(frame: number): void {
    if (frame === this.#frame && this.#timer !== undefined) return;
    this.#frame = frame;
    this.#looks = 0;
    // One that runs already looks at this frame next time.
    this.#timer ??= setTimeout(this.#look, this.#half);
  }

  /** Told after each read that ended between two frames. Costs nothing where no frame was late. */
  idle(): void {
    this.#frame = -1;
  }

  /** Ends the watch. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#frame = -1;
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#frame < 0) return;
    if (++this.#looks > 2) return this.#onLate();
    this.#timer = setTimeout(this.#look, this.#half);
  };
}
