import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Registry } from "../../../lib/ipc/registry/registry.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";

Deno.test("Registry.set removes what a writer that was killed left, and nothing else", async () => {
  await using temporary = await temporaryHome();
  const { path } = temporary.home;
  const own = ["notes.tmp", ".registry.json.bak", "registry.json.tmp"];
  for (const name of [...own, ".registry.json.4711.tmp", ".registry.json.bak.4712.tmp"]) {
    await Deno.writeTextFile(join(path, name), "{");
  }
  const registry = new Registry(temporary.home, () => {});
  await registry.set("app", { type: "binary", cmd: [Deno.execPath()], cwd: path });
  const left = [...Deno.readDirSync(path)].map(({ name }) => name);
  const known = ["logs", "run", "registry.json"];
  assertEquals(left.filter((name) => !known.includes(name)).sort(), [...own].sort());
});
