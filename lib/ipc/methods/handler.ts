/**
 * What an app gives to answer a method with.
 *
 * @module
 */

import type { CallBounds } from "../session/calling/pending_calls.ts";
import type { Peer } from "../session/peer.ts";
import type { TraceContext } from "../wire/message.ts";

/**
 * What a handler gets beside its parameters. It is also what its own calls are made within:
 * `ipc.call(app, method, params, { within: context })`.
 */
export interface CallContext extends CallBounds {
  /** The method's name, as the caller wrote it. */
  readonly method: string;
  /**
   * Fires at once when the caller cancels, times out, stops reading the stream, or dies; at the
   * {@link deadline} in any case.
   */
  readonly signal: AbortSignal;
  /**
   * When the caller's time is over, on `performance.now()`'s clock: `deadline - performance.now()`
   * milliseconds are left. Infinity where the caller told none, and for a stream once it has made its
   * first item.
   */
  readonly deadline: number;
  /**
   * Which time the caller asks: 1, or more where its connection was lost before the answer and the
   * method is idempotent. Then the call may have run before, or may still run.
   */
  readonly attempt: number;
  /** Where the call belongs in a trace, as its caller told. */
  readonly trace: TraceContext;
  /** The process that called, to be called back over the connection that it called on. */
  readonly caller: Peer;
}

/**
 * Answers a method: with a value or a promise of one, or with a stream (a generator, or anything
 * async iterable). `params` is the caller's named object (`{}` for none); positions arrive under
 * the names the method was exposed with, or as the array where it declared none.
 */
// deno-lint-ignore no-explicit-any -- handlers declare the shape of their own parameters
export type Handler = (params: any, context: CallContext) => unknown;
