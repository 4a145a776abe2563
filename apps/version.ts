/**
 * The suite's version: one number for all its programs, in deno.json.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** As in deno.json: `1.2.3`. */
export const VERSION: string = config.version;
