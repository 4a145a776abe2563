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
  /** Travels with the request. */
  trace?: TraceContext | undefined;
}

/** A successful answer. */
export interface Reply {
  result: unknown;
  /** Whether `result` opens a stream (`{ token?, values }`). */
  stream: boolean;
}

interface PendingCall {
  method: string;
  timeout: number;
  /** On `performance.now()`'s clock; Infinity without a time-out. */
  deadline: number;
  /** Whether the peer may have seen any of the request. */
  sent: boolean;
  settle(reply: Reply | null, error: unknown): void;
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
  add(
    method: string,
    { signal, timeout = Infinity }: WaitOptions,
    send: (id: number) => void,
  ): Promise<Reply> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    checkDuration("timeout", timeout);
    const id = this.#nextId++;
    return new Promise<Reply>((resolve, reject) => {
      const onAbort = () => this.#giveUp(id, signal!.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const call: PendingCall = {
        method,
        timeout,
        sent: false,
        deadline: timeout === Infinity ? Infinity : performance.now() + timeout,
        settle(reply, error) {
          signal?.removeEventListener("abort", onAbort);
          if (reply !== null) resolve(reply);
          else reject(error);
        },
      };
      this.#calls.set(id, call);
      try {
        send(id);
      } catch (error) {
        this.settle(id, null, error);
        return;
      }
      this.#unsent.push(call);
      this.#armTimer(call.deadline);
    });
  }

  /** Whether a call of that id waits. */
  has(id: RequestId): boolean {
    return this.#calls.has(id);
  }

  /** Settles a call with its reply, or with an error where that is `null`. */
  settle(id: RequestId, reply: Reply | null, error: unknown): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    call.settle(reply, error);
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
    for (const { method, sent, settle } of this.#calls.values()) {
      const message = `Cannot finish "${method}": ${why}`;
      settle(null, refused ? said : new ConnectionLostError(message, unbegun || !sent));
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
