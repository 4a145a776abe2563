/**
 * The room of threads: handlers that compute, run beside the thread that keeps the connections. It
 * knows the handlers of `methods/`, the spans of `session/` and how errors travel (`wire/`); it must
 * not know connections, names or the registry.
 *
 * This file is the app's side: how many threads run, and which task each has.
 *
 * Cancelling reaches a handler that computes without a pause through shared memory, when it looks
 * at its signal. One that never looks is given up: its caller is answered, its thread told to end.
 * Deno ends such a thread only when it comes back to its event loop, or with the process; see
 * docs/decisions/0007-workers-call-serve-worker.md. Until then it counts.
 *
 * @module
 */

// Loaded with the first thread: most programs have none.
import type { Worker } from "node:worker_threads";
import type { Handler } from "../methods/methods.ts";
import { LimitExceededError } from "../wire/errors.ts";
import type { CallBounds } from "../session/calling/pending_calls.ts";
import { type Job, Task, Thread, type ThreadState } from "./thread.ts";

export { serveWorker, type WorkerContext } from "./worker.ts";

/** A task that waits for a thread. */
interface Waiting {
  module: string;
  resolve(thread: Thread): void;
  reject(error: unknown): void;
}

/** The threads of one process. */
export class WorkerPool {
  readonly #max: number;
  #Worker: typeof Worker | null = null;
  /** One of each module at most, ready for its next task. */
  readonly #idle = new Map<string, Thread>();
  /** Those that have a task, and the idle ones. */
  readonly #threads = new Set<Thread>();
  /** Those that were given up and have not ended. */
  readonly #stuck = new Set<Thread>();
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #closed = false;

  /** @param max how many threads there may be; tasks beyond them wait for one */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Runs the module's handler; resolves to its value, or to an async iterable where it streams.
   *
   * @param module the module's URL
   * @throws {LimitExceededError} when no thread can become free: cancelled handlers hold them all
   */
  async run(module: string, job: Job, bounds: CallBounds): Promise<unknown> {
    // Node's worker threads rather than the Web's: a Web Worker that was terminated in the middle
    // of a computation keeps the whole process from ending (seen with Deno 2.9.5).
    this.#Worker ??= (await import("node:worker_threads")).Worker;
    const thread = this.#take(module) ?? await this.#turn(module, bounds.signal);
    if (this.#closed) throw closed();
    return new Task(thread, (state) => this.#giveBack(module, thread, state)).start(job, bounds);
  }

  /** A handler that runs the module's handler of `method`. */
  handler(module: string, method: string): Handler {
    return (params, context) =>
      this.run(module, { method, params, attempt: context.attempt }, context);
  }

  /** How many threads there are: idle ones, and those that were given up, included. */
  get size(): number {
    return this.#threads.size + this.#stuck.size;
  }

  /** Ends all threads. */
  close(): void {
    this.#closed = true;
    for (const thread of [...this.#threads, ...this.#stuck]) thread.end();
    this.#threads.clear();
    this.#stuck.clear();
    this.#idle.clear();
    this.#refuseWaiting(closed());
  }

  /** A thread for a task; `null` where there are as many as may be, all with a task. */
  #take(module: string): Thread | null {
    if (this.#closed) throw closed();
    const idle = this.#idle.get(module);
    if (idle !== undefined) {
      this.#idle.delete(module);
      return idle;
    }
    if (this.size >= this.#max) {
      // An idle one of another module makes room.
      const [other] = this.#idle;
      if (other === undefined) return null;
      this.#forget(...other);
    }
    const thread = new Thread(this.#Worker!, module);
    this.#threads.add(thread);
    return thread;
  }

  /** Waits for a thread, as long as the signal allows. */
  #turn(module: string, signal: AbortSignal): Promise<Thread> {
    const { promise, resolve, reject } = Promise.withResolvers<Thread>();
    if (signal.aborted) reject(signal.reason);
    else if (this.#stuck.size >= this.#max) reject(this.#allStuck());
    else {
      const waiting = { module, resolve, reject };
      const onAbort = () => {
        this.#waiting.delete(waiting);
        reject(signal.reason);
      };
      this.#waiting.add(waiting);
      signal.addEventListener("abort", onAbort, { once: true });
      const unlisten = () => signal.removeEventListener("abort", onAbort);
      promise.then(unlisten, unlisten);
    }
    return promise;
  }

  #giveBack(module: string, thread: Thread, state: ThreadState): void {
    if (this.#closed) return;
    if (state === "free" && !this.#idle.has(module)) {
      this.#idle.set(module, thread);
      // It may end by itself.
      thread.onFailure = () => this.#forget(module, thread);
    } else {
      this.#threads.delete(thread);
      if (state === "stuck") this.#leaveStuck(thread);
      else thread.end();
    }
    this.#serveWaiting();
  }

  #leaveStuck(thread: Thread): void {
    this.#stuck.add(thread);
    if (this.#stuck.size >= this.#max) this.#refuseWaiting(this.#allStuck());
    thread.endWhenIdle(() => {
      this.#stuck.delete(thread);
      this.#serveWaiting();
    });
  }

  #serveWaiting(): void {
    for (const waiting of this.#waiting) {
      try {
        const thread = this.#take(waiting.module);
        if (thread === null) break;
        waiting.resolve(thread);
      } catch (error) {
        waiting.reject(error);
      }
      this.#waiting.delete(waiting);
    }
  }

  #refuseWaiting(error: Error): void {
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  #allStuck(): LimitExceededError {
    const why = `all ${this.#max} compute for handlers that were cancelled and never looked`;
    return new LimitExceededError(`Cannot start a thread: ${why}`, { limit: "threads" });
  }

  /** Ends an idle thread. */
  #forget(module: string, thread: Thread): void {
    if (this.#idle.get(module) === thread) this.#idle.delete(module);
    this.#threads.delete(thread);
    thread.end();
  }
}

function closed(): TypeError {
  return new TypeError("Cannot start a thread: this process leaves the mesh");
}
