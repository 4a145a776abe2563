import { exists } from "@std/fs";
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import config from "../../../deno.json" with { type: "json" };
import { PROGRAMS } from "../../../apps/programs.ts";

const tasks: Readonly<Record<string, string>> = config.tasks;

/** The task that starts a program: `start` is the launcher, the main job. */
const taskOf = (name: string) => name === "launcher" ? "start" : name;

for (const [name, { permissions }] of Object.entries(PROGRAMS)) {
  Deno.test(`the task of "${name}" starts it with the permissions of the table`, () => {
    const command = tasks[taskOf(name)] ?? "";
    assert(command.endsWith(` apps/${name}/main.ts`), command);
    const own = command.slice(command.indexOf(")") + 1);
    assertEquals(own.split(" ").filter((word) => word.startsWith("-")), [...permissions]);
  });
}

Deno.test("no program may do everything", () => {
  for (const { permissions } of Object.values(PROGRAMS)) {
    for (const flag of ["-A", "--allow-all"]) assert(!permissions.includes(flag));
  }
});

Deno.test("every app folder with a main module is in the table", async () => {
  const apps = new URL("../../../apps/", import.meta.url);
  for await (const { name, isDirectory } of Deno.readDir(apps)) {
    if (!isDirectory || !await exists(new URL(`${name}/main.ts`, apps))) continue;
    assert(Object.hasOwn(PROGRAMS, name), `apps/${name} is not in the table`);
  }
});

Deno.test("every worker module of the table is there", async () => {
  const checkout = new URL("../../../", import.meta.url);
  for (const { workers } of Object.values(PROGRAMS)) {
    for (const module of workers) {
      const path = fromFileUrl(new URL(module, checkout));
      assert((await Deno.stat(path)).isFile, `${path} is no file`);
    }
  }
});
