/**
 * The interfaces by which schema libraries meet: Standard Schema (https://standardschema.dev) and
 * Standard JSON Schema (https://standardschema.dev/json-schema). Types only; zod, valibot, arktype
 * and others implement them, so no library is needed here.
 *
 * @module
 */

/** A JSON Schema document. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What a validator makes of a value: the value (perhaps transformed), or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  /** For people. */
  readonly message: string;
  /** Where in the value; the value itself where there is none. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Makes JSON Schema documents. @throws where the schema cannot be said in JSON Schema. */
export interface JsonSchemaConverter {
  /** Of what the schema takes. `target` is `draft-2020-12` or `draft-07`. */
  readonly input: (options: { readonly target: string }) => Record<string, unknown>;
  /** Of what it makes of that. */
  readonly output: (options: { readonly target: string }) => Record<string, unknown>;
}

/** A schema of any library that implements Standard Schema. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** What the standard prescribes. */
  readonly "~standard": {
    readonly version: 1;
    /** The library, such as `zod`. */
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For the type checker alone; not there at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    /** Where the library implements Standard JSON Schema. */
    readonly jsonSchema?: JsonSchemaConverter | undefined;
  };
}

/** What a schema takes, as a type. */
export type SchemaInput<Schema extends StandardSchema> = NonNullable<
  Schema["~standard"]["types"]
>["input"];

/** What a schema makes of it, as a type. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<
  Schema["~standard"]["types"]
>["output"];

/** Whether `value` is a schema. (With some libraries a schema is a function.) */
export function isStandardSchema(value: unknown): value is StandardSchema {
  return (typeof value === "object" && value !== null || typeof value === "function") &&
    typeof (value as Partial<StandardSchema>)["~standard"]?.validate === "function";
}
