/**
 * The subscriber's side of a topic, which outlives its publisher: while the app is away it waits,
 * and goes on when the app comes, by whoever's hand.
 *
 * @module
 */

import {
  TargetNotRunningError,
  TargetStartError,
  TargetUnknownError,
} from "../activation/activation.ts";
import { checkAppName } from "../base/name.ts";
import { asRecord } from "../base/record.ts";
import { keepRunning, pauseFor } from "../base/timer.ts";
import { type IPCStream, readPages, type StreamOptions } from "../session/calling/stream.ts";
import { ConnectionLostError } from "../wire/errors.ts";
import type { Params } from "../wire/message.ts";
import { type QueueOptions, queueOptionsOf, TopicGap, TopicQueue } from "./queue.ts";

/** What `$/subscribe` sends, one item each. */
export type TopicEvent =
  /** At once: what is emitted from now on follows. */
  | { event: "subscribed"; pid: number }
  | { event: "value"; value: unknown }
  /** Several, to whoever takes them `together`. */
  | { event: "values"; values: unknown[] }
  /** The subscriber was too slow, and so many values are missing here. */
  | { event: "dropped"; count: number };

/** How a topic is subscribed to. */
export interface SubscribeOptions extends QueueOptions {
  /** Ends the subscription; a pending or the next `next()` rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /**
   * Whether the app is started where it sleeps when the subscription begins; false by default. An
   * app that ends later is waited for: it may have been stopped on purpose.
   */
  activate?: boolean | undefined;
  /** Whether a {@link TopicGap} stands among the values where some are missing; false by default. */
  gaps?: boolean | undefined;
}

/** How a subscription reaches the app. */
export interface Subscriber {
  /** As {@link NeverLiieIPC.stream}. */
  stream(
    app: string,
    method: string,
    params: Params,
    options: StreamOptions & { activate: boolean },
  ): IPCStream<unknown>;
  /** Resolves when the app may be there, at once if it is; rejects with the signal's reason. */
  whenUp(app: string, signal: AbortSignal): Promise<void>;
}

/** Milliseconds before the next attempt where an app seems to be there and does not answer. */
const PAUSE_FIRST = 10;
const PAUSE_MAX = 1_000;

/** Levels of a value that are looked at for its size. */
const DEPTH_MAX = 20;

/**
 * The values of another app's topic, from now on. It is subscribed at once; `for await` reads the
 * values, and leaving the loop ends the subscription.
 *
 * It does not end when the app does: it waits, without waking it, and goes on when the app comes
 * again. It ends with an error where the app has no such topic.
 */
export class Subscription<T = unknown> implements AsyncIterableIterator<T>, AsyncDisposable {
  /** Resolves when the app has taken the subscription for the first time: no value is missed then. */
  readonly ready: Promise<void>;
  readonly #app: string;
  readonly #topic: string;
  readonly #by: Subscriber;
  readonly #options: SubscribeOptions;
  readonly #queue: TopicQueue<T>;
  readonly #ended = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  /** What ends it from outside. */
  readonly #ends: readonly (AbortSignal | undefined)[];
  /** Those who wait for a value, in order. */
  readonly #readers: PromiseWithResolvers<IteratorResult<T, undefined>>[] = [];
  /** Whether the app is started if it sleeps. */
  #wakes: boolean;
  /** Whether it was subscribed before. */
  #again = false;
  /** When this attempt was subscribed; Infinity before. */
  #since = Infinity;
  /** Milliseconds before the next attempt: they grow until it has lasted for a while. */
  #pause = 0;

  /**
   * Made by {@link NeverLiieIPC.subscribe}.
   *
   * @param left fires when this process leaves the mesh
   * @throws {TypeError} on options that are wrong
   */
  constructor(
    app: string,
    topic: string,
    by: Subscriber,
    left: AbortSignal,
    options: SubscribeOptions,
  ) {
    checkAppName(app);
    if (typeof topic !== "string") throw new TypeError("Cannot subscribe: a topic has a name");
    this.#app = app;
    this.#topic = topic;
    this.#by = by;
    this.#options = options;
    this.#wakes = options.activate === true;
    this.#queue = new TopicQueue(topic, queueOptionsOf(options, (why) => new TypeError(why)));
    this.ready = this.#ready.promise;
    this.ready.catch(toldByNext);
    this.#ends = [options.signal, left];
    for (const end of this.#ends) end?.addEventListener("abort", this.#onAbort);
    for (const end of this.#ends) if (end?.aborted) this.#fail(end.reason);
    void this.#run();
  }

  /** How many values were dropped so far, here or at the app, as they were not read in time. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** The subscription itself: it can be read once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next value. Calls may overlap: they are answered in order. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#readers.length === 0) {
      try {
        const step = this.#take();
        if (step !== null) return Promise.resolve(step);
      } catch (thrown) {
        return Promise.reject(thrown);
      }
    }
    const reader = Promise.withResolvers<IteratorResult<T, undefined>>();
    this.#readers.push(reader);
    return reader.promise;
  }

  /** Ends the subscription; what `break` in a `for await` calls. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.cancel();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** Ends the subscription: the iteration ends without an error. */
  cancel(): void {
    this.#queue.clear();
    this.#end(null);
  }

  /** What `await using` calls: {@link cancel}. */
  [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }

  /** The next value, or the end; `null` where neither is there yet. @throws why it ended, once */
  #take(): IteratorResult<T, undefined> | null {
    for (;;) {
      const item = this.#queue.take();
      if (item instanceof TopicGap) {
        if (this.#options.gaps === true) return { value: item as T, done: false };
      } else if (item !== undefined) return { value: item, done: false };
      else return this.#queue.ended ? { value: undefined, done: true } : null;
    }
  }

  /** Gives those who wait what has come. */
  #serve(): void {
    for (; this.#readers.length > 0; this.#readers.shift()) {
      const { resolve, reject } = this.#readers[0]!;
      try {
        const step = this.#take();
        if (step === null) return;
        resolve(step);
      } catch (thrown) {
        reject(thrown);
      }
    }
  }

  /** Listens, and waits for the app while it is away, until the end. */
  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      this.#since = Infinity;
      try {
        // (A stream that simply ends, as no app of this library does, has no more values.)
        return this.#end(await this.#listen());
      } catch (thrown) {
        if (!isAway(thrown, this.#wakes)) return this.#fail(thrown);
      }
      if (performance.now() - this.#since > PAUSE_MAX) this.#pause = 0;
      // (Who waits for an app is told by what keeps no program running.)
      const release = keepRunning();
      try {
        if (this.#pause > 0) await pauseFor(this.#pause, signal);
        this.#pause = Math.min(Math.max(this.#pause * 2, PAUSE_FIRST), PAUSE_MAX);
        await this.#by.whenUp(this.#app, signal);
      } catch (thrown) {
        return this.#fail(thrown);
      } finally {
        release();
      }
    }
  }

  /** Takes what the app sends, until it goes. */
  async #listen(): Promise<null> {
    const { overflow, queue } = this.#options;
    const params = { topic: this.#topic, overflow, queue, together: true };
    const options = { activate: this.#wakes, signal: this.#ended.signal };
    await readPages(this.#by.stream(this.#app, "$/subscribe", params, options), (page) => {
      for (const item of page) this.#onEvent(asRecord(item) as TopicEvent | null);
      this.#serve();
    });
    return null;
  }

  #onEvent(told: TopicEvent | null): void {
    switch (told?.event) {
      case "subscribed":
        this.#since = performance.now();
        this.#wakes = false;
        if (this.#again) this.#queue.mark(new TopicGap("restarted"));
        this.#again = true;
        return this.#ready.resolve();
      case "value":
        return this.#add([told.value ?? null]);
      case "values":
        return this.#add(told.values);
      case "dropped":
        return this.#queue.mark(new TopicGap("dropped", told.count));
    }
  }

  #add(values: unknown[]): void {
    for (const value of values) {
      // Behind what waited, the queue tells why it takes no more.
      if (!this.#queue.add(value as T, roughSize(value, 0))) return this.#stop();
    }
  }

  readonly #onAbort = ({ target }: Event): void => this.#fail((target as AbortSignal).reason);

  #fail(thrown: unknown): void {
    if (this.#options.signal?.aborted) this.#queue.clear();
    this.#end({ thrown });
  }

  #end(failure: { thrown: unknown } | null): void {
    if (this.#ended.signal.aborted) return;
    this.#queue.end(failure);
    this.#ready.reject(failure?.thrown ?? new DOMException("it was ended", "AbortError"));
    this.#stop();
    this.#serve();
  }

  #stop(): void {
    for (const end of this.#ends) end?.removeEventListener("abort", this.#onAbort);
    this.#ended.abort();
  }
}

/** Whether the app is not there, and may come: by itself, where it was not asked to start. */
function isAway(thrown: unknown, waking: boolean): boolean {
  if (thrown instanceof ConnectionLostError) return true;
  return !waking && (thrown instanceof TargetNotRunningError ||
    // (Nobody has started it here yet, so the registry does not know it.)
    thrown instanceof TargetUnknownError ||
    // It takes connections and does not answer: it begins, or leaves, or hangs.
    thrown instanceof Deno.errors.TimedOut || thrown instanceof TargetStartError);
}

/** What a value takes in memory, about: bytes, characters, and something for all else. */
function roughSize(value: unknown, depth: number): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null || depth > DEPTH_MAX) return 8;
  if (value instanceof Uint8Array) return value.length;
  let size = 16;
  if (Array.isArray(value)) { for (const item of value) size += roughSize(item, depth + 1); }
  // (What JSON makes has own members alone.)
  else for (const name in value) size += roughSize(value[name as keyof typeof value], depth + 1);
  return size;
}

/** What it rejects with, the next `next()` tells. */
function toldByNext(): void {}
