/**
 * What an app gives to answer a method with.
 *
 * @module
 */

import type { Peer } from "../session/peer.ts";

/** What a handler gets beside its parameters. */
export interface CallContext {
  /** The method's name, as the caller wrote it. */
  readonly method: string;
  /** Fires at once when the caller cancels, times out, stops reading the stream, or dies. */
  readonly signal: AbortSignal;
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
