/**
 * Writes the JSON Schemas of the configuration files, from what the programs check by:
 * `deno task schemas`. A test fails while they differ.
 *
 * @module
 */
import { toJsonSchema } from "@valibot/to-json-schema";

import { configSchema } from "../../apps/statusbar/config.ts";

/** The schema of `statusbar.jsonc`. */
export function statusBarSchema(): Record<string, unknown> {
  const schema = toJsonSchema(configSchema, { typeMode: "input" });
  return { ...schema, title: "NeverLiie status bar" };
}

/** Where it is committed. */
export const STATUS_BAR_SCHEMA: URL = new URL(
  "../../apps/statusbar/statusbar.schema.json",
  import.meta.url,
);

if (import.meta.main) {
  await Deno.writeTextFile(STATUS_BAR_SCHEMA, JSON.stringify(statusBarSchema(), null, 2) + "\n");
}
