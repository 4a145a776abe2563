/**
 * Writes the JSON Schemas of the files that people edit, from what the programs check by:
 * `deno task schemas`. A test fails while they differ.
 *
 * @module
 */
import { toJsonSchema } from "@valibot/to-json-schema";

import { configSchema as launcher } from "../../../apps/launcher/config.ts";
import { NAMES, registrySchema as registry } from "../../../apps/registry_schema.ts";
import { configSchema as statusbar } from "../../../apps/statusbar/config.ts";

/** The schemas by what they describe, and where each is committed, below apps. */
export const SCHEMAS = { launcher, statusbar, registry } as const;
const FOLDERS = { launcher: "launcher/", statusbar: "statusbar/", registry: "" } as const;

/** The JSON Schema of a file. */
export function jsonSchemaOf(name: keyof typeof SCHEMAS): Record<string, unknown> {
  const schema = toJsonSchema(SCHEMAS[name], { typeMode: "input" });
  return { ...schema, ...(name === "registry" ? NAMES : {}), title: `NeverLiie ${name}` };
}

/** Where it is committed. */
export function schemaFile(name: keyof typeof SCHEMAS): URL {
  return new URL(`../../../apps/${FOLDERS[name]}${name}.schema.json`, import.meta.url);
}

if (import.meta.main) {
  for (const name of Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[]) {
    await Deno.writeTextFile(schemaFile(name), JSON.stringify(jsonSchemaOf(name), null, 2) + "\n");
  }
}
