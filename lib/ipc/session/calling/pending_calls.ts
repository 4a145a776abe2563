/**
 * The calls of one session that wait for their answer.
 *
 * @module
 */

import { CallTable } from "../call_table.ts";
import { ConnectionLostError, LimitExceededError } from "../../wire/errors.ts";
import type { RequestId, TraceContext } from "../../wire/message.ts";
import { checkDuration, TIMER_MAX } from "../../base/timer.ts";

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

/** What becomes of a call's answer. */
export interface Settlement<T> {
  /** Makes of the reply what the caller gets; may throw. */
  finish(reply: Reply): T;
  /**
   * Makes the request anew where the session ended before the peer can have seen it. The caller waits
   * on, and is not told.
   *
   * @param deadline until when the call may take, on `performance.now()`'s clock; NaN where its time
   * has not begun
   */
  again?(lost: ConnectionLostError, deadline: number): Promise<T>;
}

/** The caller gets the reply itself. */
export const REPLY_ITSELF: Settlement<Reply> = { finish: (reply) => reply };

/** One call. Made for every one: it has no listener where there is no signal. */
class PendingCall<T> {
  readonly id: number;
  readonly method: string;
  readonly timeout: number;
  /** On `performance.now()`'s clock; Infinity without a time-out, NaN until the request leaves. */
  deadline: number;
  readonly settlement: Settlement<T>;
  readonly promise: Promise<T>;
  resolve!: (value: T | Promise<T>) => void;
  reject!: (error: unknown) => void;
  /** Whether the peer may have seen any of the request. */
  sent = false;
  /** Stops listening to the caller's signal. */
  unlisten: (() => void) | null = null;

  constructor(id: number, method: string, options: WaitOptions, settlement: Settlement<T>) {
    const { timeout = Infinity, deadline } = options;
    this.id = id;
    this.method = method;
    this.timeout = timeout;
    this.deadline = deadline ?? (timeout === Infinity ? Infinity : NaN);
    this.settlement = settlement;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  settle(reply: Reply | null, error: unknown): void {
    this.unlisten?.();
    if (reply === null) return this.#fail(error);
    try {
      this.resolve(this.settlement.finish(reply));
    } catch (thrown) {
      this.reject(thrown);
    }
  }

  #fail(error: unknown): void {
    const unsent = error instanceof ConnectionLostError && error.unsent;
    if (unsent && this.settlement.again !== undefined) {
      this.resolve(this.settlement.again(error, this.deadline));
    } else this.reject(error);
  }
}

/** Keeps the calls, and gives up those whose time is over or whose signal fires. */
export class PendingCalls {
  readonly #calls = new CallTable<PendingCall<unknown>>();
  readonly #cancel: (id: number) => void;
  /** Calls whose frames have not been written yet. */
  readonly #unsent: PendingCall<unknown>[] = [];
  #nextId = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;

  /** @param cancel tells the peer that nobody waits for the answer any more */
  constructor(cancel: (id: number) => void) {
    this.#cancel = cancel;
  }

  /** How many wait. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Opens a call, whose request the caller is to send under the call's id; {@link sent} or
   * {@link settle} is to follow.
   *
   * @throws {TypeError} on a time-out that is none
   */
  open<T>(method: string, options: WaitOptions, settlement: Settlement<T>): PendingCall<T> {
    checkDuration("timeout", options.timeout);
    const call = new PendingCall(this.#nextId++, method, options, settlement);
    this.#calls.add(call as PendingCall<unknown>);
    // Before it is sent: it may leave at once.
    this.#unsent.push(call as PendingCall<unknown>);
    return call;
  }

  /**
   * The call's request was sent: its time begins, and its signal counts.
   *
   * @param leaving whether it is written at the end of this turn: then the clock is read there, once
   * for all calls of the turn
   */
  sent<T>(call: PendingCall<T>, signal: AbortSignal | undefined, leaving: boolean): void {
    // It may have left already, and that may have ended the session.
    if (call.sent && this.#calls.get(call.id) === undefined) return;
    if (signal !== undefined) this.#listen(call, signal);
    if (!leaving && Number.isNaN(call.deadline)) call.deadline = performance.now() + call.timeout;
    if (call.deadline < this.#timerAt) this.#armTimer(call.deadline);
  }

  #listen<T>(call: PendingCall<T>, signal: AbortSignal): void {
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
    const call = this.#calls.take(id);
    if (call === undefined) return false;
    call.settle(reply, error);
    return true;
  }

  /** All requests so far are on their way. */
  markSent(): void {
    if (this.#unsent.length === 0) return;
    const now = performance.now();
    let earliest = Infinity;
    for (const call of this.#unsent) {
      call.sent = true;
      if (Number.isNaN(call.deadline)) call.deadline = now + call.timeout;
      if (call.deadline < earliest) earliest = call.deadline;
    }
    this.#unsent.length = 0;
    this.#armTimer(earliest);
  }

  /**
   * Settles all calls: the session has ended.
   *
   * @param said what the peer said of the session before it ended it
   */
  end(why: string, said: Error | null): void {
    clearTimeout(this.#timer);
    this.#unsent.length = 0;
    const refused = said instanceof LimitExceededError && said.limit === "connections";
    // All that it had begun was answered before it said that it leaves.
    const unbegun = said instanceof ConnectionLostError && said.unsent;
    for (const call of this.#calls.all()) {
      const message = `Cannot finish "${call.method}": ${why}`;
      const lost = new ConnectionLostError(message, unbegun || !call.sent);
      call.settle(null, refused ? said : lost);
    }
    this.#calls.clear();
  }

  #giveUp(id: number, reason: unknown): void {
    if (this.#calls.get(id) === undefined) return;
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
    const late: PendingCall<unknown>[] = [];
    for (const call of this.#calls.all()) {
      if (call.deadline <= now) late.push(call);
      else if (call.deadline < earliest) earliest = call.deadline;
    }
    // A busy process looks late, at several: they end in the order of their deadlines.
    late.sort((a, b) => a.deadline - b.deadline);
    for (const { id, method, timeout } of late) {
      this.#giveUp(
        id,
        new Deno.errors.TimedOut(`Cannot call "${method}": no answer in ${timeout} ms`),
      );
    }
    this.#armTimer(earliest);
  };
}
