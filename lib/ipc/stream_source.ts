/**
 * The serving end of a stream: drives a handler's iterator a few items ahead of the caller and
 * hands out pages. Flow control is the paging itself.
 *
 * @module
 */

import type { NextPage } from "./message.ts";

/** The producer runs at most this many items ahead of what was paged out. */
const PRODUCE_AHEAD = 256;

/** The serving end: drives a handler's iterator and hands out pages. */
export class StreamSource {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  #items: unknown[] = [];
  #finished = false;
  #failure: { thrown: unknown } | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeProducer: (() => void) | null = null;

  constructor(iterator: AsyncIterator<unknown> | Iterator<unknown>) {
    this.#iterator = iterator;
    void this.#produce();
  }

  /** Whether a page is being waited for: a peer may have one request out at a time. */
  get busy(): boolean {
    return this.#wakeReader !== null;
  }

  /** Waits for items and takes all there are. What the handler threw comes after its last item. */
  async page(): Promise<NextPage> {
    if (this.#items.length === 0 && !this.#finished) {
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    const values = this.#items;
    if (values.length === 0 && this.#failure !== null) throw this.#failure.thrown;
    this.#items = [];
    this.#wakeProducer?.();
    return { values, finished: this.#finished && this.#failure === null };
  }

  /** Ends the stream early: no further item is taken from the handler's iterator. */
  abort(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#items = [];
    this.#wakeReader?.();
    this.#wakeProducer?.();
    // Queued behind an unfinished next(): whoever waits on the signal ends that one. What a
    // handler throws while it cleans up has no one left to go to.
    Promise.try(() => this.#iterator.return?.()).catch(ignoreAfterEnd);
  }

  async #produce(): Promise<void> {
    try {
      while (!this.#finished) {
        const step = await this.#iterator.next();
        if (step.done) break;
        if (this.#finished) return;
        this.#items.push(step.value);
        this.#wakeReader?.();
        this.#wakeReader = null;
        if (this.#items.length >= PRODUCE_AHEAD) {
          await new Promise<void>((resolve) => this.#wakeProducer = resolve);
          this.#wakeProducer = null;
        }
      }
    } catch (thrown) {
      if (!this.#finished) this.#failure = { thrown };
    }
    this.#finished = true;
    this.#wakeReader?.();
    this.#wakeReader = null;
  }
}

/** A stream is over for its caller; a late failure of the handler's clean-up has nobody to tell. */
function ignoreAfterEnd(): void {}
