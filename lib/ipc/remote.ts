/**
 * Typed proxies: a contract's methods as functions.
 *
 * @module
 */

import type { Params } from "./wire/message.ts";
import type { CallBounds } from "./session/calling/pending_calls.ts";
import type { IPCStream } from "./session/calling/stream.ts";

/** How one call is made. */
export interface CallOptions {
  /**
   * Milliseconds until the answer (for a stream: its first item) must be there; 5,000 by default.
   * Bytes of 64 KiB and more among the params are not copied: those that are just leaving when the
   * call is given up may still be read. Those that wait then are copied.
   */
  timeout?: number | undefined;
  /** Cancels the call or stream; it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /**
   * The call that this one is made for: a handler gives its context. What ends that call ends this
   * one, no more time is taken than it has left (all of it, unless `timeout` says less), and both
   * belong to one trace.
   */
  within?: CallBounds | undefined;
  /** Whether a sleeping target is started; true by default. */
  activate?: boolean | undefined;
  /**
   * Milliseconds within which a started target must answer; 30,000 by default. When the last
   * caller's are over, a program that was started and has not joined the mesh is ended.
   */
  startTimeout?: number | undefined;
}

/** How one stream is opened. */
export interface StreamCallOptions extends CallOptions {
  /** Milliseconds to wait for each further item; no limit unless given. */
  itemTimeout?: number | undefined;
}

/** Any method of a contract. */
// deno-lint-ignore no-explicit-any -- stands for every parameter list
export type AnyMethod = (...args: any[]) => unknown;

/** A method's own parameters, and behind them how the call is made. */
export type ParametersWithOptions<M extends AnyMethod, O> = Parameters<M> extends [] ? [
    params?: Record<string, never>,
    options?: O,
  ]
  : [...Parameters<M>, options?: O];

/**
 * A contract as its caller sees it: methods that return a promise are calls, methods that return
 * an `AsyncIterable` are streams, and both take {@link CallOptions} behind their parameters.
 */
export type Remote<Contract> = {
  readonly [Name in keyof Contract]: Contract[Name] extends AnyMethod
    ? ReturnType<Contract[Name]> extends AsyncIterable<infer Item>
      ? (...args: ParametersWithOptions<Contract[Name], StreamCallOptions>) => IPCStream<Item>
    : (
      ...args: ParametersWithOptions<Contract[Name], CallOptions>
    ) => Promise<Awaited<ReturnType<Contract[Name]>>>
    : never;
};

/** What a proxy needs to make its calls. */
export interface Caller {
  call(
    target: string,
    method: string,
    params: Params | undefined,
    options: CallOptions | undefined,
  ): Promise<unknown>;
  stream(
    target: string,
    method: string,
    params: Params | undefined,
    options: StreamCallOptions | undefined,
  ): IPCStream;
}

/**
 * A proxy whose every member is a method of the target. The contract's types are gone at run time,
 * so what a method returns is a promise and can be iterated: awaiting it calls, `for await`
 * streams. The call leaves in the same turn unless iteration begins first.
 */
export function remote<Contract>(target: string, caller: Caller): Remote<Contract> {
  return new Proxy(Object.create(null), {
    get(_proxied, name) {
      // A proxy that answers to `then` would be called when it is awaited or returned.
      if (typeof name !== "string" || name === "then") return undefined;
      return (params?: Params, options?: StreamCallOptions) => {
        let iterated = false;
        const promise = Promise.resolve().then(() =>
          iterated ? undefined : caller.call(target, name, params, options)
        );
        let stream: IPCStream | null = null;
        const opened = (): IPCStream => {
          iterated = true;
          return stream ??= caller.stream(target, name, params, options);
        };
        return Object.assign(promise, {
          [Symbol.asyncIterator]: opened,
          next: () => opened().next(),
          return: () => opened().return(),
          cancel: () => opened().cancel(),
          [Symbol.asyncDispose]: () => opened()[Symbol.asyncDispose](),
        });
      };
    },
  }) as Remote<Contract>;
}
