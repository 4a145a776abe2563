/**
 * Handlers that run in threads. The main thread keeps the connection and so answers at once while
 * a handler computes; a handler that does not heed its signal is ended with its thread.
 *
 * @module
 */

import { RemoteError, toWireError, type WireError } from "./errors.ts";
import type { CallContext } from "./methods.ts";
import { iteratorOf } from "./request.ts";

/** Main thread to worker. */
type Order =
  | { type: "run"; params: unknown }
  | { type: "cancel" }
  /** The consumer took this many items. */
  | { type: "taken"; count: number };

/** Worker to main thread. */
type News =
  | { type: "result"; value: unknown }
  | { type: "stream" }
  | { type: "item"; value: unknown }
  | { type: "end" }
  | { type: "error"; error: WireError };

/** A worker's handler runs at most this many items ahead of its consumer. */
const AHEAD = 256;
/** Milliseconds that a cancelled handler has to clean up before its thread is ended. */
const GRACE = 200;
/** Threads kept ready for the next call of their module. */
const IDLE_MAX = 1;

/**
 * Makes this module a worker for {@link NeverLiieIPC.exposeWorker}: call it once, at its top level.
 *
 * @example
 * ```ts ignore
 * // hash_worker.ts
 * serveWorker(async function* ({ files }: { files: string[] }, { signal }) {
 *   for (const file of files) {
 *     signal.throwIfAborted();
 *     yield { file, hash: await hashOf(file) };
 *   }
 * });
 * ```
 *
 * @param handler as for {@link NeverLiieIPC.expose}; its values must be structured-cloneable.
 */
export function serveWorker<P = unknown>(
  handler: (params: P, context: CallContext) => unknown,
): void {
  const scope = globalThis as unknown as {
    onmessage: ((event: MessageEvent<Order>) => void) | null;
    postMessage(news: News): void;
    name: string;
  };
  let cancelled = new AbortController();
  let ahead = 0;
  let proceed: (() => void) | null = null;

  scope.onmessage = ({ data: order }) => {
    if (order.type === "run") void run(order.params as P);
    else if (order.type === "cancel") {
      cancelled.abort();
      proceed?.();
    } else {
      ahead -= order.count;
      if (ahead < AHEAD) proceed?.();
    }
  };

  async function run(params: P): Promise<void> {
    cancelled = new AbortController();
    ahead = 0;
    try {
      const result = await handler(params, { method: scope.name, signal: cancelled.signal });
      const iterator = iteratorOf(result);
      if (iterator === null) {
        scope.postMessage({ type: "result", value: result });
        return;
      }
      scope.postMessage({ type: "stream" });
      for (;;) {
        if (cancelled.signal.aborted) {
          await iterator.return?.();
          break;
        }
        const step = await iterator.next();
        if (step.done) break;
        scope.postMessage({ type: "item", value: step.value });
        if (++ahead >= AHEAD) {
          await new Promise<void>((resolve) => proceed = resolve);
          proceed = null;
        }
      }
      scope.postMessage({ type: "end" });
    } catch (thrown) {
      scope.postMessage({ type: "error", error: toWireError(thrown) });
    }
  }
}

/** The threads of one process. */
export class WorkerPool {
  readonly #idle = new Map<string, Worker[]>();
  readonly #all = new Set<Worker>();

  /** Runs the module's handler; resolves to its value, or to an async iterable where it streams. */
  run(module: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    const worker = this.#idle.get(module)?.pop() ?? this.#create(module);
    const done = (reusable: boolean) => this.#giveBack(module, worker, reusable);
    return new Task(worker, done).start(params, signal);
  }

  /** Ends all threads. */
  close(): void {
    for (const worker of this.#all) worker.terminate();
    this.#all.clear();
    this.#idle.clear();
  }

  #create(module: string): Worker {
    const worker = new Worker(module, { type: "module", name: module });
    this.#all.add(worker);
    return worker;
  }

  #giveBack(module: string, worker: Worker, reusable: boolean): void {
    const idle = this.#idle.get(module) ?? [];
    if (reusable && idle.length < IDLE_MAX && this.#all.has(worker)) {
      idle.push(worker);
      this.#idle.set(module, idle);
    } else {
      this.#all.delete(worker);
      worker.terminate();
    }
  }
}

/** One run of a handler in a thread, seen from the main thread. */
class Task {
  readonly #worker: Worker;
  readonly #done: (reusable: boolean) => void;
  readonly #answer = Promise.withResolvers<unknown>();
  #items: unknown[] = [];
  #over = false;
  #streaming = false;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(worker: Worker, done: (reusable: boolean) => void) {
    this.#worker = worker;
    this.#done = done;
  }

  start(params: unknown, signal: AbortSignal): Promise<unknown> {
    this.#worker.onmessage = ({ data }: MessageEvent<News>) => this.#onNews(data);
    // The module cannot be loaded, or threw outside its handler: that thread is of no more use.
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#finish(new RemoteError(`the worker failed: ${event.message}`, -32603), false);
    };
    if (signal.aborted) this.cancel();
    else signal.addEventListener("abort", () => this.cancel(), { once: true });
    this.#order({ type: "run", params });
    return this.#answer.promise;
  }

  /** Asks the handler to end, and ends its thread when it does not. */
  cancel(): void {
    if (this.#over || this.#grace !== undefined) return;
    this.#order({ type: "cancel" });
    this.#grace = setTimeout(
      () => this.#finish(new DOMException("the task was cancelled", "AbortError"), false),
      GRACE,
    );
  }

  #order(order: Order): void {
    this.#worker.postMessage(order);
  }

  #onNews(news: News): void {
    switch (news.type) {
      case "result":
        this.#answer.resolve(news.value);
        return this.#finish(null, true);
      case "stream":
        this.#streaming = true;
        return this.#answer.resolve(this.#read());
      case "item":
        this.#items.push(news.value);
        this.#wake?.();
        return;
      case "end":
        return this.#finish(null, true);
      case "error": {
        const { message, code, data } = news.error;
        return this.#finish(new RemoteError(message, code, data), true);
      }
    }
  }

  #finish(failure: Error | null, reusable: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    clearTimeout(this.#grace);
    if (failure !== null && !this.#streaming) this.#answer.reject(failure);
    this.#wake?.();
    this.#done(reusable);
  }

  async *#read(): AsyncGenerator<unknown> {
    try {
      for (;;) {
        const items = this.#items;
        if (items.length > 0) {
          this.#items = [];
          for (const item of items) yield item;
          if (!this.#over) this.#order({ type: "taken", count: items.length });
        } else if (this.#over) {
          if (this.#failure !== null) throw this.#failure;
          return;
        } else {
          await new Promise<void>((resolve) => this.#wake = resolve);
          this.#wake = null;
        }
      }
    } finally {
      this.cancel();
    }
  }
}
