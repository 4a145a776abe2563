/**
 * Handlers that run in threads, seen from the thread: what a worker's module calls.
 *
 * @module
 */

import { messageOf, toWireError, type WireError } from "../wire/errors.ts";
import { whyUnwritten } from "../wire/bytes.ts";
import type { CallContext } from "../methods/methods.ts";
import type { TraceContext } from "../wire/message.ts";
import { endEarly, iteratorOf, stepOf } from "../base/handler_result.ts";
import { Telemetry } from "../session/telemetry.ts";

/** Main thread to worker. */
export type Order =
  | RunOrder
  | { type: "cancel" }
  /** To be heard when the thread comes back to its event loop: nobody waits for it any more. */
  | { type: "end" }
  /** The consumer took this many items. */
  | { type: "taken"; count: number };

/** What a thread is to run, and within which bounds. */
interface RunOrder {
  type: "run";
  method: string;
  params: unknown;
  attempt?: number;
  /** Milliseconds that the caller waits on, and when that was so, since the epoch. */
  left: number;
  at: number;
  trace: TraceContext | undefined;
}

/** Worker to main thread. */
export type News =
  | { type: "result"; value: unknown }
  | { type: "stream" }
  | { type: "item"; value: unknown }
  | { type: "end" }
  | { type: "error"; error: WireError };

/** What a thread is started with. */
export interface ThreadData {
  /**
   * Two 32-bit words: the first is not 0 once the running handler is cancelled, the second once the
   * thread takes orders.
   */
  words: SharedArrayBuffer;
}

/** What a handler in a thread gets beside its parameters: the caller is out of its reach. */
export type WorkerContext = Omit<CallContext, "caller">;

/** A worker's handler runs at most this many items ahead of its consumer. */
const AHEAD = 256;

/**
 * Makes this module a worker for {@link NeverLiieIPC.exposeWorker}: call it once, at its top level.
 *
 * A handler may use the mesh itself, as a client. On Windows it must have closed it when its thread
 * ends: within 200 ms of its signal. The process crashes otherwise.
 *
 * @example
 * ```ts ignore
 * // hash_worker.ts: runs in a thread, not by itself
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
  handler: (params: P, context: WorkerContext) => unknown,
): void {
  const { parentPort, workerData } = threads();
  if (parentPort === null) throw new TypeError("Cannot serve: this module is not run as a worker");
  const words = new Int32Array((workerData as ThreadData).words);
  const running = new Running(handler as Handler, words, (news) => parentPort.postMessage(news));
  parentPort.on("message", (order: Order) => running.obey(order));
  Atomics.store(words, 1, 1);
}

type Handler = (params: unknown, context: WorkerContext) => unknown;

/** The thread's handler: one run of it at a time, as the main thread orders. */
class Running {
  readonly #handler: Handler;
  readonly #words: Int32Array;
  readonly #send: (news: News) => void;
  #current = new AbortController();
  /** Items that the consumer has not taken. */
  #ahead = 0;
  #proceed: (() => void) | null = null;

  constructor(handler: Handler, words: Int32Array, send: (news: News) => void) {
    this.#handler = handler;
    this.#words = words;
    this.#send = send;
  }

  obey(order: Order): void {
    if (order.type === "run") {
      const work = () => this.#run(order);
      if (order.trace === undefined) void work();
      else void (Telemetry.find()?.within(order.trace, work) ?? work());
    } else if (order.type === "end") {
      // (Not process.exit: a thread needs no permission to end itself.)
      (globalThis as unknown as { close(): void }).close();
    } else if (order.type === "cancel") {
      this.#current.abort();
      this.#proceed?.();
    } else {
      this.#ahead -= order.count;
      if (this.#ahead < AHEAD) this.#proceed?.();
    }
  }

  async #run({ method, params, attempt = 1, left, at, trace = {} }: RunOrder): Promise<void> {
    this.#current = new AbortController();
    this.#ahead = 0;
    const signal = signalOf(this.#current, this.#words);
    let iterator: ReturnType<typeof iteratorOf> = null;
    try {
      // (A thread that had to be loaded first has taken some of the time.)
      const deadline = performance.now() + left - Math.max(0, Date.now() - at);
      const context = { method, signal, deadline, attempt, trace };
      const result = await this.#handler(params, context);
      iterator = iteratorOf(result);
      if (iterator === null) return this.#give({ type: "result", value: result }, "its answer");
      this.#send({ type: "stream" });
      await this.#sendItems(iterator, signal);
      this.#send({ type: "end" });
    } catch (thrown) {
      this.#sendError(toWireError(thrown));
      // (An item that no other thread can be given is no error of the handler's, which goes on.)
      if (iterator !== null) await endEarly(iterator);
    }
  }

  async #sendItems(
    iterator: NonNullable<ReturnType<typeof iteratorOf>>,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      if (signal.aborted) return void await iterator.return?.();
      const step = stepOf(await iterator.next());
      if (step.done) return;
      this.#give({ type: "item", value: step.value }, "an item");
      if (++this.#ahead >= AHEAD) {
        await new Promise<void>((resolve) => this.#proceed = resolve);
        this.#proceed = null;
      }
    }
  }

  /** @throws {TypeError} on what no other thread can be given, such as a function. */
  #give(news: News, what: string): void {
    try {
      this.#send(news);
    } catch (error) {
      throw new TypeError(`${what} cannot be taken from its thread: ${messageOf(error)}`);
    }
  }

  /** Data that no other thread can be given travel as their JSON; what has none is left behind. */
  #sendError({ code, message, data }: WireError): void {
    try {
      return this.#send({ type: "error", error: { code, message, data } });
    } catch {
      // It holds a function, say.
    }
    try {
      data = JSON.parse(JSON.stringify(data));
      this.#send({ type: "error", error: { code, message, data } });
    } catch (thrown) {
      const why = `${message} (its data cannot be sent: ${whyUnwritten(thrown)})`;
      this.#send({ type: "error", error: { code, message: why } });
    }
  }
}

/**
 * Node's module, not imported: every program loads this file, and only a thread needs that one. Not
 * later either: what is sent to a thread before it listens is lost.
 *
 * @see https://nodejs.org/api/process.html#processgetbuiltinmoduleid
 */
function threads(): typeof import("node:worker_threads") {
  type Threads = typeof import("node:worker_threads");
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(id: "node:worker_threads"): Threads };
  };
  return process.getBuiltinModule("node:worker_threads");
}

/** The controller's signal, which also looks at the word that the main thread sets. */
function signalOf(controller: AbortController, words: Int32Array): AbortSignal {
  const { signal } = controller;
  const aborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")!;
  let told = false;
  const look = (): boolean => {
    if (!told && Atomics.load(words, 0) !== 0) {
      // Aborting looks at the signal in its turn.
      told = true;
      controller.abort();
    }
    return aborted.get!.call(signal);
  };
  return Object.defineProperties(signal, {
    aborted: { get: look },
    throwIfAborted: {
      value: () => {
        if (look()) throw signal.reason;
      },
    },
  });
}
