/**
 * Handlers that run in threads. The main thread keeps the connection and so answers at once while
 * a handler computes.
 *
 * Cancelling reaches a handler that computes without a pause through shared memory, when it looks
 * at its signal. One that never looks is given up: its caller is answered, its thread told to end.
 * Deno ends such a thread only when it comes back to its event loop, or with the process; see
 * docs/decisions/0007-workers-call-serve-worker.md.
 *
 * @module
 */

// Loaded with the first thread: most programs have none.
import type { Worker } from "node:worker_threads";
import { RemoteError } from "./errors.ts";
import type { News, Order, ThreadData } from "./worker.ts";

/** Milliseconds that a cancelled handler has to clean up before its thread is given up. */
const GRACE = 200;
/** Threads kept ready for the next call of their module. */
const IDLE_MAX = 1;

/** The threads of one process. */
export class WorkerPool {
  readonly #idle = new Map<string, Thread[]>();
  readonly #all = new Set<Thread>();
  #closed = false;

  /**
   * Runs the module's handler; resolves to its value, or to an async iterable where it streams.
   *
   * @param module the module's URL
   * @param method told to the handler
   */
  async run(
    module: string,
    method: string,
    params: unknown,
    signal: AbortSignal,
  ): Promise<unknown> {
    const thread = this.#idle.get(module)?.pop() ?? await this.#create(module, method);
    const done = (reusable: boolean) => this.#giveBack(module, thread, reusable);
    return new Task(thread, done).start(params, signal);
  }

  /** How many threads there are, idle ones included. */
  get size(): number {
    return this.#all.size;
  }

  /** Ends all threads. */
  close(): void {
    this.#closed = true;
    for (const thread of this.#all) thread.end();
    this.#all.clear();
    this.#idle.clear();
  }

  async #create(module: string, method: string): Promise<Thread> {
    // Node's worker threads rather than the Web's: a Web Worker that was terminated in the middle
    // of a computation keeps the whole process from ending (seen with Deno 2.9.5).
    const { Worker } = await import("node:worker_threads");
    if (this.#closed) throw new TypeError("Cannot start a thread: this process leaves the mesh");
    const cancelled = new Int32Array(new SharedArrayBuffer(4));
    const workerData: ThreadData = { method, cancelled: cancelled.buffer };
    const thread = new Thread(new Worker(new URL(module), { workerData }), cancelled);
    this.#all.add(thread);
    return thread;
  }

  #giveBack(module: string, thread: Thread, reusable: boolean): void {
    const idle = this.#idle.get(module) ?? [];
    if (reusable && idle.length < IDLE_MAX && this.#all.has(thread)) {
      idle.push(thread);
      this.#idle.set(module, idle);
      thread.onFailure = () => this.#forget(module, thread);
    } else {
      this.#all.delete(thread);
      thread.end();
    }
  }

  /** An idle thread has ended by itself. */
  #forget(module: string, thread: Thread): void {
    this.#all.delete(thread);
    this.#idle.set(module, this.#idle.get(module)?.filter((idle) => idle !== thread) ?? []);
  }
}

/** One thread, seen from the main thread. */
class Thread {
  readonly #worker: Worker;
  /** One word, shared with the thread. */
  readonly #cancelled: Int32Array;
  onNews: (news: News) => void = () => {};
  onFailure: (error: Error) => void = () => {};

  constructor(worker: Worker, cancelled: Int32Array) {
    this.#worker = worker;
    this.#cancelled = cancelled;
    this.#worker.on("message", (news: News) => this.onNews(news));
    // The module cannot be loaded, or threw outside its handler: the thread is of no more use.
    this.#worker.on("error", (error: Error) => this.onFailure(error));
    this.#worker.on("exit", () => this.onFailure(new Error("its thread ended")));
  }

  run(params: unknown): void {
    Atomics.store(this.#cancelled, 0, 0);
    this.order({ type: "run", params });
  }

  /** Tells the handler at once, whether or not it comes back to its event loop. */
  cancel(): void {
    Atomics.store(this.#cancelled, 0, 1);
    this.order({ type: "cancel" });
  }

  order(order: Order): void {
    this.#worker.postMessage(order);
  }

  end(): void {
    void this.#worker.terminate();
  }
}

/** One run of a handler in a thread. */
class Task {
  readonly #thread: Thread;
  readonly #done: (reusable: boolean) => void;
  readonly #answer = Promise.withResolvers<unknown>();
  #items: unknown[] = [];
  #over = false;
  #streaming = false;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(thread: Thread, done: (reusable: boolean) => void) {
    this.#thread = thread;
    this.#done = done;
  }

  start(params: unknown, signal: AbortSignal): Promise<unknown> {
    this.#thread.onNews = (news) => this.#onNews(news);
    this.#thread.onFailure = (error) =>
      this.#finish(new RemoteError(`the worker failed: ${error.message}`, -32603), false);
    this.#thread.run(params);
    if (signal.aborted) this.cancel();
    else signal.addEventListener("abort", () => this.cancel(), { once: true });
    return this.#answer.promise;
  }

  /** Tells the handler to end, and gives its thread up when it does not. */
  cancel(): void {
    if (this.#over || this.#grace !== undefined) return;
    this.#thread.cancel();
    this.#grace = setTimeout(
      () => this.#finish(new DOMException("the task was cancelled", "AbortError"), false),
      GRACE,
    );
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
          if (!this.#over) this.#thread.order({ type: "taken", count: items.length });
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
