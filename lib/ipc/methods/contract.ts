/**
 * Contracts written with a schema library: one object says what the methods take and give, checks
 * it while the app runs, and types both sides.
 *
 * @module
 */

import type { CallContext, Handler } from "./handler.ts";
import type { ExposeOptions, MethodJsonSchemas } from "./methods.ts";
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

/** How a topic is opened. */
export interface TopicOptions {
  /** Whether a new subscriber first gets the latest value; false by default. */
  retain?: boolean;
  /** One sentence for `$/describe`. */
  description?: string;
  /** The schema of each value, which must answer at once. A value that does not pass is not sent. */
  item?: StandardSchema;
  /** The JSON Schema of each value, where `item` has none. It describes and does not check. */
  jsonSchema?: MethodJsonSchemas;
  /**
   * Called when somebody begins to listen and nobody did before, for values that are only made while
   * somebody looks. The signal fires when nobody listens any more. What it throws before that is
   * told to `onProblem`.
   */
  onListen?(signal: AbortSignal): void | Promise<void>;
}

/** How a contract has a topic. */
export interface TopicSchema extends Omit<TopicOptions, "item"> {
  /** The schema of each value, or `true` for a topic without one. */
  topic: StandardSchema | true;
}

/** A contract: how each method is exposed, and each topic opened, by its name. */
export type ContractSchemas = { readonly [name: string]: ExposeOptions | TopicSchema };

/** The names of a contract's topics. */
export type TopicNames<Schemas extends ContractSchemas> = {
  [Name in keyof Schemas]: Schemas[Name] extends { readonly topic: unknown } ? Name : never;
}[keyof Schemas];

/** The values of a contract's topics as their subscribers get them, by the topics' names. */
export type TopicsOf<Schemas extends ContractSchemas> = {
  readonly [Name in TopicNames<Schemas>]: Schemas[Name] extends
    { readonly topic: infer S extends StandardSchema } ? SchemaOutput<S> : unknown;
};

/** A topic as the app that opens it has it. */
export interface Emitting<T> {
  /** Sends a value to whoever listens. */
  emit(value: T): void;
  /** The latest value, where the topic retains it. */
  readonly value: T | undefined;
  /** How many listen now. */
  readonly subscribers: number;
}

/** The topics that a contract has, opened. */
export type OpenTopics<Schemas extends ContractSchemas> = {
  readonly [Name in TopicNames<Schemas>]: Emitting<
    Schemas[Name] extends { readonly topic: infer S extends StandardSchema } ? SchemaInput<S>
      : unknown
  >;
};

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
  readonly [Name in Exclude<keyof Schemas, TopicNames<Schemas>>]: HandlerFor<Schemas[Name]>;
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
  readonly [Name in Exclude<keyof Schemas, TopicNames<Schemas>>]: (
    ...args: CallerParams<Schemas[Name]>
  ) => CallerAnswer<Schemas[Name]>;
};

/** What {@link exposeContract} needs of a process on the mesh. */
export interface Exposing {
  /** As {@link NeverLiieIPC.expose}. */
  expose(method: string, handler: Handler, options?: ExposeOptions): void;
  /** As {@link NeverLiieIPC.topic}. Needed for contracts with topics. */
  topic?(name: string, options?: TopicOptions): Emitting<never>;
}

/**
 * Exposes every method of a contract, and opens its topics.
 *
 * @returns the topics, by their names
 * @throws {TypeError} as {@link NeverLiieIPC.expose} and {@link NeverLiieIPC.topic} do.
 *
 * @example
 * ```ts
 * import { type ContractOf, exposeContract, NeverLiieIPC } from "@neverliie/ipc";
 * import { RemoteError, type TopicsOf } from "@neverliie/ipc";
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { z } from "zod";
 *
 * const contract = {
 *   square: { params: z.object({ of: z.number() }), result: z.number() },
 *   asked: { topic: z.number(), retain: true },
 * };
 * await using app = await NeverLiieIPC.open("calculator", { launch: false });
 * const { asked } = exposeContract(app, contract, {
 *   square: ({ of }) => {
 *     asked.emit(of);
 *     return of * of;
 *   },
 * });
 *
 * await using client = await NeverLiieIPC.client();
 * const calculator = client.connect<ContractOf<typeof contract>>("calculator");
 * assertEquals(await calculator.square({ of: 7 }), 49);
 * await assertRejects(
 *   () => client.call("calculator", "square", { of: "seven" }),
 *   RemoteError,
 *   'Cannot call "square": params.of: ',
 * );
 * type Asked = TopicsOf<typeof contract>["asked"];
 * for await (const of of client.subscribe<Asked>("calculator", "asked")) {
 *   assertEquals(of, 7);
 *   break;
 * }
 * ```
 */
export function exposeContract<Schemas extends ContractSchemas>(
  ipc: Exposing,
  schemas: Schemas,
  handlers: HandlersFor<Schemas>,
): OpenTopics<Schemas> {
  const topics: Record<string, Emitting<never>> = {};
  for (const [name, options] of Object.entries(schemas)) {
    if (!("topic" in options)) {
      ipc.expose(name, (handlers as Record<string, Handler>)[name]!, options);
    } else if (ipc.topic !== undefined) {
      const { topic, ...more } = options;
      topics[name] = ipc.topic(name, topic === true ? more : { ...more, item: topic });
    } else throw new TypeError(`Cannot open the topic "${name}": there is nothing to open it by`);
  }
  return topics as OpenTopics<Schemas>;
}
