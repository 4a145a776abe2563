/**
 * The calls of one session that wait for their answer.
 *
 * @module
 */

import { CallTable } from "../call_table.ts";
import { ConnectionLostError, LimitExceededError } from "../../wire/errors.ts";
import {
  type NextPage,
  nextPageOf,
  type RequestId,
  type RequestMembers,
  type TraceContext,
} from "../../wire/message.ts";
import { checkDuration, DeadlineTimer } from "../../base/timer.ts";

/**
 * What a call hands on to those that are made for it: a handler's context has it. Somebody else may
 * make one, for several calls that share their time.
 */
export interface CallBounds {
  /** Fires when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** When the time is over, on `performance.now()`'s clock; Infinity where it has no limit. */
  readonly deadline: number;
  /** The trace that they belong to. */
  readonly trace?: TraceContext | undefined;
}

/** What may be bounded by another call. */
interface Boundable {
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
  within?: CallBounds | undefined;
}

/** Options with the bounds of {@link CallBounds} worked in. */
export type Bounded<Options> = Options & Boundable & {
  /** When the time of the call that it is made for is over. */
  latest?: number;
  trace?: TraceContext | undefined;
};

/**
 * The options of a call that is made now, as the call bounds them that it is made for.
 *
 * @throws {Deno.errors.TimedOut} where that has no time left
 */
export function bounded<Options extends Boundable>(options: Options): Bounded<Options> {
  const { within, timeout = Infinity } = options;
  if (within === undefined) return options;
  const { deadline: latest, trace } = within;
  if (!(latest >= -Infinity)) throw new TypeError(`Cannot call: its "deadline" is ${latest}`);
  const left = Math.ceil(latest - performance.now());
  if (left <= 0) {
    throw new Deno.errors.TimedOut("Cannot call: the call that it is made for has no time left");
  }
  const signal = signalWithin(options);
  if (latest === Infinity) return { ...options, signal, trace };
  return { ...options, signal, trace, latest, timeout: Math.min(timeout, left) };
}

/** What ends a call: its own signal, or that of the call that it is made for. */
export function signalWithin({ signal, within }: Boundable): AbortSignal | undefined {
  if (within === undefined || signal === undefined) return signal ?? within?.signal;
  return AbortSignal.any([signal, within.signal]);
}

/** How long and under whose control a call waits. */
export interface WaitOptions {
  /** Milliseconds until the call is given up and cancelled on the other side; no limit unless given. */
  timeout?: number | undefined;
  /** Cancels the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The call that it is made for, whose time and signal count for it, too: a handler's context. */
  within?: CallBounds | undefined;
  /** When `timeout` is over, on `performance.now()`'s clock: for a caller that has looked at it. */
  deadline?: number | undefined;
  /** What travels with the request beside its params. */
  trace?: RequestMembers | undefined;
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
   * Makes the request anew where the session ended before its answer, or before the peer can have seen
   * it. The caller waits on, and is not told.
   *
   * @returns `null` where it is not to be made again, and the caller is to be told
   * @param deadline until when the call may take, on `performance.now()`'s clock; NaN where its time
   * has not begun
   */
  again?(lost: ConnectionLostError, deadline: number): Promise<T> | null;
}

/** The caller gets the reply itself. */
export const REPLY_ITSELF: Settlement<Reply> = { finish: (reply) => reply };

/** The caller gets the next page of a stream. */
export const NEXT_PAGE: Settlement<NextPage> = { finish: ({ result }) => nextPageOf(result) };

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
    // An answer that tells of leaving is none of a session that has ended, unless nothing was begun.
    if (error instanceof ConnectionLostError && error.unsent) return this.lose(error);
    this.unlisten?.();
    if (reply === null) return this.reject(error);
    try {
      this.resolve(this.settlement.finish(reply));
    } catch (thrown) {
      this.reject(thrown);
    }
  }

  /** There is no answer, and will be none. */
  lose(lost: ConnectionLostError): void {
    this.unlisten?.();
    const again = this.settlement.again?.(lost, this.deadline) ?? null;
    if (again === null) this.reject(lost);
    else this.resolve(again);
  }
}

/** Keeps the calls, and gives up those whose time is over or whose signal fires. */
export class PendingCalls {
  readonly #calls = new CallTable<PendingCall<unknown>>();
  readonly #cancel: (id: number) => void;
  /** Calls whose frames have not been written yet. */
  readonly #unsent: PendingCall<unknown>[] = [];
  #nextId = 1;
  readonly #timer = new DeadlineTimer(() => this.#calls.all(), (late) => this.#onLate(late));

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
    this.#timer.set(call.deadline);
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
    this.#timer.set(earliest);
  }

  /**
   * Settles all calls: the session has ended.
   *
   * @param said what the peer said of the session before it ended it
   */
  end(why: string, said: Error | null): void {
    this.#timer.end();
    this.#unsent.length = 0;
    const refused = said instanceof LimitExceededError && said.limit === "connections";
    // All that it had begun was answered before it said that it leaves.
    const unbegun = said instanceof ConnectionLostError && said.unsent;
    for (const call of this.#calls.all()) {
      const message = `Cannot finish "${call.method}": ${why}`;
      if (refused) call.settle(null, said);
      else call.lose(new ConnectionLostError(message, unbegun || !call.sent));
    }
    this.#calls.clear();
  }

  #giveUp(id: number, reason: unknown): void {
    if (this.#calls.get(id) === undefined) return;
    this.#cancel(id);
    this.settle(id, null, reason);
  }

  readonly #onLate = ({ id, method, timeout }: PendingCall<unknown>): void => {
    const message = `Cannot call "${method}": no answer in ${timeout} ms`;
    this.#giveUp(id, new Deno.errors.TimedOut(message));
  };
}
