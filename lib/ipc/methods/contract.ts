/**
 * Contracts written with a schema library: one object says what the methods take and give, checks
 * it while the app runs, and types both sides.
 *
 * @module
 */

import type { CallContext, Handler } from "./handler.ts";
import type { ExposeOptions } from "./methods.ts";
import type { SchemaInput, SchemaOutput, StandardSchema } from "./standard_schema.ts";

export type {
  JsonSchema,
  JsonSchemaConverter,
  SchemaInput,
  SchemaIssue,
  SchemaOutput,
  SchemaResult,
  StandardSchema,
} from "./standard_schema.ts";

/** A contract: how each method is exposed, by its name. */
export type ContractSchemas = { readonly [method: string]: ExposeOptions };

/** What a streaming handler may answer. */
export type Streamed<Item> =
  | AsyncIterable<Item>
  | Generator<Item>
  | Promise<AsyncIterable<Item> | Generator<Item>>;

/** What the handler gets as params: what the schema makes of them. */
export type HandlerParams<Options> = Options extends
  { readonly params: infer S extends StandardSchema } ? SchemaOutput<S>
  // deno-lint-ignore no-explicit-any -- without a schema, handlers declare their own params
  : any;

/** What the handler may answer: what the schema takes. */
export type HandlerAnswer<Options> = Options extends
  { readonly result: infer S extends StandardSchema } ? SchemaInput<S> | Promise<SchemaInput<S>>
  : Options extends { readonly item: infer S extends StandardSchema } ? Streamed<SchemaInput<S>>
  : unknown;

/** The handler of a method exposed so: typed where there are schemas. */
export type HandlerFor<Options> = (
  params: HandlerParams<Options>,
  context: CallContext,
) => HandlerAnswer<Options>;

/** A handler for each method of a contract. */
export type HandlersFor<Schemas extends ContractSchemas> = {
  readonly [Name in keyof Schemas]: HandlerFor<Schemas[Name]>;
};

/** What the caller passes: what the schema takes. */
export type CallerParams<Options> = Options extends
  { readonly params: infer S extends StandardSchema } ? [params: SchemaInput<S>]
  : [];

/** What the caller gets: what the schema makes of the answer. */
export type CallerAnswer<Options> = Options extends
  { readonly item: infer S extends StandardSchema } ? AsyncIterable<SchemaOutput<S>>
  : Options extends { readonly result: infer S extends StandardSchema } ? Promise<SchemaOutput<S>>
  : Options extends { readonly kind: "stream" } ? AsyncIterable<unknown>
  : Promise<unknown>;

/**
 * The interface that a contract's schemas say, for {@link NeverLiieIPC.connect}.
 *
 * @example
 * ```ts
 * import type { ContractOf } from "@neverliie/ipc";
 * import { z } from "zod";
 *
 * const contract = { greet: { params: z.object({ name: z.string() }), result: z.string() } };
 * type Greeter = ContractOf<typeof contract>;
 * const greeter: Greeter = { greet: ({ name }) => Promise.resolve(`Hello, ${name}!`) };
 * await greeter.greet({ name: "Ada" });
 * ```
 */
export type ContractOf<Schemas extends ContractSchemas> = {
  readonly [Name in keyof Schemas]: (
    ...args: CallerParams<Schemas[Name]>
  ) => CallerAnswer<Schemas[Name]>;
};

/** What {@link exposeContract} needs of a process on the mesh. */
export interface Exposing {
  /** As {@link NeverLiieIPC.expose}. */
  expose(method: string, handler: Handler, options?: ExposeOptions): void;
}

/**
 * Exposes every method of a contract. @throws {TypeError} as {@link NeverLiieIPC.expose}.
 *
 * @example
 * ```ts
 * import { type ContractOf, exposeContract, NeverLiieIPC, RemoteError } from "@neverliie/ipc";
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { z } from "zod";
 *
 * const contract = {
 *   square: { params: z.object({ of: z.number() }), result: z.number() },
 * };
 * await using app = await NeverLiieIPC.open("calculator", { launch: false });
 * exposeContract(app, contract, { square: ({ of }) => of * of });
 *
 * await using client = await NeverLiieIPC.client();
 * const calculator = client.connect<ContractOf<typeof contract>>("calculator");
 * assertEquals(await calculator.square({ of: 7 }), 49);
 * await assertRejects(
 *   () => client.call("calculator", "square", { of: "seven" }),
 *   RemoteError,
 *   'Cannot call "square": params.of: ',
 * );
 * ```
 */
export function exposeContract<Schemas extends ContractSchemas>(
  ipc: Exposing,
  schemas: Schemas,
  handlers: HandlersFor<Schemas>,
): void {
  for (const [method, options] of Object.entries(schemas)) {
    ipc.expose(method, handlers[method] as Handler, options);
  }
}
