/**
 * The calls of a process, told to those who watch it while it answers them: `$/watch`. While
 * nobody does, it costs a look at one number a call.
 *
 * @module
 */

import { toWireError } from "./errors.ts";
import { argument } from "./message.ts";
import { type IncomingRequest, iteratorOf } from "./request.ts";

/** What a watcher is told; instants are in milliseconds since the epoch. */
export type WatchEvent =
  /** The first one, at once: all calls that begin from now on are told. */
  | { event: "watching"; at: number; pid: number }
  | CallBegan
  | CallEnded
  /** The watcher was too slow, and this many events are missing here. */
  | { event: "dropped"; at: number; count: number };

/** A call, a stream or a notification has come. */
export interface CallBegan {
  /** What is told. */
  event: "began";
  /** When, in milliseconds since the epoch. */
  at: number;
  /** Tells it from others of this process; from 1. */
  call: number;
  /** The method's name. */
  method: string;
  /** The names of the params that were given, or how many positions. */
  names: string[] | number;
  /** The params themselves, for a watcher that asked for them. */
  params?: unknown;
}

/** It was answered, has failed, or was given up by its caller. */
export interface CallEnded {
  /** What is told. */
  event: "ended";
  /** When, in milliseconds since the epoch. */
  at: number;
  /** The number that it began with. */
  call: number;
  /** The method's name. */
  method: string;
  /** Given up by its caller is "cancelled", whatever the handler does then. */
  outcome: "answered" | "failed" | "cancelled";
  /** How long it took; a stream until its last item was made. */
  milliseconds: number;
  /** Of a stream: how many items it made. */
  items?: number;
  /** Of one that failed: why, as its caller is told. */
  error?: { code: number; message: string };
}

/** Events that wait for one watcher; more are dropped and counted. */
const QUEUE_MAX = 10_000;

interface Watcher {
  withParams: boolean;
  queue: WatchEvent[];
  dropped: number;
  wake: () => void;
}

/** Those who watch one process. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();
  #calls = 0;

  /** Whether anybody watches. */
  get any(): boolean {
    return this.#watchers.size > 0;
  }

  /** Answers `$/watch {params?: boolean}`: the events, until the caller ends the stream. */
  async *watch(request: IncomingRequest): AsyncGenerator<WatchEvent> {
    let ended = false;
    const withParams = argument(request.params, "params") === true;
    const watcher: Watcher = { withParams, queue: [], dropped: 0, wake: () => {} };
    request.onAbort(() => {
      ended = true;
      watcher.wake();
    });
    this.#watchers.add(watcher);
    try {
      yield { event: "watching", at: Date.now(), pid: Deno.pid };
      while (!ended) {
        const events = watcher.queue;
        watcher.queue = [];
        yield* events;
        if (watcher.dropped > 0) {
          const count = watcher.dropped;
          watcher.dropped = 0;
          yield { event: "dropped", at: Date.now(), count };
        }
        if (watcher.queue.length > 0 || ended) continue;
        await new Promise<void>((resolve) => watcher.wake = resolve);
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  /** Runs a handler and tells of it. What it returns or throws is passed on. */
  observe(request: IncomingRequest, handle: () => unknown): unknown {
    const { method } = request;
    const call = ++this.#calls;
    const start = performance.now();
    this.#tellBegan(call, request);
    let over = false;
    const end = (outcome: CallEnded["outcome"], rest: Partial<CallEnded> = {}) => {
      if (over) return;
      over = true;
      const milliseconds = Math.round((performance.now() - start) * 1_000) / 1_000;
      this.#tell({ event: "ended", at: Date.now(), call, method, outcome, milliseconds, ...rest });
    };
    const failed = (error: unknown): never => {
      end("failed", { error: reasonOf(error) });
      throw error;
    };
    request.onAbort(() => end("cancelled"));
    const done = (result: unknown): unknown => {
      const iterator = iteratorOf(result);
      if (iterator !== null) return counted(iterator, end, failed);
      end("answered");
      return result;
    };
    try {
      const result = handle();
      const isPromise = typeof (result as PromiseLike<unknown> | undefined)?.then === "function";
      return isPromise ? (result as PromiseLike<unknown>).then(done, failed) : done(result);
    } catch (error) {
      return failed(error);
    }
  }

  #tellBegan(call: number, { method, params = {} }: IncomingRequest): void {
    const names = Array.isArray(params) ? params.length : Object.keys(params);
    const event: CallBegan = { event: "began", at: Date.now(), call, method, names };
    for (const watcher of this.#watchers) {
      this.#add(watcher, watcher.withParams ? { ...event, params } : event);
    }
  }

  #tell(event: WatchEvent): void {
    for (const watcher of this.#watchers) this.#add(watcher, event);
  }

  #add(watcher: Watcher, event: WatchEvent): void {
    if (watcher.queue.length < QUEUE_MAX) watcher.queue.push(event);
    else watcher.dropped++;
    watcher.wake();
  }
}

function reasonOf(thrown: unknown): { code: number; message: string } {
  const { code, message } = toWireError(thrown);
  return { code, message };
}

/** The items of a stream, counted. */
function counted(
  iterator: AsyncIterator<unknown> | Iterator<unknown>,
  end: (outcome: CallEnded["outcome"], rest: Partial<CallEnded>) => void,
  failed: (error: unknown) => never,
): AsyncIterableIterator<unknown> {
  let items = 0;
  return {
    async next() {
      try {
        const step = await iterator.next();
        if (step.done) end("answered", { items });
        else items++;
        return step;
      } catch (error) {
        return failed(error);
      }
    },
    async return() {
      try {
        await iterator.return?.();
      } finally {
        end("cancelled", { items });
      }
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
