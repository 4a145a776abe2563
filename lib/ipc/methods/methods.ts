/**
 * The room of methods: what a process exposes, checks by contracts and tells to those who watch it.
 * It knows requests and peers of `session/` and messages of `wire/`; it must not know which process
 * this is, what its name is, or how others are reached.
 *
 * This file is the table: how a request finds its handler.
 *
 * @module
 */

import { ErrorCode, MethodNotFoundError, RemoteError } from "../wire/errors.ts";
import { jsonSchemasOf, type MethodJsonSchemas, namesOf } from "./json_schema.ts";
import type { Params } from "../wire/message.ts";
import { checkMethodName } from "../base/name.ts";
import type { IncomingRequest } from "../session/answering/incoming_request.ts";
import type { CallContext, Handler } from "./handler.ts";
import { isStandardSchema, type StandardSchema } from "./standard_schema.ts";
import { validated } from "./validation.ts";
import { Watchers } from "./watchers.ts";

export type { CallContext, Handler, MethodJsonSchemas };
export { checkedEmission, type ValidationIssue } from "./validation.ts";
export { jsonSchemasOf };

/** How a method is exposed. */
export interface ExposeOptions {
  /**
   * Parameter names in order, so that callers may pass positions; or a schema of any
   * [Standard Schema](https://standardschema.dev) library. Params that do not pass it are error
   * -32602, and the handler gets what the schema makes of them, defaults filled in.
   */
  params?: readonly string[] | StandardSchema;
  /** The schema of a call's result. A result that does not pass it is error -32603. */
  result?: StandardSchema;
  /** The schema of each item of a stream. */
  item?: StandardSchema;
  /**
   * JSON Schemas for `$/describe`, where the library of the schemas does not implement Standard
   * JSON Schema, or where there are no schemas. They describe and do not check.
   */
  jsonSchema?: MethodJsonSchemas;
  /** One sentence for `$/describe`. */
  description?: string;
  /** Told to callers; found out from the handler (a generator function streams) unless given. */
  kind?: "call" | "stream";
  /**
   * Whether it may run twice for one call without harm; false by default. Callers are told: one whose
   * connection is lost before the answer asks again by itself, and the handler sees
   * `context.attempt`.
   */
  idempotent?: boolean;
  /** Whether `neverliie mcp` offers the method to assistants; false by default. */
  tool?: boolean;
}

/** A method as `$/describe` tells it. */
export interface MethodDescription {
  /** Its name, by which it is called. */
  name: string;
  /** Whether it answers with one result or with a stream of items. */
  kind: "call" | "stream";
  /** The params' names in their order. */
  params?: readonly string[];
  /** One sentence, where the app gave one. */
  description?: string;
  /** The JSON Schemas of what goes in and what comes out, as far as the app gave them. */
  schemas?: MethodJsonSchemas;
  /** Whether a caller asks again by itself where its connection was lost. */
  idempotent?: true;
  /** Whether the app offers it to assistants. */
  tool?: true;
}

interface Exposed {
  handler: Handler;
  options: ExposeOptions;
  /** Made when first asked for: schemas cost time to convert. */
  description: MethodDescription | null;
  /** The params' names; `null` where the schemas have not been asked yet. */
  names: readonly string[] | undefined | null;
}

/** The table of exposed methods. */
export class Methods {
  /** Those who are told of every call. */
  readonly watchers = new Watchers();
  readonly #table = new Map<string, Exposed>();
  readonly #report: (problem: string) => void;

  /** @param report told of what was wrong but could be helped */
  constructor(report: (problem: string) => void) {
    this.#report = report;
  }

  /** @throws {TypeError} on a reserved name, one that is taken, or options that contradict. */
  add(name: string, handler: Handler, options: ExposeOptions = {}): void {
    checkMethodName(name);
    if (this.#table.has(name)) {
      throw new TypeError(`Cannot expose "${name}": it is exposed already`);
    }
    const { params, result, item, kind = item || streams(handler) ? "stream" : "call" } = options;
    if (kind === "stream" ? result !== undefined : item !== undefined) {
      const [wrong, right] = kind === "stream" ? ["result", "item"] : ["item", "result"];
      throw new TypeError(`Cannot expose "${name}": a ${kind} has "${right}", not "${wrong}"`);
    }
    const schema = isStandardSchema(params) ? params : undefined;
    const checks = schema !== undefined || result !== undefined || item !== undefined;
    this.#table.set(name, {
      handler: checks ? validated(handler, { params: schema, result, item }) : handler,
      options: { ...options, kind },
      description: null,
      names: isNames(params) ? params : null,
    });
  }

  /** Adds methods by their names. @throws {TypeError} as {@link add} does. */
  addAll(handlers: Readonly<Record<string, Handler>> = {}): void {
    for (const [name, handler] of Object.entries(handlers)) this.add(name, handler);
  }

  /** Runs the handler for a request. */
  dispatch(request: IncomingRequest, app: string | null): unknown {
    if (this.watchers.any) this.watchers.began(request);
    const entry = this.#table.get(request.method);
    if (entry === undefined) {
      throw new MethodNotFoundError(
        `${app === null ? "this process" : `"${app}"`} has no method "${request.method}"`,
      );
    }
    // The request doubles as the context: it has the method's name and the lazily made signal.
    const { params } = request;
    const names = Array.isArray(params) ? this.#names(request.method, entry) : undefined;
    return entry.handler(namedParams(request.method, params, names), request);
  }

  /** Every method, in the order of exposure. */
  describe(): MethodDescription[] {
    return [...this.#table].map(([name, entry]) => entry.description ??= this.#tell(name, entry));
  }

  /** What is said of them to those who connect. */
  told(): { idempotent?: string[] } {
    const idempotent = [...this.#table].filter(([, { options }]) => options.idempotent === true);
    return idempotent.length === 0 ? {} : { idempotent: idempotent.map(([name]) => name) };
  }

  #names(name: string, entry: Exposed): readonly string[] | undefined {
    if (entry.names === null) entry.names = (entry.description ??= this.#tell(name, entry)).params;
    return entry.names;
  }

  #tell(name: string, { options }: Exposed): MethodDescription {
    const { params, kind = "call", description, idempotent, tool } = options;
    const schemas = jsonSchemasOf(options, (problem) => this.#report(`"${name}": ${problem}`));
    const names = isNames(params) ? params : namesOf(schemas?.params);
    return {
      name,
      kind,
      ...(names === undefined ? {} : { params: [...names] }),
      ...(description === undefined ? {} : { description }),
      ...(schemas === null ? {} : { schemas }),
      ...(idempotent === true ? { idempotent } : {}),
      ...(tool === true ? { tool } : {}),
    };
  }
}

function isNames(params: ExposeOptions["params"]): params is readonly string[] {
  return Array.isArray(params);
}

function streams(handler: Handler): boolean {
  return /^(Async)?GeneratorFunction$/.test(handler.constructor.name);
}

function namedParams(
  method: string,
  params: Params | undefined,
  names: readonly string[] | undefined,
): unknown {
  if (params === undefined) return {};
  if (!Array.isArray(params) || names === undefined) return params;
  if (params.length > names.length) {
    throw new RemoteError(
      `Cannot call "${method}": ${params.length} positions for ${names.length} parameters ` +
        `(${names.join(", ")})`,
      ErrorCode.InvalidParams,
    );
  }
  return Object.fromEntries(params.map((value, i) => [names[i]!, value]));
}
