/**
 * The JSON Schemas of a method, as `$/describe` tells them.
 *
 * @module
 */

import { asRecord } from "../base/record.ts";
import { isStandardSchema, type JsonSchema, type StandardSchema } from "./standard_schema.ts";

/** What goes into a method and what comes out, as JSON Schema (draft 2020-12, else draft 07). */
export interface MethodJsonSchemas {
  /** The named params, before the app fills in defaults. */
  params?: JsonSchema;
  /** What a call answers. */
  result?: JsonSchema;
  /** Each item of a stream. */
  item?: JsonSchema;
}

/** The targets asked for, the better one first. */
const TARGETS = ["draft-2020-12", "draft-07"];

/** Where the schemas come from: documents given as they are stand before those of the libraries. */
export interface SchemaSources {
  params?: readonly string[] | StandardSchema | undefined;
  result?: StandardSchema | undefined;
  item?: StandardSchema | undefined;
  jsonSchema?: MethodJsonSchemas | undefined;
}

/**
 * The documents, or `null` where there is none.
 *
 * @param report told of a schema that cannot be said in JSON Schema; it is left out then
 */
export function jsonSchemasOf(
  { params, result, item, jsonSchema = {} }: SchemaSources,
  report: (problem: string) => void,
): MethodJsonSchemas | null {
  const schemas: MethodJsonSchemas = { ...jsonSchema };
  const add = (
    part: keyof MethodJsonSchemas,
    schema: SchemaSources["params"],
    side: "input" | "output",
  ) => {
    if (part in schemas || !isStandardSchema(schema)) return;
    try {
      const document = convert(schema, side);
      if (document !== null) schemas[part] = document;
    } catch (error) {
      report(`the ${part} cannot be said in JSON Schema: ${(error as Error).message}`);
    }
  };
  add("params", params, "input");
  add("result", result, "output");
  add("item", item, "output");
  return Object.keys(schemas).length === 0 ? null : schemas;
}

function convert(schema: StandardSchema, side: "input" | "output"): JsonSchema | null {
  const converter = schema["~standard"].jsonSchema;
  if (converter === undefined) return null;
  let failure: unknown;
  for (const target of TARGETS) {
    try {
      return converter[side]({ target });
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

/** The params' names in their order, so that callers may pass positions. */
export function namesOf(params: JsonSchema | undefined): string[] | undefined {
  const properties = asRecord(params?.["properties"]);
  return properties === null ? undefined : Object.keys(properties);
}
