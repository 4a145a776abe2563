/**
 * The registry as editors check it, for people who write in it. Programs check each entry by
 * lib/ipc/registry/registry_entry.ts, which also looks at the machine; a test holds the two together.
 *
 * @module
 */
import * as v from "valibot";

// deno-lint-ignore no-control-regex -- no argument can hold it
const argument = v.pipe(v.string(), v.regex(/^[^\u0000]*$/));

const common = {
  cwd: v.pipe(
    v.string(),
    v.minLength(1),
    v.description("the folder that the program is started in, by its absolute path"),
  ),
  args: v.optional(
    v.pipe(v.array(argument), v.description("further arguments when it is woken; for people")),
  ),
  keep_alive: v.optional(
    v.pipe(v.boolean(), v.description("whether it is started again when it dies")),
  ),
  source: v.optional(v.pipe(v.picklist(["self", "suite"]), v.description("who wrote the entry"))),
  registered: v.optional(v.pipe(v.string(), v.description("when, as an ISO 8601 instant"))),
};

const command = "the program, by its absolute path, and its arguments; no shell sees them";

const entry = v.variant("type", [
  v.looseObject({
    type: v.pipe(v.literal("script"), v.description("a script that Deno, Node or Bun runs")),
    cmd: v.pipe(
      v.array(argument),
      v.minLength(2),
      v.description(`${command}; the last one is the script`),
    ),
    ...common,
  }),
  v.looseObject({
    type: v.pipe(v.literal("binary"), v.description("any other program")),
    cmd: v.pipe(v.array(argument), v.minLength(1), v.description(command)),
    ...common,
  }),
]);

/** The whole file. */
export const registrySchema = v.objectWithRest(
  { $schema: v.optional(v.pipe(v.string(), v.description("this file's schema, for editors"))) },
  entry,
);

/** What of the schema its library cannot say: how apps may be called (lib/ipc/base/name.ts). */
export const NAMES = {
  propertyNames: {
    anyOf: [
      { const: "$schema" },
      {
        pattern: "^(?!(con|prn|aux|nul|com[0-9]|lpt[0-9])$)[a-z][a-z0-9_-]{0,31}$",
      },
    ],
  },
} as const;
