/** The launcher's configuration: `launcher.jsonc` in the home. */
import * as v from "valibot";

/** The name of the configuration in the home. */
export const CONFIG_FILE = "launcher.jsonc";

/** The whole file. */
export const configSchema = v.strictObject({
  $schema: v.optional(v.pipe(v.string(), v.description("this file's schema, for editors"))),
  hide: v.pipe(
    v.optional(v.array(v.string()), []),
    v.description(
      "names of programs and apps that are not shown, such as Uninstall*; * is any text",
    ),
  ),
  commands: v.pipe(
    v.optional(
      v.array(v.strictObject({
        title: v.pipe(v.string(), v.minLength(1, "must not be empty")),
        command: v.pipe(v.string(), v.minLength(1, "must not be empty")),
      })),
      [],
    ),
    v.description("shell commands of one's own, found by their titles and run by Terminal"),
  ),
});

/** The configuration, defaults filled in. */
export type LauncherConfig = v.InferOutput<typeof configSchema>;

/** Whether a name fits one of the patterns; letters count the same large and small. */
export function isHidden(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "is").test(name);
  });
}
