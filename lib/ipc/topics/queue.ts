/**
 * What waits for one subscriber, at the publisher's side and at its own: so many values at most, and
 * how many had to be dropped.
 *
 * @module
 */

import { LimitExceededError } from "../wire/errors.ts";
import { asRecord } from "../base/record.ts";

/**
 * What becomes of values that a subscriber does not take in time. "latest": only the newest one
 * waits. "drop-oldest": so many wait, and the oldest make room. "end": the subscription ends with a
 * {@link LimitExceededError} behind those that waited.
 */
export type Overflow = "latest" | "drop-oldest" | "end";

/** How much waits for a subscriber. */
export interface QueueOptions {
  /** What becomes of more: "drop-oldest" unless given. */
  overflow?: Overflow | undefined;
  /** How many values wait, from 1 to 10,000: 1,000 unless given. With "latest" one does. */
  queue?: number | undefined;
}

/** {@link QueueOptions} that were checked. */
export interface CheckedOptions {
  overflow: Overflow;
  queue: number;
}

/** Values that wait unless told otherwise, and at most. */
const QUEUE_DEFAULT = 1_000;
const QUEUE_MAX = 10_000;
/** Characters and bytes that wait at most, beside one value, which always may. */
const QUEUE_BYTES = 4 << 20;

/** Checks what a subscriber asks for. @throws what `fail` makes of what is wrong */
export function queueOptionsOf(
  given: unknown,
  fail: (why: string) => Error,
): CheckedOptions {
  const { overflow = "drop-oldest", queue = QUEUE_DEFAULT } = asRecord(given) ?? {};
  const refuse = (what: string, value: unknown): never => {
    throw fail(`Cannot subscribe: ${what}, not ${JSON.stringify(value) ?? String(value)}`);
  };
  if (overflow !== "latest" && overflow !== "drop-oldest" && overflow !== "end") {
    return refuse('"overflow" is "latest", "drop-oldest" or "end"', overflow);
  }
  if (!Number.isSafeInteger(queue) || queue as number < 1 || queue as number > QUEUE_MAX) {
    return refuse(`"queue" is a whole number from 1 to ${QUEUE_MAX}`, queue);
  }
  return { overflow, queue: overflow === "latest" ? 1 : queue as number };
}

/**
 * Stands among the values of a subscription that asked for `gaps`, where some are missing.
 * "restarted": the app ended and came again, or the connection to it was lost; what it emitted
 * meanwhile is not known. "dropped": `count` values were not taken in time.
 */
export class TopicGap {
  /** Why values are missing. */
  readonly gap: "restarted" | "dropped";
  /** How many, where that is known. */
  readonly count: number | null;

  /** Made by the subscription. */
  constructor(gap: TopicGap["gap"], count: number | null = null) {
    this.gap = gap;
    this.count = count;
  }
}

interface Entry<T> {
  item: T | TopicGap;
  size: number;
}

/** Values in their order, with marks where some are missing. */
export class TopicQueue<T> {
  readonly #topic: string;
  readonly #options: CheckedOptions;
  #entries: Entry<T>[] = [];
  /** The next of the entries; those before it have been taken. */
  #at = 0;
  #values = 0;
  #bytes = 0;
  /** How many were dropped in all. */
  dropped = 0;
  /** What is missing before the next entry. */
  #missing = 0;
  #restarted = false;
  #failure: { thrown: unknown } | null = null;
  #ended = false;
  #wake: (() => void) | null = null;

  /** @param topic its name, for the error */
  constructor(topic: string, options: CheckedOptions) {
    this.#topic = topic;
    this.#options = options;
  }

  /** Adds a value. @returns whether the subscription goes on */
  add(item: T, size = 0): boolean {
    if (this.#ended) return false;
    const { overflow, queue } = this.#options;
    const full = () =>
      this.#values >= queue || (this.#values > 0 && this.#bytes + size > QUEUE_BYTES);
    if (overflow === "end" && full()) {
      const why = `${this.#values} values wait, and its subscriber is too slow for more`;
      const message = `Cannot go on with "${this.#topic}": ${why}`;
      this.end({ thrown: new LimitExceededError(message, { limit: "queue" }) });
      return false;
    }
    while (full()) this.#dropOldest();
    this.#entries.push({ item, size });
    this.#values++;
    this.#bytes += size;
    this.#wake?.();
    return true;
  }

  /** Notes that values are missing behind those that wait. */
  mark(gap: TopicGap): void {
    const { gap: kind, count } = gap;
    this.dropped += count ?? 0;
    const last = this.#entries.at(-1);
    // (However often the app goes while nobody reads.)
    const same = last?.item instanceof TopicGap && last.item.gap === kind ? last.item : null;
    if (same === null) this.#entries.push({ item: gap, size: 0 });
    else if (count !== null) last!.item = new TopicGap(kind, count + (same.count ?? 0));
    this.#wake?.();
  }

  /** Takes what is next; `undefined` where nothing waits. @throws why it ended, once */
  take(): T | TopicGap | undefined {
    if (this.#missing > 0) {
      const gap = new TopicGap("dropped", this.#missing);
      this.#missing = 0;
      return gap;
    }
    if (this.#restarted) {
      this.#restarted = false;
      return new TopicGap("restarted");
    }
    const entry = this.#shift();
    if (entry !== null) return entry.item;
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.thrown;
  }

  /** Whether nothing is added any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Adds nothing any more. What waits can still be taken, and then `failure` is thrown. */
  end(failure: { thrown: unknown } | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#wake?.();
  }

  /** Nobody takes what waits any more, but for `failure`. */
  clear(): void {
    this.#entries = [];
    this.#at =
      this.#values =
      this.#bytes =
      this.#missing =
        0;
    this.#restarted = false;
  }

  /** Resolves when there is something to take, or the end. One may wait at a time. */
  async changed(): Promise<void> {
    const some = this.#at < this.#entries.length || this.#missing > 0 || this.#restarted;
    if (some || this.#ended) return;
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = null;
  }

  #shift(): Entry<T> | null {
    const entry = this.#entries[this.#at];
    if (entry === undefined) return null;
    // The list is made short again once most of it has been taken.
    if (++this.#at * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#at);
      this.#at = 0;
    }
    if (!(entry.item instanceof TopicGap)) this.#values--;
    this.#bytes -= entry.size;
    return entry;
  }

  /** Drops a value. A mark before it stays, for whatever comes next. */
  #dropOldest(): void {
    for (;;) {
      const { item } = this.#shift()!;
      if (!(item instanceof TopicGap)) break;
      if (item.gap === "restarted") this.#restarted = true;
      else this.#missing += item.count ?? 0;
    }
    this.#missing++;
    this.dropped++;
  }
}
