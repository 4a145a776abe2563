/**
 * The connections of this process to others: one per target, made when first needed.
 *
 * @module
 */

import { type ActivationContext, connectTo, TargetStartError } from "./activation/activation.ts";
import { Connection, type Dispatch, type Reply } from "./session/connection.ts";
import { ConnectionLostError, RemoteError } from "./wire/errors.ts";
import { greetTarget, isForAllVersions } from "./greeting.ts";
import type { Limits } from "./session/limits.ts";
import type { Params, RequestMembers, TraceContext } from "./wire/message.ts";
import { checkAppName } from "./base/name.ts";
import { DEFAULT_START_TIMEOUT } from "./options.ts";
import {
  type Bounded,
  bounded,
  type Settlement,
  type WaitOptions,
} from "./session/calling/pending_calls.ts";
import type { CallOptions } from "./remote.ts";
import type { IncomingRequest } from "./session/answering/incoming_request.ts";
import { checkDuration, DEFAULT_TIMEOUT, inTime, pauseFor, unlessAborted } from "./base/timer.ts";

/** Milliseconds before a call whose answer was lost is made again; four times as long each time. */
const BACKOFF = 25;
const BACKOFF_MAX = 1_600;

/** An attempt to connect that several callers wait for. */
interface Attempt {
  connection: Promise<Connection>;
  waiters: number;
  abandon: AbortController;
}

/** A request of a target: how long it waits, and what becomes of its answer. One object for all. */
class TargetCall<T> implements WaitOptions, Settlement<T> {
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  deadline: number | undefined;
  readonly #targets: Targets;
  #connection: Connection | null = null;
  trace: RequestMembers | undefined;
  /** When its time is over: there is no further attempt after it. */
  #until: number | undefined;
  /** What is left of its time where the peer may have seen it, and why it is made again. */
  #left: number | undefined;
  #lost: ConnectionLostError | null = null;

  constructor(
    targets: Targets,
    readonly target: string,
    readonly method: string,
    readonly params: Params | undefined,
    readonly options: Bounded<CallOptions>,
    readonly made: (reply: Reply, connection: Connection) => T,
    trace: TraceContext | undefined,
  ) {
    const { timeout = DEFAULT_TIMEOUT, signal, startTimeout } = options;
    checkDuration("timeout", timeout);
    checkDuration("startTimeout", startTimeout);
    this.#targets = targets;
    this.timeout = timeout;
    this.signal = signal;
    this.trace = trace ?? options.trace;
  }

  /** @param fresh whether the connection was made for it: that time is not the call's */
  send(connection: Connection, fresh = false): Promise<T> {
    const { mismatch } = connection;
    if (mismatch !== null && !isForAllVersions(this.method)) return Promise.reject(mismatch);
    if (this.#lost !== null && !this.#mayRepeat(connection)) return Promise.reject(this.#lost);
    this.#connection = connection;
    if (fresh && this.#left !== undefined) this.#until = performance.now() + this.#left;
    this.deadline = fresh && this.#left === undefined ? undefined : this.#until;
    const { latest } = this.options;
    if (latest !== undefined) {
      this.deadline = Math.min(latest, this.deadline ?? performance.now() + this.timeout);
    }
    return connection.request(this.method, this.params, this, this);
  }

  finish(reply: Reply): T {
    return this.made(reply, this.#connection!);
  }

  #mayRepeat(connection: Connection | null): boolean {
    return connection?.idempotent?.has(this.method) === true;
  }

  again(lost: ConnectionLostError, deadline: number): Promise<T> | null {
    // (Who is not to start the target would hardly find it.)
    const able = this.options.activate !== false && !this.#targets.left.aborted;
    // The peer may have seen it, and run it: unless it is unsent.
    const may = lost.unsent || (able && this.#mayRepeat(this.#connection));
    return may ? this.#again(lost, deadline) : null;
  }

  async #again(lost: ConnectionLostError, deadline: number): Promise<T> {
    const now = performance.now();
    const { left } = this.#targets;
    this.#until ??= Number.isNaN(deadline) ? now + this.timeout : deadline;
    const attempt = this.trace?.attempt ?? 1;
    const backoff = lost.unsent ? 0 : Math.min(BACKOFF * 4 ** (attempt - 1), BACKOFF_MAX);
    if (now + backoff > this.#until) throw lost;
    if (!lost.unsent) {
      this.trace = { ...this.trace, attempt: attempt + 1 };
      this.#lost = lost;
      const { signal = left } = this;
      await pauseFor(backoff, signal === left ? left : AbortSignal.any([left, signal]));
      // One that leaves refuses what comes until it has closed the connection.
    } else if (this.#connection?.open) await pauseFor(5, this.signal);
    if (this.#lost !== null) this.#left = this.#until - performance.now();
    return await this.#targets.dialAndSend(this);
  }
}

/** Connects to targets by name, waking them, and makes requests of them. */
export class Targets {
  readonly #context: ActivationContext;
  readonly #dispatch: Dispatch;
  readonly #limits: Limits;
  readonly #name: string | null;
  readonly #open = new Map<string, Connection>();
  /** Attempts under way, for all who ask meanwhile: those that may start the target apart. */
  readonly #attempts = { waking: new Map<string, Attempt>(), looking: new Map<string, Attempt>() };
  /** All attempts that have not settled, those that nobody waits for included. */
  readonly #dialling = new Set<Promise<Connection>>();
  readonly #left = new AbortController();
  /** Fires when this process leaves the mesh. */
  readonly left: AbortSignal = this.#left.signal;

  /**
   * @param dispatch answers what targets ask in their turn, on the same connection
   * @param name of this app, which targets are told; `null` for a client
   */
  constructor(
    context: ActivationContext,
    dispatch: Dispatch,
    limits: Limits,
    name: string | null = null,
  ) {
    this.#context = context;
    // A target may call back what this process exposes, but neither end this process nor watch it.
    this.#dispatch = (request) =>
      /^\$\/(?!(ping|describe)$)/.test(request.method)
        ? request.throwNotFound()
        : dispatch(request);
    this.#limits = limits;
    this.#name = name;
  }

  /** What targets asked back and is being answered. */
  inFlight(): IncomingRequest[] {
    return [...this.#open.values()].flatMap((connection) => connection.inFlight());
  }

  /**
   * Makes a request, anew where its connection turns out to have ended before it left.
   *
   * @param finish makes of the reply what the caller gets
   */
  request<T>(
    target: string,
    method: string,
    params: Params | undefined,
    options: CallOptions,
    finish: (reply: Reply, connection: Connection) => T,
    trace?: TraceContext,
  ): Promise<T> {
    let call: TargetCall<T>;
    try {
      call = new TargetCall(this, target, method, params, bounded(options), finish, trace);
    } catch (error) {
      return Promise.reject(error);
    }
    const present = this.#open.get(target);
    // The common way makes one promise, the caller's.
    return present?.open ? call.send(present) : this.dialAndSend(call);
  }

  /** Makes a call on the connection that there is or will be. */
  async dialAndSend<T>(call: TargetCall<T>): Promise<T> {
    const { target, options } = call;
    const present = this.#open.get(target);
    if (present?.open) return await call.send(present);
    return await call.send(await this.#connect(target, options), true);
  }

  /** Ends all connections, and all attempts to make one. */
  async close(): Promise<void> {
    this.#left.abort(new TypeError("Cannot call: this process has left the mesh"));
    await Promise.allSettled(this.#dialling);
    await Promise.all([...this.#open.values()].map((connection) => connection.close()));
  }

  async #connect(target: string, options: CallOptions): Promise<Connection> {
    const { signal, activate = true, startTimeout = DEFAULT_START_TIMEOUT } = options;
    signal?.throwIfAborted();
    this.#left.signal.throwIfAborted();
    checkAppName(target);
    const open = this.#open.get(target);
    if (open?.open) return open;
    const attempts = activate ? this.#attempts.waking : this.#attempts.looking;
    let attempt = attempts.get(target);
    if (attempt === undefined) {
      const abandon = new AbortController();
      const ended = AbortSignal.any([this.#left.signal, abandon.signal]);
      const connection = this.#dial(target, options, ended);
      attempt = { connection, waiters: 0, abandon };
      attempts.set(target, attempt);
      this.#dialling.add(connection);
      const forget = () => {
        this.#dialling.delete(connection);
        if (attempts.get(target) === attempt) attempts.delete(target);
      };
      connection.then(forget, forget);
    }
    attempt.waiters++;
    let why: unknown;
    try {
      // No longer than this caller's own limits.
      return await inTime(unlessAborted(attempt.connection, signal), startTimeout, () => {
        const log = this.#context.home.logFile(target);
        const why = `it did not answer in ${startTimeout} ms. Its log is "${log}"`;
        return new TargetStartError(`Cannot start "${target}": ${why}`);
      });
    } catch (error) {
      why = error;
      throw error;
    } finally {
      // Nobody waits any more: a program that is being started goes on, but is not waited for,
      // unless its time was over.
      if (--attempt.waiters === 0) {
        // A later caller makes an attempt of its own, and does not share the end of this one.
        if (attempts.get(target) === attempt) attempts.delete(target);
        attempt.abandon.abort(why);
      }
    }
  }

  /** Dials until the target answers: one that is just ending may still accept a connection. */
  async #dial(target: string, options: CallOptions, signal: AbortSignal): Promise<Connection> {
    const { activate = true, timeout = DEFAULT_TIMEOUT } = options;
    // Those who wait have limits of their own; the attempt ends with the last of them.
    for (;;) {
      const { transport, started } = await connectTo(target, this.#context, { activate, signal });
      const refusal = this.#context.elevation.peerRefusal(transport);
      if (refusal !== null) {
        await transport.close();
        throw new Deno.errors.PermissionDenied(`Cannot call "${target}": ${refusal}`);
      }
      const connection = new Connection(transport, {
        dispatch: this.#dispatch,
        limits: this.#limits,
      });
      try {
        const wait = started ? undefined : timeout;
        const { registry } = this.#context;
        await greetTarget(connection, target, this.#name, registry, { timeout: wait, signal });
        return await this.#keep(target, connection);
      } catch (error) {
        // A peer of another make may not know the method, but it answers.
        if (error instanceof RemoteError && connection.open) {
          return await this.#keep(target, connection);
        }
        await connection.close();
        if (error instanceof Deno.errors.TimedOut) {
          throw new Deno.errors.TimedOut(
            `Cannot call "${target}": it takes connections but gave no answer in ${timeout} ms`,
          );
        }
        if (!(error instanceof ConnectionLostError)) throw error;
        await pauseFor(5, signal);
      }
    }
  }

  /** Keeps the one connection to the target; a second one, made meanwhile, is closed. */
  async #keep(target: string, connection: Connection): Promise<Connection> {
    const present = this.#open.get(target);
    if (present?.open) {
      await connection.close();
      return present;
    }
    this.#open.set(target, connection);
    void connection.ended.then(() => {
      if (this.#open.get(target) === connection) this.#open.delete(target);
    });
    return connection;
  }
}
