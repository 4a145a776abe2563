/**
 * Handlers that run in threads, seen from the thread: what a worker's module calls.
 *
 * @module
 */

import { toWireError, type WireError } from "../wire/errors.ts";
import { whyUnwritten } from "../wire/bytes.ts";
import type { CallContext } from "../methods/methods.ts";
import type { TraceContext } from "../wire/message.ts";
import { endEarly, iteratorOf } from "../base/handler_result.ts";
import { Telemetry } from "../session/telemetry.ts";

/** Main thread to worker. */
export type Order =
  | { type: "run"; method: string; params: unknown; trace?: TraceContext | undefined }
  | { type: "cancel" }
  /** To be heard when the thread comes back to its event loop: nobody waits for it any more. */
  | { type: "end" }
  /** The consumer took this many items. */
  | { type: "taken"; count: number };

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
  const port = parentPort;
  const words = new Int32Array((workerData as ThreadData).words);
  const send = (news: News) => port.postMessage(news);
  let current = new AbortController();
  let ahead = 0;
  let proceed: (() => void) | null = null;

  port.on("message", (order: Order) => {
    if (order.type === "run") {
      const { method, params, trace } = order;
      const work = () => run(method, params as P);
      if (trace === undefined) void work();
      else void (Telemetry.find()?.within(trace, work) ?? work());
    } else if (order.type === "end") {
      // (Not process.exit: a thread needs no permission to end itself.)
      (globalThis as unknown as { close(): void }).close();
    } else if (order.type === "cancel") {
      current.abort();
      proceed?.();
    } else {
      ahead -= order.count;
      if (ahead < AHEAD) proceed?.();
    }
  });

  Atomics.store(words, 1, 1);

  async function run(method: string, params: P): Promise<void> {
    current = new AbortController();
    ahead = 0;
    const signal = signalOf(current, words);
    let iterator: ReturnType<typeof iteratorOf> = null;
    try {
      const result = await handler(params, { method, signal });
      iterator = iteratorOf(result);
      if (iterator === null) return send({ type: "result", value: result });
      send({ type: "stream" });
      for (;;) {
        if (signal.aborted) {
          await iterator.return?.();
          break;
        }
        const step = await iterator.next();
        if (step.done) break;
        send({ type: "item", value: step.value });
        if (++ahead >= AHEAD) {
          await new Promise<void>((resolve) => proceed = resolve);
          proceed = null;
        }
      }
      send({ type: "end" });
    } catch (thrown) {
      sendError(toWireError(thrown));
      // (An item that no other thread can be given is no error of the handler's, which goes on.)
      if (iterator !== null) await endEarly(iterator);
    }
  }

  /** Data that no other thread can be given travel as their JSON; what has none is left behind. */
  function sendError({ code, message, data }: WireError): void {
    try {
      return send({ type: "error", error: { code, message, data } });
    } catch {
      // It holds a function, say.
    }
    try {
      data = JSON.parse(JSON.stringify(data));
      send({ type: "error", error: { code, message, data } });
    } catch (thrown) {
      const why = `${message} (its data cannot be sent: ${whyUnwritten(thrown)})`;
      send({ type: "error", error: { code, message: why } });
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
