/**
 * What waits for one subscriber, at the publisher's side and at its own: so many values at most, and
 * how many had to be dropped.
 *
 * @module
 */

import { type Packed, packedIn, type PackedValue } from "../wire/bytes.ts";
import { LimitExceededError } from "../wire/errors.ts";
import { asRecord } from "../base/record.ts";
import { PAGE_SIZE } from "../session/answering/incoming_request.ts";

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
/** Items that were taken from a list that is not made short yet. */
const LONG = 256;

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

/** Values in their order, with marks where some are missing. */
export class TopicQueue<T> {
  readonly #topic: string;
  readonly #options: CheckedOptions;
  /** What waits, from {@link TopicQueue.#at} on, and what each takes. */
  #items: (T | TopicGap | null)[] = [];
  #sizes: number[] = [];
  /** The next of the items; those before it have been taken. */
  #at = 0;
  #values = 0;
  #bytes = 0;
  /** How many were dropped in all. */
  dropped = 0;
  /** What is missing before the next item. */
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
    if (this.#isFull(size)) {
      if (this.#options.overflow === "end") {
        const why = `${this.#values} values wait, and its subscriber is too slow for more`;
        const message = `Cannot go on with "${this.#topic}": ${why}`;
        this.end({ thrown: new LimitExceededError(message, { limit: "queue" }) });
        return false;
      }
      do this.#dropOldest(); while (this.#isFull(size));
    }
    this.#items.push(item);
    this.#sizes.push(size);
    this.#values++;
    this.#bytes += size;
    if (this.#wake !== null) this.#changed();
    return true;
  }

  #isFull(size: number): boolean {
    return this.#values >= this.#options.queue ||
      (this.#values > 0 && this.#bytes + size > QUEUE_BYTES);
  }

  /** Notes that values are missing behind those that wait. */
  mark(gap: TopicGap): void {
    const { gap: kind, count } = gap;
    this.dropped += count ?? 0;
    const last = this.#items.length - 1;
    const before = last < this.#at ? null : this.#items[last];
    // (However often the app goes while nobody reads.)
    if (!(before instanceof TopicGap) || before.gap !== kind) {
      this.#items.push(gap);
      this.#sizes.push(0);
    } else if (count !== null) {
      this.#items[last] = new TopicGap(kind, count + (before.count ?? 0));
    }
    this.#changed();
  }

  /** Whether something waits to be taken. */
  get some(): boolean {
    return this.#at < this.#items.length || this.#missing > 0 || this.#restarted;
  }

  /** Takes what is next; `undefined` where nothing waits. @throws why it ended, once */
  take(): T | TopicGap | undefined {
    if (this.#missing > 0) {
      let count = this.#missing;
      this.#missing = 0;
      const next = this.#restarted ? null : this.#items[this.#at];
      if (next instanceof TopicGap && next.gap === "dropped") {
        count += next.count ?? 0;
        this.#shift();
      }
      return new TopicGap("dropped", count);
    }
    if (this.#restarted) {
      this.#restarted = false;
      return new TopicGap("restarted");
    }
    if (this.#at < this.#items.length) return this.#shift();
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
    this.#changed();
  }

  /** Whether all was taken, and nothing will come: no failure either. */
  get over(): boolean {
    return this.#ended && !this.some && this.#failure === null;
  }

  /** Nobody takes what waits any more, but for `failure`. */
  clear(): void {
    this.#items = [];
    this.#sizes = [];
    this.#at =
      this.#values =
      this.#bytes =
      this.#missing =
        0;
    this.#restarted = false;
  }

  /** Whether somebody waits by {@link TopicQueue.changed}. */
  get awaited(): boolean {
    return this.#wake !== null;
  }

  /** Resolves when there is something to take, or the end: `undefined` where there is. One may wait. */
  changed(): Promise<void> | undefined {
    if (this.some || this.#ended) return;
    return new Promise<void>((resolve) => this.#wake = resolve);
  }

  #changed(): void {
    this.#wake?.();
    this.#wake = null;
  }

  #shift(): T | TopicGap {
    const at = this.#at++;
    const item = this.#items[at]!;
    this.#bytes -= this.#sizes[at]!;
    // (It may be large, and the list longer still.)
    this.#items[at] = null;
    // The list is made short again once it was taken, and where most of a long one was.
    if (this.#at === this.#items.length) {
      this.#items.length = this.#sizes.length = this.#at = 0;
    } else if (this.#at >= LONG && this.#at * 2 > this.#items.length) {
      this.#items.splice(0, this.#at);
      this.#sizes.splice(0, this.#at);
      this.#at = 0;
    }
    if (!(item instanceof TopicGap)) this.#values--;
    return item;
  }

  /** Drops a value. A mark before it stays, for whatever comes next. */
  #dropOldest(): void {
    for (;;) {
      const item = this.#shift();
      if (!(item instanceof TopicGap)) break;
      if (item.gap === "restarted") this.#restarted = true;
      else this.#missing += item.count ?? 0;
    }
    this.#missing++;
    this.dropped++;
  }
}

/** Longest event of values that is kept for the next subscriber, in characters. */
const SHARED_MAX = 64 << 10;

type Pack = (value: unknown) => Packed;

/** Makes pages of what waits. Who listens to a topic mostly gets the same page as the others. */
export class EventPages {
  /** What the last event of several values held, and the event. */
  #values: readonly PackedValue[] = [];
  #event: Packed[] = [];

  /**
   * Takes a page of events, and tells how many there were.
   *
   * @param first whether it begins the stream
   * @param together whether the subscriber takes several values as one event
   * @throws why the queue ended, where nothing waits
   */
  take(
    queue: TopicQueue<PackedValue>,
    first: boolean,
    pack: Pack,
    together: boolean,
  ): { count: number; values: Packed[] } {
    const events: unknown[] = first ? [{ event: "subscribed", pid: Deno.pid }] : [];
    const values: PackedValue[] = [];
    for (let size = 0; queue.some && size < PAGE_SIZE;) {
      const next = queue.take()!;
      // (What it dropped was before all that waits.)
      if (next instanceof TopicGap) events.push({ event: "dropped", count: next.count ?? 0 });
      else size += values[values.push(next) - 1]!.size;
    }
    const count = events.length + values.length;
    if (count === 0) queue.take();
    return { count, values: events.map(pack).concat(this.#write(values, pack, together)) };
  }

  #write(values: readonly PackedValue[], pack: Pack, together: boolean): Packed[] {
    // (Bytes stand behind the JSON, each with its place in it.)
    const apart = !together || values.length < 2 || values.some(({ hasBytes }) => hasBytes);
    if (apart) return values.map((value) => packedIn('{"event":"value"', "value", pack(value)));
    const known = this.#values;
    // (All who listen get the same ones, in order: between two there are always the same.)
    const same = values[0] === known[0] && values.at(-1) === known.at(-1);
    if (same && values.length === known.length) return this.#event;
    const text = `{"event":"values","values":[${values.map((value) => pack(value).text).join()}]}`;
    if (text.length > SHARED_MAX) return [{ text, parts: [] }];
    this.#values = values;
    return this.#event = [{ text, parts: [] }];
  }
}
