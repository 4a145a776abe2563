/**
 * The connections of this process to others: one per target, made when first needed.
 *
 * @module
 */

import { type ActivationContext, connectTo } from "./activation.ts";
import { Connection, type Dispatch, type Reply } from "./connection.ts";
import { ConnectionLostError, RemoteError } from "./errors.ts";
import { pauseFor } from "./lock.ts";
import type { Params } from "./message.ts";
import { checkAppName } from "./name.ts";
import { DEFAULT_START_TIMEOUT, DEFAULT_TIMEOUT } from "./options.ts";
import type { CallOptions } from "./remote.ts";

/** Connects to targets by name, waking them, and makes requests of them. */
export class Targets {
  readonly #context: ActivationContext;
  readonly #dispatch: Dispatch;
  readonly #open = new Map<string, Connection>();
  /** Targets that are being woken, for all who ask meanwhile. */
  readonly #waking = new Map<string, Promise<Connection>>();
  readonly #left = new AbortController();

  /** @param dispatch answers what targets ask in their turn, on the same connection */
  constructor(context: ActivationContext, dispatch: Dispatch) {
    this.#context = context;
    this.#dispatch = dispatch;
  }

  /** Makes a request, anew where its connection turns out to have ended before it left. */
  async request(
    target: string,
    method: string,
    params: Params | undefined,
    options: CallOptions,
  ): Promise<{ connection: Connection; reply: Reply }> {
    const { timeout = DEFAULT_TIMEOUT, signal } = options;
    const deadline = performance.now() + timeout;
    for (;;) {
      const connection = await this.#connect(target, options);
      try {
        return { connection, reply: await connection.call(method, params, { timeout, signal }) };
      } catch (error) {
        const again = error instanceof ConnectionLostError && error.unsent;
        if (!again || performance.now() > deadline) throw error;
      }
    }
  }

  /** Ends all connections, and all attempts to make one. */
  async close(): Promise<void> {
    this.#left.abort(new TypeError("Cannot call: this process has left the mesh"));
    await Promise.allSettled(this.#waking.values());
    await Promise.all([...this.#open.values()].map((connection) => connection.close()));
  }

  async #connect(target: string, options: CallOptions): Promise<Connection> {
    const { signal, activate = true } = options;
    signal?.throwIfAborted();
    this.#left.signal.throwIfAborted();
    checkAppName(target);
    const open = this.#open.get(target);
    if (open?.open) return open;
    // One that may not start the target does not wait for those that do.
    if (!activate) return await unlessAborted(this.#dial(target, options), signal);
    let waking = this.#waking.get(target);
    if (waking === undefined) {
      waking = this.#dial(target, options);
      this.#waking.set(target, waking);
      const forget = () => this.#waking.delete(target);
      waking.then(forget, forget);
    }
    return await unlessAborted(waking, signal);
  }

  /** Dials until the target answers: one that is just ending may still accept a connection. */
  async #dial(target: string, options: CallOptions): Promise<Connection> {
    const { activate = true, startTimeout = DEFAULT_START_TIMEOUT, timeout = DEFAULT_TIMEOUT } =
      options;
    const { signal } = this.#left;
    const deadline = performance.now() + startTimeout;
    for (;;) {
      const left = Math.max(1, deadline - performance.now());
      const { transport, started } = await connectTo(target, this.#context, {
        activate,
        startTimeout: left,
        signal,
      });
      const connection = new Connection(transport, { dispatch: this.#dispatch });
      const wait = started ? left : timeout;
      try {
        await connection.call("$/ping", {}, { timeout: wait, signal });
        return this.#keep(target, connection);
      } catch (error) {
        // A peer of another make may not know the method, but it answers.
        if (error instanceof RemoteError) return this.#keep(target, connection);
        await connection.close();
        if (error instanceof Deno.errors.TimedOut) {
          throw new Deno.errors.TimedOut(
            `Cannot call "${target}": it takes connections but gave no answer in ${wait} ms`,
          );
        }
        if (!(error instanceof ConnectionLostError) || performance.now() > deadline) throw error;
        await pauseFor(5, signal);
      }
    }
  }

  #keep(target: string, connection: Connection): Connection {
    this.#open.set(target, connection);
    void connection.ended.then(() => {
      if (this.#open.get(target) === connection) this.#open.delete(target);
    });
    return connection;
  }
}

/** `promise`, unless the signal fires first; what `promise` does then is no longer awaited. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
