/**
 * Transports that hold bytes back, as a peer does that does not read.
 *
 * @module
 */
import type { Transport } from "../../../lib/ipc/os/transport.ts";

/** A transport whose writes wait until the test lets them go. */
export class StuckTransport implements Transport {
  readonly #inner: Transport;
  #open = Promise.withResolvers<void>();
  written = 0;
  reads = 0;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  release(): void {
    this.#open.resolve();
  }

  /** Lets no further write go. */
  hold(): void {
    this.#open = Promise.withResolvers();
  }

  read(): Promise<Uint8Array | null> {
    this.reads++;
    return this.#inner.read();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#open.promise;
    this.written += bytes.length;
    await this.#inner.write(bytes);
  }

  async close(): Promise<void> {
    this.#open.reject(new Deno.errors.BrokenPipe("closed"));
    this.#open.promise.catch(() => {});
    await this.#inner.close();
  }
}

/** One end of a pair without a buffer: a write is over when the other end has read it. */
export class HandToHand implements Transport {
  #peer!: HandToHand;
  #offered: { bytes: Uint8Array; taken: () => void } | null = null;
  #wake: (() => void) | null = null;
  #ended = false;
  #readsLeft = Infinity;
  #resume = Promise.withResolvers<void>();

  static pair(): [HandToHand, HandToHand] {
    const [left, right] = [new HandToHand(), new HandToHand()];
    left.#peer = right;
    right.#peer = left;
    return [left, right];
  }

  /** Lets so many further reads through, and no more until {@link resume}: a busy program. */
  pauseAfter(reads: number): void {
    this.#readsLeft = reads;
  }

  resume(): void {
    this.#readsLeft = Infinity;
    this.#resume.resolve();
  }

  async read(): Promise<Uint8Array | null> {
    if (this.#readsLeft-- <= 0) await this.#resume.promise;
    while (this.#offered === null) {
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const { bytes, taken } = this.#offered;
    this.#offered = null;
    taken();
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const peer = this.#peer;
    if (!peer.#ended) {
      await new Promise<void>((taken) => {
        peer.#offered = { bytes: bytes.slice(), taken };
        peer.#wake?.();
      });
    }
    if (peer.#ended) throw new Deno.errors.BrokenPipe("the peer is gone");
  }

  close(): Promise<void> {
    for (const end of [this, this.#peer]) {
      end.#ended = true;
      end.#offered?.taken();
      end.#offered = null;
      end.#wake?.();
    }
    return Promise.resolve();
  }
}
