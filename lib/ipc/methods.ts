/**
 * The methods a process answers: what is exposed, and how a request finds its handler.
 *
 * @module
 */

import { ErrorCode, MethodNotFoundError, RemoteError } from "./errors.ts";
import type { Params } from "./message.ts";
import { checkMethodName } from "./name.ts";
import type { IncomingRequest } from "./request.ts";

/** What a handler gets beside its parameters. */
export interface CallContext {
  /** The method's name, as the caller wrote it. */
  readonly method: string;
  /** Fires at once when the caller cancels, times out, stops reading the stream, or dies. */
  readonly signal: AbortSignal;
}

/**
 * Answers a method: with a value or a promise of one, or with a stream (a generator, or anything
 * async iterable). `params` is the caller's named object (`{}` for none); positions arrive under
 * the names the method was exposed with, or as the array where it declared none.
 */
// deno-lint-ignore no-explicit-any -- handlers declare the shape of their own parameters
export type Handler = (params: any, context: CallContext) => unknown;

/** How a method is exposed. */
export interface ExposeOptions {
  /** Parameter names in order, so that callers may pass positions. */
  params?: readonly string[];
  /** One sentence for `$/describe`. */
  description?: string;
  /** Told to callers; found out from the handler (a generator function streams) unless given. */
  kind?: "call" | "stream";
}

/** A method as `$/describe` tells it. */
export interface MethodDescription {
  name: string;
  kind: "call" | "stream";
  params?: readonly string[];
  description?: string;
}

/** The table of exposed methods. */
export class Methods {
  readonly #table = new Map<string, { handler: Handler; description: MethodDescription }>();

  /** @throws {TypeError} on a reserved name or one that is taken. */
  add(name: string, handler: Handler, options: ExposeOptions = {}): void {
    checkMethodName(name);
    if (this.#table.has(name)) {
      throw new TypeError(`Cannot expose "${name}": it is exposed already`);
    }
    const { params, description, kind = streams(handler) ? "stream" : "call" } = options;
    this.#table.set(name, {
      handler,
      description: {
        name,
        kind,
        ...(params === undefined ? {} : { params: [...params] }),
        ...(description === undefined ? {} : { description }),
      },
    });
  }

  /** Runs the handler for a request. */
  dispatch(request: IncomingRequest, app: string | null): unknown {
    const entry = this.#table.get(request.method);
    if (entry === undefined) {
      throw new MethodNotFoundError(
        `${app === null ? "this process" : `"${app}"`} has no method "${request.method}"`,
      );
    }
    // The request doubles as the context: it has the method's name and the lazily made signal.
    return entry.handler(namedParams(request.params, entry.description.params), request);
  }

  /** Every method, in the order of exposure. */
  describe(): MethodDescription[] {
    return [...this.#table.values()].map(({ description }) => description);
  }
}

function streams(handler: Handler): boolean {
  return /^(Async)?GeneratorFunction$/.test(handler.constructor.name);
}

function namedParams(params: Params | undefined, names: readonly string[] | undefined): unknown {
  if (params === undefined) return {};
  if (!Array.isArray(params) || names === undefined) return params;
  if (params.length > names.length) {
    throw new RemoteError(
      `${params.length} positions for ${names.length} parameters (${names.join(", ")})`,
      ErrorCode.InvalidParams,
    );
  }
  return Object.fromEntries(params.map((value, i) => [names[i]!, value]));
}
