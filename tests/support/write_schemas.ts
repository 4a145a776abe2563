/**
 * Writes the JSON Schemas of the configuration files, from what the programs check by:
 * `deno task schemas`. A test fails while they differ.
 *
 * @module
 */
import { toJsonSchema } from "@valibot/to-json-schema";

import { configSchema as launcher } from "../../apps/launcher/config.ts";
import { configSchema as statusbar } from "../../apps/statusbar/config.ts";

/** The configurations' schemas, by app. */
export const SCHEMAS = { launcher, statusbar } as const;

/** The JSON Schema of an app's configuration. */
export function jsonSchemaOf(app: keyof typeof SCHEMAS): Record<string, unknown> {
  return { ...toJsonSchema(SCHEMAS[app], { typeMode: "input" }), title: `NeverLiie ${app}` };
}

/** Where it is committed. */
export function schemaFile(app: string): URL {
  return new URL(`../../apps/${app}/${app}.schema.json`, import.meta.url);
}

if (import.meta.main) {
  for (const app of Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[]) {
    await Deno.writeTextFile(schemaFile(app), JSON.stringify(jsonSchemaOf(app), null, 2) + "\n");
  }
}
