/**
 * The sending half of a session: what is sent in one turn leaves in one write, and much of it in two.
 *
 * @module
 */

import type { Packed } from "../wire/bytes.ts";
import { DEFAULT_FRAME_LIMITS } from "../wire/codec.ts";
import { FrameEncoder, TAKEN_AWAY } from "../wire/frame_encoder.ts";
import { LineEncoder } from "../wire/json_lines.ts";
import { queueFull, SMALL_RESERVE } from "./limits.ts";
import { noLongerThan } from "../base/timer.ts";
import type { Transport } from "../os/transport.ts";

/**
 * From so many bytes on, what a turn has sent so far leaves while it goes on: the peer reads it
 * meanwhile, instead of waiting for all of it.
 */
const EARLY = 2 << 10;

/** Frames on their way to one transport. */
export class Outbox {
  readonly #transport: Transport;
  readonly #maxQueued: number;
  #encoder: FrameEncoder | LineEncoder = new FrameEncoder();
  readonly #onWrite: () => void;
  readonly #onFailure: (error: Error) => void;
  /** Whether the end of this turn will see what was sent. */
  #scheduled = false;
  /** Whether frames are being written, and what resolves once all have been. */
  #running = false;
  #flushed: Promise<void> = Promise.resolve();
  /** Whether a write failed: the session is about to end, and nothing more is sent. */
  #failed = false;
  /** Bytes of the write under way. */
  #writing = 0;
  #used = false;

  /**
   * @param maxQueued bytes that may wait for the transport
   * @param onWrite called before bytes go to the transport: from then on the peer may act on
   * whatever was sent so far, even where the write fails in the end
   * @param onFailure called when a write failed; nothing more can be sent then
   */
  constructor(
    transport: Transport,
    maxQueued: number,
    onWrite: () => void,
    onFailure: (error: Error) => void,
  ) {
    this.#transport = transport;
    this.#maxQueued = maxQueued;
    this.#onWrite = onWrite;
    this.#onFailure = onFailure;
  }

  /** Whether anything was sent: from then on the encoding is settled. */
  get used(): boolean {
    return this.#used;
  }

  /** Whether the transport is taking bytes: what is sent now leaves after them. */
  get writing(): boolean {
    return this.#writing > 0;
  }

  /** Sends messages as lines. To be called before anything is sent. */
  useLines(): void {
    this.#encoder = new LineEncoder();
  }

  /**
   * Sends one message, given as JSON text, and the bytes behind it: large ones are read until
   * they have left, and must not change before.
   *
   * @param pass messages of up to this many bytes are taken although the queue is full; the session
   * ends when the reserve for them is full as well
   * @throws {LimitExceededError} when the queue is full; where nothing waits, any message passes.
   * @throws {RangeError} when it is over the size that peers take: they would drop the session.
   */
  send({ text, parts }: Packed, pass: number): void {
    if (this.#failed) return;
    const { body } = DEFAULT_FRAME_LIMITS;
    let size = 0;
    for (const { bytes } of parts) size += bytes.length;
    // At most three bytes a character: nearly always this settles it.
    if (
      size + text.length * 3 > body && size + new TextEncoder().encode(text).length > body
    ) {
      throw new RangeError(`the message is over ${body >> 20} MiB: send it in parts, by a stream`);
    }
    const { queued } = this;
    size += text.length;
    if (queued > 0 && queued + size > this.#maxQueued) {
      if (size > pass) throw queueFull(size, queued, this.#maxQueued);
      if (queued + size > this.#maxQueued + SMALL_RESERVE) return this.#leaveUnread(queued);
    }
    this.#used = true;
    // (A line has no place for bytes: peers that speak in lines are sent none.)
    if (parts.length === 0 || this.#encoder instanceof LineEncoder) this.#encoder.append(text);
    else this.#encoder.appendWithBytes(text, parts.map(({ bytes }) => bytes));
    if (this.#running) return;
    if (this.#encoder.length >= EARLY) this.#begin();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      void Promise.resolve().then(this.#onTurnEnd);
    }
  }

  /** Copies the large bytes that wait: from now on, whoever gave them may change them. */
  keepBytes(): void {
    this.#encoder.keepBytes();
  }

  /** Bytes that the transport has not taken yet. */
  get queued(): number {
    return this.#encoder.length + this.#writing;
  }

  /** Resolves when all that was sent has left, or could not; at the latest after `limit` ms. */
  async drained(limit?: number): Promise<void> {
    if (!this.#running && this.#encoder.length > 0 && !this.#failed) this.#begin();
    if (!this.#running) return;
    if (limit === undefined) return await this.#flushed;
    await noLongerThan(limit, this.#flushed);
  }

  #leaveUnread(queued: number): void {
    this.#failed = true;
    this.#onFailure(new RangeError(`the peer asks on and reads nothing: ${queued} bytes wait`));
  }

  readonly #onTurnEnd = (): void => {
    this.#scheduled = false;
    if (!this.#running) this.#begin();
  };

  #begin(): void {
    this.#running = true;
    this.#flushed = this.#flush();
  }

  async #flush(): Promise<void> {
    try {
      for (;;) {
        const bytes = this.#encoder.take();
        if (bytes === null) break;
        this.#onWrite();
        const { length } = bytes;
        this.#writing = length;
        await this.#transport.write(bytes);
        this.#writing = 0;
        if (bytes.length !== length) throw new TypeError(TAKEN_AWAY);
      }
    } catch (error) {
      // A frame was cut off: what followed would be read as its rest.
      this.#failed = true;
      this.#onFailure(error as Error);
    } finally {
      this.#running = false;
    }
  }
}
