/** What changes the registry keeps, and which entries are removed. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { RegistryRefusedError } from "../../../lib/ipc/registry/registry.ts";
import {
  missingPart,
  type RegistryEntry,
  sameLaunch,
} from "../../../lib/ipc/registry/registry_entry.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";
import {
  binary,
  type Change,
  filesOf,
  here,
  openRegistry,
  readFile,
} from "../../support/unit/registry_files.ts";

Deno.test("Registry.update keeps what it does not know, and the person's arguments", async () => {
  await using temporary = await temporaryHome();
  const { registry } = openRegistry(temporary.home);
  const entry = { ...binary(), args: ["--mine"], note: { by: "hand" } };
  await Deno.writeTextFile(registry.path, JSON.stringify({ app: entry, other: entry }));
  const cwd = join(Deno.cwd(), "elsewhere");
  await registry.set("app", binary(here, { cwd, source: "self" }));
  const { registered: _registered, ...app } = readFile(temporary.home)["app"] as RegistryEntry;
  assertEquals<unknown>(app, { ...entry, cwd, source: "self" });
  assertEquals(readFile(temporary.home)["other"], entry);
});

Deno.test("Registry.update keeps numbers that JavaScript cannot hold as somebody wrote them", async () => {
  await using temporary = await temporaryHome();
  const { registry } = openRegistry(temporary.home);
  const numbers = '"id": 9007199254740993, "limits": [1e999, -0, 1.50, 1E+2]';
  const known = JSON.stringify(binary()).slice(1, -1);
  const bad = '"not an entry": { "at": 12345678901234567890 }';
  await Deno.writeTextFile(registry.path, `{ "one": { ${known}, ${numbers} }, ${bad} }`);
  await registry.set("two", binary());
  const text = (await Deno.readTextFile(registry.path)).replaceAll(/\s/g, "");
  assertStringIncludes(text, '"id":9007199254740993,"limits":[1e999,-0,1.50,1E+2]');
  assertStringIncludes(text, '"at":12345678901234567890');
  assertEquals([...(await registry.read()).apps.keys()], ["one", "two"]);
});

Deno.test("Registry.update hands over what is there, and removes by null", async () => {
  await using temporary = await temporaryHome();
  const { registry } = openRegistry(temporary.home);
  await Deno.writeTextFile(registry.path, JSON.stringify({ a: binary(), b: binary(), bad: 5 }));
  const seen: unknown[] = [];
  await registry.update(
    new Map<string, Change>([
      ["a", (present) => (seen.push(present?.cmd), null)],
      ["bad", (present) => (seen.push(present), binary())],
      ["constructor", (present) => (seen.push(present), binary())],
    ]),
  );
  assertEquals(seen, [[here], undefined, undefined]);
  assertEquals(Object.keys(readFile(temporary.home)).sort(), ["b", "bad", "constructor"]);
});

Deno.test("Registry: 20 updates at once all arrive, and leave no temporary file", async () => {
  await using temporary = await temporaryHome();
  const { home } = temporary;
  const shared = openRegistry(home).registry;
  await Promise.all(Array.from({ length: 20 }, async (_, i) => {
    const registry = i % 2 === 0 ? shared : openRegistry(home).registry;
    await registry.set(`app${i}`, binary());
    assert((await registry.read()).apps.has(`app${i}`), "its own entry is there at once");
  }));
  const expected = Array.from({ length: 20 }, (_, i) => `app${i}`);
  assertEquals(Object.keys(readFile(home)).sort(), expected.sort());
  assertEquals(filesOf(home), ["registry.json"]);
});

Deno.test("Registry: a lock that is removed under its holder costs nobody an entry", async () => {
  await using temporary = await temporaryHome();
  const { home } = temporary;
  const { registry, reports } = openRegistry(home);
  let others: Promise<void> | null = null;
  const change: Change = (present) => {
    // As what cleans /tmp does; somebody else takes a lock of that name at once, and writes.
    if (others === null) {
      Deno.removeSync(join(home.runtime, ".registry.lock"));
      others = openRegistry(home).registry.set("other", binary());
    }
    return present ?? binary();
  };
  await registry.update(new Map([["mine", change]]));
  await others;
  assertEquals(Object.keys(readFile(home)).sort(), ["mine", "other"]);
  // And so does one whose folder is gone.
  Deno.removeSync(home.runtime, { recursive: true });
  await registry.set("later", binary());
  assertEquals(Object.keys(readFile(home)).sort(), ["later", "mine", "other"]);
  assertEquals([filesOf(home), reports], [["registry.json"], []]);
});

Deno.test("Registry.prune removes entries whose program or script is gone, and only those", async () => {
  await using temporary = await temporaryHome();
  const { registry } = openRegistry(temporary.home);
  const script = join(temporary.home.path, "kept.ts");
  await Deno.writeTextFile(script, "");
  const gone = join(temporary.home.path, "gone");
  const run = (program: string, file: string): RegistryEntry => ({
    type: "script",
    cmd: [program, "run", file],
    cwd: gone,
  });
  const entries: Record<string, unknown> = {
    kept: binary(here, { cwd: gone }),
    kept_script: run(here, script),
    remote: run(here, "https://example.com/x.ts"),
    malformed: { type: "binary" },
    program: binary(gone),
    folder: binary(temporary.home.path),
    below_file: binary(join(script, "x")),
    script: run(here, gone),
    script_program: run(gone, script),
  };
  const removed = ["program", "folder", "below_file", "script", "script_program"];
  // Where nobody knows, or somebody wrote something in it, a person names the entry.
  entries["away"] = binary(join(temporary.home.path, "drive", "x"));
  entries["args"] = binary(gone, { args: ["--mine"] });
  entries["note"] = { ...binary(gone), note: "mine" };
  await Deno.writeTextFile(registry.path, JSON.stringify(entries));
  assertEquals((await registry.prune()).sort(), removed.sort());
  const kept = ["kept", "kept_script", "remote", "malformed"];
  assertEquals(Object.keys(readFile(temporary.home)), [...kept, "away", "args", "note"]);
  assertEquals(await registry.prune(), []);
  for (const name of ["away", "args", "note"]) assertEquals(await registry.prune(name), [name]);
  for (const name of kept) assertEquals(await registry.prune(name), []);
  assertEquals(Object.keys(readFile(temporary.home)), kept);
  assertEquals(missingPart(run(gone, gone))?.part, "script");
  assertEquals(missingPart(run(gone, script))?.part, "program");
});

Deno.test("Registry of 10,000 entries is read and written; one of 50 MB is refused, and kept", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = openRegistry(temporary.home);
  const many = Array.from({ length: 10_000 }, (_, i) => [`app-${i}`, binary()]);
  await Deno.writeTextFile(registry.path, JSON.stringify(Object.fromEntries(many), null, 2));
  assertEquals((await registry.read()).apps.size, 10_000);
  await registry.set("one-more", binary());
  assertEquals((await registry.read()).apps.size, 10_001);
  // A sparse file: it takes no room on the disk.
  await Deno.truncate(registry.path, 50 << 20);
  for (const use of [() => registry.read(), () => registry.set("app", binary())]) {
    const error = await assertRejects(use, RegistryRefusedError, registry.path);
    assertStringIncludes(error.message, "50 MiB, over 16 MiB");
  }
  assertEquals((await Deno.stat(registry.path)).size, 50 << 20);
  assertEquals([filesOf(temporary.home), reports], [["registry.json"], []]);
});

Deno.test("sameLaunch compares how a program is started, not what is noted about it", () => {
  const entry = binary(here, { source: "self" });
  const same = [{ registered: "x" }, { args: ["--x"] }, { note: 1 }];
  for (const more of same) assert(sameLaunch(entry, { ...entry, ...more }));
  const other: Partial<RegistryEntry>[] = [
    { type: "script" },
    { cwd: "elsewhere" },
    { cmd: [here, "-x"] },
    { cmd: [] },
    { cmd: ["other"] },
    { source: "suite" },
  ];
  for (const more of other) assert(!sameLaunch(entry, { ...entry, ...more }));
});
