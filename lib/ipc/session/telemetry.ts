/**
 * Spans of calls and streams, by whatever OpenTelemetry is registered in the process: Deno's own
 * with `OTEL_DENO=true`, or one that a program set up. Without one, nothing of this runs.
 *
 * @module
 */

import { messageOf, RemoteError } from "../wire/errors.ts";
import type { TraceContext } from "../wire/message.ts";
import { isThenable, iteratorOf } from "../base/handler_result.ts";

/** Under this name the OpenTelemetry API registers itself, of whichever version 1. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

// The parts of the API in use, after https://open-telemetry.github.io/opentelemetry-js
interface Api {
  trace: { getTracer(name: string): Tracer };
  context: { active(): unknown; with<T>(context: unknown, work: () => T): T };
  propagation: {
    inject(context: unknown, carrier: TraceContext, setter: object): void;
    extract(context: unknown, carrier: TraceContext, getter: object): unknown;
  };
}
interface Tracer {
  startActiveSpan<T>(
    name: string,
    options: SpanOptions,
    context: unknown,
    work: (span: Span) => T,
  ): T;
}
interface SpanOptions {
  kind: number;
  attributes: Record<string, string>;
  root: boolean;
}
interface Span {
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { code: number; message: string }): unknown;
  end(): void;
}

const SpanKind = { Server: 1, Client: 2 } as const;
const STATUS_ERROR = 2;

/** What travels; anything else that a propagator wants to send stays here. */
const isCarried = (name: string): name is keyof TraceContext =>
  name === "traceparent" || name === "tracestate";

const setter = {
  set(carrier: TraceContext, name: string, value: string) {
    if (isCarried(name)) carrier[name] = value;
  },
};

/** (What a peer sent may be of any type.) */
const getter = {
  get(carrier: TraceContext, name: string) {
    const value: unknown = isCarried(name) ? carrier[name] : undefined;
    return typeof value === "string" ? value : undefined;
  },
  keys: (carrier: TraceContext) => Object.keys(carrier).filter(isCarried),
};

/** A request, as far as its span tells of it. */
export interface TracedRequest {
  readonly method: string;
  /** As it was sent: its members may be of any type. */
  readonly trace: TraceContext;
}

/** The spans of one process on the mesh. */
export class Telemetry {
  readonly #api: Api;
  readonly #tracer: Tracer;

  private constructor(api: Api) {
    this.#api = api;
    this.#tracer = api.trace.getTracer("neverliie");
  }

  /** `null` where no OpenTelemetry is registered. */
  static find(): Telemetry | null {
    const api = (globalThis as { [REGISTERED]?: Partial<Api> })[REGISTERED];
    return api?.trace && api.context && api.propagation ? new Telemetry(api as Api) : null;
  }

  /**
   * The span of a call that is made.
   *
   * @param target the app; `null` for a caller that is called back
   * @param send makes it, with the context that is to travel
   * @param ended where it opens a stream: fires at the stream's end, with why
   */
  outgoing<T>(
    target: string | null,
    method: string,
    send: (trace: TraceContext) => Promise<T>,
    ended?: AbortSignal,
  ): Promise<T> {
    const options = spanOptions(SpanKind.Client, target, method, false);
    const { context } = this.#api;
    return this.#tracer.startActiveSpan(
      `${target ?? ""}/${method}`,
      options,
      context.active(),
      async (span) => {
        try {
          const reply = await send(this.carried());
          if (ended === undefined || ended.aborted) span.end();
          else {
            const onEnd = () => isEnd(ended.reason) ? span.end() : fail(span, ended.reason);
            ended.addEventListener("abort", onEnd, { once: true });
          }
          return reply;
        } catch (error) {
          fail(span, error);
          throw error;
        }
      },
    );
  }

  /** The active span, as it travels. */
  carried(): TraceContext {
    const { context, propagation } = this.#api;
    const carrier: TraceContext = {};
    propagation.inject(context.active(), carrier, setter);
    return carrier;
  }

  /** Runs `work` under a span that is active elsewhere: of another thread. */
  within<T>(trace: TraceContext, work: () => T): T {
    const { context, propagation } = this.#api;
    return context.with(propagation.extract(context.active(), trace, getter), work);
  }

  /**
   * The span of a call that is answered, a child of the caller's where the request told of one. It
   * is active in the handler: what that calls in its turn belongs to the same trace.
   */
  incoming(app: string | null, request: TracedRequest, handle: () => unknown): unknown {
    const { context, propagation } = this.#api;
    const { method, trace } = request;
    // Without one, a span that was active when the connection was made is not its parent.
    const options = spanOptions(SpanKind.Server, app, method, getter.keys(trace).length === 0);
    const parent = propagation.extract(context.active(), trace, getter);
    return this.#tracer.startActiveSpan(`${app ?? ""}/${method}`, options, parent, (span) => {
      const done = (result: unknown): unknown => {
        const iterator = iteratorOf(result);
        if (iterator !== null) return this.#items(iterator, span);
        span.end();
        return result;
      };
      const failed = (error: unknown): never => {
        fail(span, error);
        throw error;
      };
      try {
        const result = handle();
        return isThenable(result) ? result.then(done, failed) : done(result);
      } catch (error) {
        return failed(error);
      }
    });
  }

  /** A stream's items, each made inside the span, which ends with the stream. */
  #items(
    iterator: AsyncIterator<unknown> | Iterator<unknown>,
    span: Span,
  ): AsyncIterableIterator<unknown> {
    const { context } = this.#api;
    const active = context.active();
    return {
      async next() {
        try {
          const step = await context.with(active, () => iterator.next());
          if (step.done) span.end();
          return step;
        } catch (error) {
          fail(span, error);
          throw error;
        }
      },
      async return() {
        try {
          await context.with(active, () => iterator.return?.());
        } finally {
          span.end();
        }
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

/** Attributes after OpenTelemetry's conventions for remote procedure calls. */
function spanOptions(
  kind: number,
  app: string | null,
  method: string,
  root: boolean,
): SpanOptions {
  const attributes: SpanOptions["attributes"] = { "rpc.system": "jsonrpc" };
  if (app !== null) attributes["rpc.service"] = app;
  attributes["rpc.method"] = method;
  return { kind, root, attributes };
}

/** Ends a span by an error, which may be any value. */
function fail(span: Span, error: unknown): void {
  span.setStatus({ code: STATUS_ERROR, message: messageOf(error) });
  try {
    if (error instanceof Error) span.setAttribute("error.type", error.name);
    if (error instanceof RemoteError) span.setAttribute("rpc.jsonrpc.error_code", error.code);
  } catch {
    // A value whose own functions throw does not tell its kind.
  }
  span.end();
}

/** Whether a stream was simply read to its end, or left. */
function isEnd(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "AbortError";
}
