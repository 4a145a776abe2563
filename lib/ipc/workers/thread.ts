/**
 * A thread and what it runs, seen from the main thread.
 *
 * @module
 */

// Loaded with the first thread: most programs have none.
import type { Worker } from "node:worker_threads";
import { ErrorCode, messageOf, RemoteError } from "../wire/errors.ts";
import type { CallBounds } from "../session/calling/pending_calls.ts";
import { Telemetry } from "../session/telemetry.ts";
import type { News, Order, ThreadData } from "./worker.ts";

/** Milliseconds that a cancelled handler has to clean up before its thread is given up. */
const GRACE = 200;

/** What a thread is to run. */
export interface Job {
  method: string;
  params: unknown;
  /** Which time its caller asks; 1 unless given. */
  attempt?: number;
}

/** What becomes of a thread after a task: it can run another, still computes, or has ended. */
export type ThreadState = "free" | "stuck" | "ended";

/** One thread. */
export class Thread {
  readonly #worker: Worker;
  /** Shared with the thread: whether its handler is cancelled, and whether it takes orders. */
  readonly #words = new Int32Array(new SharedArrayBuffer(8));
  onNews: (news: News) => void = () => {};
  /** Told what ended the thread, which may be any value. */
  onFailure: (error: unknown) => void = () => {};

  onExit: () => void = () => {};

  /**
   * @param WorkerThread the class, which the caller has loaded
   * @param module the module's URL
   */
  constructor(WorkerThread: typeof Worker, module: string) {
    const workerData: ThreadData = { words: this.#words.buffer as SharedArrayBuffer };
    this.#worker = new WorkerThread(new URL(module), { workerData });
    this.#worker.on("message", (news: News) => this.onNews(news));
    // The module cannot be loaded, or threw outside its handler: the thread is of no more use.
    this.#worker.on("error", (error: unknown) => this.onFailure(error));
    this.#worker.on("exit", () => {
      this.onFailure(new Error("its thread ended"));
      this.onExit();
    });
  }

  run(job: Job, { deadline, trace }: CallBounds): void {
    Atomics.store(this.#words, 0, 0);
    // Its clock of milliseconds began with the thread.
    const left = deadline - performance.now();
    this.order({ type: "run", ...job, left, at: Date.now(), trace });
  }

  /** Tells the handler at once, whether or not it comes back to its event loop. */
  cancel(): void {
    Atomics.store(this.#words, 0, 1);
    this.order({ type: "cancel" });
  }

  order(order: Order): void {
    this.#worker.postMessage(order);
  }

  end(): void {
    void this.#worker.terminate();
  }

  /**
   * Has a thread end as soon as it comes back to its event loop, and tells when it has. Meanwhile it
   * keeps no program from ending. (`terminate` would tell at once, and end it no sooner.)
   */
  endWhenIdle(onExit: () => void): void {
    this.onExit = onExit;
    this.#worker.unref();
    if (Atomics.load(this.#words, 1) === 1) return this.order({ type: "end" });
    // It is still loading, and would not take the order.
    this.end();
  }
}

/** How far a task is: it has no answer yet, or its answer is a stream, or it is over. */
type TaskState = "called" | "streaming" | { failure: Error | null };

/** One run of a handler in a thread. */
export class Task {
  readonly #thread: Thread;
  readonly #done: (state: ThreadState) => void;
  readonly #answer = Promise.withResolvers<unknown>();
  #items: unknown[] = [];
  #state: TaskState = "called";
  #wake: (() => void) | null = null;
  #grace: ReturnType<typeof setTimeout> | undefined;

  /** @param done told once, when the handler has ended or was given up */
  constructor(thread: Thread, done: (state: ThreadState) => void) {
    this.#thread = thread;
    this.#done = done;
  }

  start(job: Job, { signal, deadline, trace }: CallBounds): Promise<unknown> {
    const failure = (why: string, error: unknown) => {
      const message = `Cannot answer "${job.method}": ${why}: ${messageOf(error)}`;
      return new RemoteError(message, ErrorCode.InternalError);
    };
    this.#thread.onNews = (news) => this.#onNews(news);
    this.#thread.onFailure = (error) => this.#finish(failure("the worker failed", error), "ended");
    try {
      // The span that the handler's belong to.
      this.#thread.run(job, { signal, deadline, trace: Telemetry.find()?.carried() ?? trace });
    } catch (error) {
      this.#finish(failure("its params cannot be given to a thread", error), "free");
      return this.#answer.promise;
    }
    if (signal.aborted) this.cancel();
    else signal.addEventListener("abort", () => this.cancel(), { once: true });
    return this.#answer.promise;
  }

  /** Tells the handler to end, and gives its thread up when it does not. */
  cancel(): void {
    if (typeof this.#state === "object" || this.#grace !== undefined) return;
    this.#thread.cancel();
    this.#grace = setTimeout(
      () => this.#finish(new DOMException("the task was cancelled", "AbortError"), "stuck"),
      GRACE,
    );
  }

  #onNews(news: News): void {
    switch (news.type) {
      case "result":
        this.#answer.resolve(news.value);
        return this.#finish(null, "free");
      case "stream":
        // (A handler that was given up may come to that all the same.)
        if (this.#state === "called") this.#state = "streaming";
        return this.#answer.resolve(this.#read());
      case "item":
        this.#items.push(news.value);
        this.#wake?.();
        return;
      case "end":
        return this.#finish(null, "free");
      case "error": {
        const { message, code, data } = news.error;
        return this.#finish(new RemoteError(message, code, data), "free");
      }
    }
  }

  #finish(failure: Error | null, state: ThreadState): void {
    if (typeof this.#state === "object") return;
    if (failure !== null && this.#state === "called") this.#answer.reject(failure);
    this.#state = { failure };
    clearTimeout(this.#grace);
    this.#wake?.();
    this.#done(state);
  }

  async *#read(): AsyncGenerator<unknown> {
    try {
      for (;;) {
        const items = this.#items;
        if (items.length > 0) {
          this.#items = [];
          for (const item of items) yield item;
          const over = typeof this.#state === "object";
          if (!over) this.#thread.order({ type: "taken", count: items.length });
        } else if (typeof this.#state === "object") {
          if (this.#state.failure !== null) throw this.#state.failure;
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
