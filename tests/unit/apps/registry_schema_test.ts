import { assertEquals } from "@std/assert";
import { Ajv } from "ajv";
import { join } from "@std/path";
import schema from "../../../apps/registry.schema.json" with { type: "json" };
import { isAppName } from "../../../lib/ipc/base/name.ts";
import { Registry } from "../../../lib/ipc/registry/registry.ts";
import { faultOf } from "../../../lib/ipc/registry/registry_entry.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";
import { jsonSchemaOf } from "../../support/run/write_schemas.ts";

const validate = new Ajv({ strict: false }).compile(schema);

Deno.test("the registry's schema is what deno task schemas writes", () => {
  assertEquals(schema as unknown, JSON.parse(JSON.stringify(jsonSchemaOf("registry"))));
});

Deno.test("the registry's schema takes the names and entries that programs take", () => {
  const binary = { type: "binary", cmd: [Deno.execPath()], cwd: Deno.cwd() };
  const script = { ...binary, type: "script", cmd: [Deno.execPath(), join(Deno.cwd(), "x.ts")] };
  const entries: unknown[] = [binary, script, null, [], "x", {}];
  for (const member of ["type", "cmd", "cwd"]) entries.push({ ...binary, [member]: undefined });
  for (
    const more of [
      { args: [] },
      { args: ["a", ""] },
      { args: "a" },
      { args: [1] },
      { args: ["\0"] },
      { keep_alive: true },
      { keep_alive: "yes" },
      { of_a_later_version: 1 },
      { type: "other" },
      { cmd: [] },
      { cmd: Deno.execPath() },
      { cwd: "" },
      { cwd: 1 },
    ]
  ) entries.push({ ...binary, ...more });
  entries.push({ ...script, cmd: [Deno.execPath()] });
  for (const entry of entries) {
    const text = JSON.stringify(entry);
    const read = JSON.parse(text);
    assertEquals(validate({ app: read }), faultOf("app", read) === null, text);
  }
  const names = ["a", "z9-_", "con1", "con", "nul", "com1", "com10", "A", "1a", "", "a b", "a.b"];
  names.push("a".repeat(32), "a".repeat(33), "$schemas", "constructor", "ä");
  for (const name of names) assertEquals(validate({ [name]: binary }), isAppName(name), name);
  assertEquals([validate({}), validate([]), validate({ $schema: 1 })], [true, false, false]);
});

Deno.test("Registry: $schema is no app, no problem, and stays where it is", async () => {
  await using temporary = await temporaryHome();
  const reports: string[] = [];
  const registry = new Registry(temporary.home, (problem) => reports.push(problem));
  const $schema = "./schemas/registry.schema.json";
  await Deno.writeTextFile(registry.path, JSON.stringify({ $schema }));
  const entry = { type: "binary" as const, cmd: [Deno.execPath()], cwd: Deno.cwd() };
  await registry.set("app", entry);
  const { apps, problems } = await registry.read();
  assertEquals([[...apps.keys()], [...problems], reports], [["app"], [], []]);
  const written = JSON.parse(await Deno.readTextFile(registry.path));
  assertEquals([Object.keys(written), written.$schema], [["$schema", "app"], $schema]);
  assertEquals(validate(written), true);
});
