/**
 * The sending half of a session: all that is sent in one turn leaves in one write.
 *
 * @module
 */

import { DEFAULT_FRAME_LIMITS } from "./codec.ts";
import { FrameEncoder } from "./frame_encoder.ts";
import type { Transport } from "./transport.ts";

const NONE: readonly Uint8Array[] = [];

/** Frames on their way to one transport. */
export class Outbox {
  readonly #transport: Transport;
  readonly #encoder = new FrameEncoder();
  readonly #onWrite: () => void;
  readonly #onFailure: (error: Error) => void;
  #flushing: Promise<void> | null = null;

  /**
   * @param onWrite called before bytes go to the transport: from then on the peer may act on
   * whatever was sent so far, even where the write fails in the end
   * @param onFailure called when a write failed; nothing more can be sent then
   */
  constructor(transport: Transport, onWrite: () => void, onFailure: (error: Error) => void) {
    this.#transport = transport;
    this.#onWrite = onWrite;
    this.#onFailure = onFailure;
  }

  /**
   * Sends one message, given as JSON text, and the bytes behind it. They are copied.
   *
   * @throws {RangeError} when it is over the size that peers take: they would drop the session.
   */
  send(text: string, tail: readonly Uint8Array[] = NONE): void {
    const { body } = DEFAULT_FRAME_LIMITS;
    let size = 0;
    for (const bytes of tail) size += bytes.length;
    // At most three bytes a character: nearly always this settles it.
    if (
      size + text.length * 3 > body && size + new TextEncoder().encode(text).length > body
    ) {
      throw new RangeError(`the message is over ${body >> 20} MiB: send it in parts, by a stream`);
    }
    if (tail.length === 0) this.#encoder.append(text);
    else this.#encoder.appendWithBytes(text, tail);
    this.#flushing ??= Promise.resolve().then(this.#flush);
  }

  /** Resolves when all that was sent has left, at the latest after `limit` milliseconds. */
  async drained(limit: number): Promise<void> {
    if (this.#flushing === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, limit));
    await Promise.race([this.#flushing, late]);
    clearTimeout(timer);
  }

  readonly #flush = async (): Promise<void> => {
    try {
      for (;;) {
        const bytes = this.#encoder.take();
        if (bytes === null) break;
        this.#onWrite();
        await this.#transport.write(bytes);
      }
    } catch (error) {
      this.#onFailure(error as Error);
    } finally {
      this.#flushing = null;
    }
  };
}
