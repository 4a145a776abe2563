/**
 * The consuming end of a stream: pages items over and keeps one page in flight.
 *
 * @module
 */

import type { NextPage, StreamPage } from "../../wire/message.ts";
import { checkDuration, TIMER_MAX } from "../../base/timer.ts";
import { type CallBounds, signalWithin } from "./pending_calls.ts";

/** The consumer asks for the next page once fewer items than this wait in it. */
const FETCH_BELOW = 128;

/** How the consuming end reaches the producer: given by the connection. */
export interface StreamRemote {
  /** `$/enumerator/next`. */
  next(token: number | string): Promise<NextPage>;
  /** `$/enumerator/abort`, without waiting. */
  abort(token: number | string): void;
}

/** What opening a stream yields: its first page and the way to the further ones. */
export interface OpenedStream {
  page: StreamPage;
  remote: StreamRemote;
}

/** When and how an {@link IPCStream} is ended from outside. */
export interface StreamOptions {
  /** Ends the stream; a pending or the next `next()` rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The call that it is opened for: ends the stream as its own signal does. */
  within?: CallBounds | undefined;
  /** Milliseconds to wait for each item after the first answer; no limit unless given. */
  itemTimeout?: number | undefined;
}

/**
 * Has `take` given the items of a stream that nobody has read from, a page at a time, as they arrive.
 * Resolves at the stream's end.
 */
export let readPages: (
  stream: IPCStream,
  take: (values: readonly unknown[]) => void,
) => Promise<void>;

/**
 * The items of a streaming method as they arrive.
 *
 * The call is made when the first item is asked for. Leaving a `for await` loop by `break`,
 * `return` or an error cancels the handler at once, and so do {@link cancel} and the signal.
 *
 * @example
 * ```ts
 * import { NeverLiieIPC } from "@neverliie/ipc";
 *
 * await using app = await NeverLiieIPC.open("ticker", { launch: false });
 * const ended = Promise.withResolvers<void>();
 * app.expose("ticks", async function* (_params, { signal }) {
 *   signal.addEventListener("abort", () => ended.resolve());
 *   for (let n = 1; !signal.aborted; n++) yield n;
 * });
 *
 * await using client = await NeverLiieIPC.client();
 * for await (const n of client.stream<number>("ticker", "ticks")) {
 *   if (n === 1_000) break; // the handler's signal fires
 * }
 * await ended.promise;
 * ```
 */
export class IPCStream<T = unknown> implements AsyncIterableIterator<T>, AsyncDisposable {
  readonly #open: (signal: AbortSignal) => Promise<OpenedStream>;
  readonly #itemTimeout: number | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #ended = new AbortController();
  #opening: Promise<void> | null = null;
  #remote: StreamRemote | null = null;
  #token: number | string | null = null;
  #fetching: Promise<void> | null = null;
  #items: unknown[] = [];
  #at = 0;
  #failure: { thrown: unknown } | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  /** How many `next()` wait for their turn. */
  #waiting = 0;
  /** Who is given pages, in place of a reader of items; told of the end. */
  #pages: { take(values: readonly unknown[]): void; ended(): void } | null = null;

  static {
    readPages = (stream, take) => stream.#readPages(take);
  }

  /** Made by {@link NeverLiieIPC.stream}. */
  constructor(open: (signal: AbortSignal) => Promise<OpenedStream>, options: StreamOptions = {}) {
    checkDuration("itemTimeout", options.itemTimeout);
    this.#open = open;
    this.#itemTimeout = options.itemTimeout;
    const signal = this.#signal = signalWithin(options);
    if (signal?.aborted) this.#fail(signal.reason);
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** The stream itself: it can be read once. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next item. Calls may overlap: they are answered in order. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiting === 0 && this.#at < this.#items.length) {
      const value = this.#items[this.#at++] as T;
      this.#fetchAhead();
      return Promise.resolve({ value, done: false });
    }
    this.#waiting++;
    const turn = this.#turn.then(() => this.#wait()).finally(() => this.#waiting--);
    this.#turn = turn.catch(ignoreAfterEnd);
    return turn;
  }

  /** Ends the stream and cancels its handler; what `break` in a `for await` calls. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.cancel();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** Ends the stream: the handler's signal fires at once, the iteration ends without an error. */
  cancel(): void {
    this.#finish();
    this.#items = [];
    this.#at = 0;
  }

  /** What `await using` calls: {@link cancel}. */
  [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    return Promise.resolve();
  }

  async #wait(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      if (this.#at < this.#items.length) {
        const value = this.#items[this.#at++] as T;
        this.#fetchAhead();
        return { value, done: false };
      }
      if (this.#failure !== null) {
        const { thrown } = this.#failure;
        this.#finish();
        throw thrown;
      }
      if (this.#ended.signal.aborted) return { value: undefined, done: true };
      if (this.#opening === null) {
        this.#opening = this.#begin();
        await this.#untilEnd(this.#opening);
      } else if (this.#token === null) {
        this.#finish();
      } else {
        this.#fetchAhead();
        await this.#untilEnd(this.#fetching!, this.#itemTimeout);
      }
    }
  }

  #readPages(take: (values: readonly unknown[]) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = () => this.#failure === null ? resolve() : reject(this.#failure.thrown);
      this.#pages = { take, ended };
      if (this.#ended.signal.aborted) ended();
      else void this.#fetchAll();
    });
  }

  async #fetchAll(): Promise<void> {
    await (this.#opening = this.#begin());
    // (What a page's reader does at once leaves together with the request for the next one.)
    for (; this.#fetching !== null; this.#fetchAhead()) await this.#fetching;
    this.#finish();
  }

  async #begin(): Promise<void> {
    try {
      const { page, remote } = await this.#open(this.#ended.signal);
      if (this.#ended.signal.aborted) {
        if (page.token !== undefined) remote.abort(page.token);
        return;
      }
      this.#remote = remote;
      this.#token = page.token ?? null;
      this.#take(page.values);
      this.#fetchAhead();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Keeps one `next` in flight while few items wait here. */
  #fetchAhead(): void {
    if (this.#token === null || this.#fetching !== null || this.#remote === null) return;
    if (this.#items.length - this.#at >= FETCH_BELOW) return;
    this.#fetching = this.#fetch(this.#token, this.#remote);
  }

  async #fetch(token: number | string, remote: StreamRemote): Promise<void> {
    try {
      const page = await remote.next(token);
      if (page.finished) this.#token = null;
      if (!this.#ended.signal.aborted) this.#take(page.values);
    } catch (thrown) {
      this.#token = null;
      this.#fail(thrown);
    } finally {
      this.#fetching = null;
    }
  }

  #take(values: readonly unknown[]): void {
    if (this.#pages !== null) this.#pages.take(values);
    else if (this.#at === this.#items.length) {
      this.#items = values as unknown[];
      this.#at = 0;
    } else {
      for (const value of values) this.#items.push(value);
    }
  }

  /** Waits for `work`, but no longer than the stream lives or `timeout` allows. */
  async #untilEnd(work: Promise<void>, timeout?: number): Promise<void> {
    const { signal } = this.#ended;
    if (signal.aborted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onEnd = () => {};
    const ended = new Promise<void>((resolve) => {
      onEnd = () => resolve();
      signal.addEventListener("abort", onEnd, { once: true });
      if (timeout !== undefined && timeout < TIMER_MAX) {
        timer = setTimeout(() => {
          this.#fail(new Deno.errors.TimedOut(`Cannot read the stream: no item in ${timeout} ms`));
        }, timeout);
      }
    });
    try {
      await Promise.race([work, ended]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onEnd);
    }
  }

  readonly #onAbort = (): void => this.#fail(this.#signal!.reason);

  /** Ends the stream with an error, which comes after the items that arrived before it. */
  #fail(thrown: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#failure = { thrown };
    if (this.#signal?.aborted) {
      this.#items = [];
      this.#at = 0;
    }
    this.#end();
  }

  #finish(): void {
    this.#failure = null;
    this.#end();
  }

  #end(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    if (this.#token !== null) this.#remote?.abort(this.#token);
    this.#token = null;
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(this.#failure?.thrown);
    this.#pages?.ended();
  }
}

/** The error has gone to the one who waited; those behind it look for themselves. */
function ignoreAfterEnd(): void {}
