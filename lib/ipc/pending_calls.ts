/**
 * The calls of one session that wait for their answer.
 *
 * @module
 */

import { ConnectionLostError, LimitExceededError } from "./errors.ts";
import type { RequestId, TraceContext } from "./message.ts";
import { checkDuration, TIMER_MAX } from "./timer.ts";

/** How long and under whose control a call waits. */
export interface WaitOptions {
  /** Milliseconds until the call is given up and cancelled on the other side; no limit unless given. */
  timeout?: number | undefined;
  /** Cancels the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** When `timeout` is over, on `performance.now()`'s clock: for a caller that has looked at it. */
  deadline?: number | undefined;
  /** Travels with the request. */
  trace?: TraceContext | undefined;
}

/** A successful answer. */
export interface Reply {
  result: unknown;
  /** Whether `result` opens a stream (`{ token?, values }`). */
  stream: boolean;
}

/** One call. Made for every one: it has no closures, and no listener where there is no signal. */
class PendingCall {
  readonly id: number;
  readonly method: string;
  readonly timeout: number;
  /** On `performance.now()`'s clock; Infinity without a time-out. */
  readonly deadline: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
  /** Whether the peer may have seen any of the request. */
  sent = false;
  /** Stops listening to the caller's signal. */
  unlisten: (() => void) | null = null;

  constructor(
    id: number,
    method: string,
    timeout: number,
    deadline: number,
    resolve: (reply: Reply) => void,
    reject: (error: unknown) => void,
  ) {
    this.id = id;
    this.method = method;
    this.timeout = timeout;
    this.deadline = deadline;
    this.resolve = resolve;
    this.reject = reject;
  }

  settle(reply: Reply | null, error: unknown): void {
    this.unlisten?.();
    if (reply !== null) this.resolve(reply);
    else this.reject(error);
  }
}

/** Keeps the calls, and gives up those whose time is over or whose signal fires. */
export class PendingCalls {
  readonly #calls = new Map<RequestId, PendingCall>();
  readonly #cancel: (id: RequestId) => void;
  /** Calls whose frames have not been written yet. */
  readonly #unsent: PendingCall[] = [];
  #nextId = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;

  /** @param cancel tells the peer that nobody waits for the answer any more */
  constructor(cancel: (id: RequestId) => void) {
    this.#cancel = cancel;
  }

  /** How many wait. */
  get size(): number {
    return this.#calls.size;
  }

  /** Adds a call; `send` sends its request under the id it is given. */
  add(method: string, options: WaitOptions, send: (id: number) => void): Promise<Reply> {
    const { signal, timeout = Infinity } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    checkDuration("timeout", timeout);
    const { deadline = timeout === Infinity ? Infinity : performance.now() + timeout } = options;
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const call = new PendingCall(id, method, timeout, deadline, resolve, reject);
    this.#calls.set(id, call);
    // Before it is sent: it may leave at once.
    this.#unsent.push(call);
    try {
      send(id);
    } catch (error) {
      this.settle(id, null, error);
      return promise;
    }
    if (signal !== undefined) this.#listen(call, signal);
    this.#armTimer(deadline);
    return promise;
  }

  #listen(call: PendingCall, signal: AbortSignal): void {
    const onAbort = () => this.#giveUp(call.id, signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    call.unlisten = () => signal.removeEventListener("abort", onAbort);
  }

  /**
   * Settles a call with its reply, or with an error where that is `null`.
   *
   * @returns whether a call of that id waited
   */
  settle(id: RequestId, reply: Reply | null, error: unknown): boolean {
    const call = this.#calls.get(id);
    if (call === undefined) return false;
    this.#calls.delete(id);
    call.settle(reply, error);
    return true;
  }

  /** All requests so far are on their way. */
  markSent(): void {
    for (const call of this.#unsent) call.sent = true;
    this.#unsent.length = 0;
  }

  /**
   * Settles all calls: the session has ended.
   *
   * @param said what the peer said of the session before it ended it
   */
  end(why: string, said: Error | null): void {
    clearTimeout(this.#timer);
    const refused = said instanceof LimitExceededError && said.limit === "connections";
    // All that it had begun was answered before it said that it leaves.
    const unbegun = said instanceof ConnectionLostError && said.unsent;
    for (const call of this.#calls.values()) {
      const message = `Cannot finish "${call.method}": ${why}`;
      const lost = new ConnectionLostError(message, unbegun || !call.sent);
      call.settle(null, refused ? said : lost);
    }
    this.#calls.clear();
  }

  #giveUp(id: RequestId, reason: unknown): void {
    if (!this.#calls.has(id)) return;
    this.#cancel(id);
    this.settle(id, null, reason);
  }

  /** One timer serves all calls: it is set for the earliest deadline and looks again when it fires. */
  #armTimer(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const delay = Math.max(0, deadline - performance.now());
    this.#timer = setTimeout(this.#onTimer, Math.min(delay, TIMER_MAX));
  }

  readonly #onTimer = (): void => {
    this.#timerAt = Infinity;
    let earliest = Infinity;
    const now = performance.now();
    for (const [id, { method, timeout, deadline }] of this.#calls) {
      if (deadline <= now) {
        const message = `Cannot call "${method}": no answer in ${timeout} ms`;
        this.#giveUp(id, new Deno.errors.TimedOut(message));
      } else if (deadline < earliest) earliest = deadline;
    }
    this.#armTimer(earliest);
  };
}
