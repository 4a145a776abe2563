import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Home } from "../../../lib/ipc/registry/home.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { Registry, RegistryRefusedError } from "../../../lib/ipc/registry/registry.ts";
import {
  missingPart,
  type RegistryEntry,
  sameLaunch,
} from "../../../lib/ipc/registry/registry_entry.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";

type Change = (present: RegistryEntry | undefined) => RegistryEntry | null;

const here = Deno.execPath();

function binary(program = here, more: Partial<RegistryEntry> = {}): RegistryEntry {
  return { type: "binary", cmd: [program], cwd: Deno.cwd(), ...more };
}

/** A registry that keeps what it reports. */
function open(home: Home): { registry: Registry; reports: string[] } {
  const reports: string[] = [];
  return { registry: new Registry(home, (problem) => reports.push(problem)), reports };
}

/** The names in the home, without what is always there. */
function files(home: Home): string[] {
  const names = [...Deno.readDirSync(home.path)].map(({ name }) => name);
  return names.filter((name) => name !== "logs" && name !== "run").sort();
}

function read(home: Home): Record<string, unknown> {
  return JSON.parse(Deno.readTextFileSync(home.registryFile));
}

Deno.test("Registry.read of a fresh home is empty and makes no file", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = open(temporary.home);
  const { apps, problems } = await registry.read();
  assertEquals([apps.size, problems.size, reports, files(temporary.home)], [0, 0, [], []]);
  for (const blank of ["", " \n\t", "{}", "// nothing yet\n{}"]) {
    await Deno.writeTextFile(registry.path, blank);
    assertEquals((await registry.read()).apps.size, 0);
    assertEquals(await Deno.readTextFile(registry.path), blank);
  }
  assertEquals(reports, []);
});

Deno.test("Registry.set writes an entry that read gives back, and leaves no other file", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = open(temporary.home);
  const cwd = join(Deno.cwd(), 'a "quoted" ż😀 folder');
  const entry = binary(here, { cwd, source: "self", args: ["--x", "", "ż \\"] });
  await registry.set("one", entry);
  await registry.set("two", {
    type: "script",
    cmd: [here, "run", "-A", join(Deno.cwd(), "x.ts")],
    cwd: Deno.cwd(),
  });
  const { apps } = await registry.read();
  assertEquals([...apps.keys()], ["one", "two"]);
  const { registered, ...rest } = apps.get("one")!;
  assertEquals(rest, entry);
  assertEquals(new Date(registered!).toISOString(), registered);
  assertEquals([files(temporary.home), reports], [["registry.json"], []]);
  await assertRejects(() => registry.set("Not A Name", entry), TypeError, "app name");
  if (Deno.build.os !== "windows") {
    assertEquals(Deno.statSync(registry.path).mode! & 0o777, 0o600);
  }
});

Deno.test("Registry.set that says the same leaves the file untouched", async () => {
  await using temporary = await temporaryHome();
  const { registry } = open(temporary.home);
  await registry.set("app", binary(here, { source: "self" }));
  // Comments would go with any rewriting.
  const text = `// mine\n${await Deno.readTextFile(registry.path)}`;
  await Deno.writeTextFile(registry.path, text);
  const past = new Date(2_000_000_000_000 - 1e12);
  await Deno.utime(registry.path, past, past);
  await registry.set("app", binary(here, { source: "self" }));
  await registry.update(
    new Map<string, Change>([["gone", () => null], ["app", (present) => present!]]),
  );
  assertEquals(await registry.prune(), []);
  assertEquals(await Deno.readTextFile(registry.path), text);
  assertEquals((await Deno.stat(registry.path)).mtime, past);
  assertEquals(files(temporary.home), ["registry.json"]);
});

Deno.test("Registry reads comments and trailing commas, and keeps a copy when it rewrites", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = open(temporary.home);
  const text = `{
  // why it is here
  "one": ${JSON.stringify(binary())}, /* and */
}
`;
  await Deno.writeTextFile(registry.path, text);
  assertEquals([...(await registry.read()).apps.keys()], ["one"]);
  assertEquals(reports, [], "reading alone changes nothing");
  await registry.set("two", binary());
  assertEquals(Object.keys(read(temporary.home)), ["one", "two"]);
  assertEquals(files(temporary.home), ["registry.json", "registry.json.bak"]);
  assertEquals(await Deno.readTextFile(`${registry.path}.bak`), text);
  assertEquals(reports.length, 1);
  assertStringIncludes(reports[0]!, `${registry.path}.bak`);
  await registry.set("three", binary());
  assertEquals(reports.length, 1, "nothing is lost by the second writing");
  assertEquals(await Deno.readTextFile(`${registry.path}.bak`), text);
});

Deno.test("Registry sets a corrupt file aside, reports it once and begins anew", async () => {
  const corrupt = [
    "{",
    '{"a":',
    "[]",
    "5",
    "null",
    '"text"',
    "{} {}",
    "// only",
    "\0\0\0",
    "{'a':1}",
  ];
  for (const text of corrupt) {
    await using temporary = await temporaryHome();
    const { registry, reports } = open(temporary.home);
    await Deno.writeTextFile(registry.path, text);
    assertEquals((await registry.read()).apps.size, 0, text);
    const [aside, ...others] = files(temporary.home);
    assertEquals(others, [], text);
    assert(/^registry\.corrupt-.*\.json$/.test(aside!), aside);
    assertEquals(await Deno.readTextFile(join(temporary.home.path, aside!)), text);
    assertEquals(reports.length, 1, text);
    assertStringIncludes(reports[0]!, aside!);
    await registry.set("app", binary());
    assertEquals((await registry.read()).apps.size, 1);
    assertEquals(reports.length, 1, text);
  }
});

Deno.test("Registry: a file whose owner is not found is there, and its entries are kept", async () => {
  await using temporary = await temporaryHome();
  const { registry } = open(temporary.home);
  await registry.set("mine", binary());
  const text = Deno.readTextFileSync(registry.path);
  // As Windows answers for a path that is too long for the call.
  const system = platform();
  const { ownershipFault } = system;
  system.ownershipFault = () => {
    throw new Deno.errors.NotFound("path not found (3)");
  };
  try {
    const uses = [() => registry.read(), () => registry.set("other", binary())];
    for (const use of uses) {
      const error = await assertRejects(use, Error, registry.path);
      assertStringIncludes(error.message, "path not found (3)");
    }
  } finally {
    system.ownershipFault = ownershipFault;
  }
  assertEquals(Deno.readTextFileSync(registry.path), text);
  assertEquals([...(await registry.read()).apps.keys()], ["mine"]);
});

Deno.test("Registry.set over a corrupt file keeps the file and the new entry", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = open(temporary.home);
  await Deno.writeTextFile(registry.path, "{ torn");
  await Promise.all(["a", "b", "c"].map((app) => registry.set(app, binary())));
  assertEquals(Object.keys(read(temporary.home)).sort(), ["a", "b", "c"]);
  assertEquals([files(temporary.home).length, reports.length], [2, 1]);
});

Deno.test("Registry.read reports malformed entries by name, and the file keeps them", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = open(temporary.home);
  const good = JSON.stringify(binary());
  const malformed: [string, string, string][] = [
    ["number", "5", "not an object"],
    ["null", "null", "not an object"],
    ["list", "[1]", "not an object"],
    ["empty", "{}", '"type" must be'],
    ["type", '{"type":"exe","cmd":["x"],"cwd":"/"}', '"type" must be'],
    ["cmd", '{"type":"binary","cmd":"x","cwd":"/"}', '"cmd" must be'],
    ["cmd0", '{"type":"binary","cmd":[],"cwd":"/"}', '"cmd" must be'],
    ["cmd1", '{"type":"binary","cmd":[""],"cwd":"/"}', '"cmd" must be'],
    ["cmd2", '{"type":"binary","cmd":["x",5],"cwd":"/"}', '"cmd" must be'],
    ["zero", '{"type":"binary","cmd":["x\\u0000y"],"cwd":"/"}', '"cmd" must be'],
    ["script", '{"type":"script","cmd":["deno"],"cwd":"/"}', "end with the script"],
    ["relative", '{"type":"binary","cmd":["bin/x"],"cwd":"/"}', "not an absolute path"],
    ["place", '{"type":"binary","cmd":["/x"],"cwd":"x"}', "absolute path of a folder"],
    [
      "module",
      `{"type":"script","cmd":[${JSON.stringify(here)},"run","x.ts"],"cwd":"/"}`,
      "or the URL",
    ],
    ["cwd", '{"type":"binary","cmd":["x"]}', '"cwd" must be'],
    ["cwd0", '{"type":"binary","cmd":["x"],"cwd":""}', '"cwd" must be'],
    ["args", '{"type":"binary","cmd":["x"],"cwd":"/","args":"y"}', '"args" must be'],
    ["__proto__", good, "app name"],
    ["Upper", good, "lower case"],
    ["con", good, "Windows reserves"],
    ["", good, "it is empty"],
  ];
  const members = malformed.map(([name, entry]) => `${JSON.stringify(name)}: ${entry}`);
  await Deno.writeTextFile(registry.path, `{${members.join(",\n")}, "good": ${good}}`);
  const { apps, problems } = await registry.read();
  assertEquals([...apps.keys()], ["good"]);
  assertEquals([...problems.keys()].sort(), malformed.map(([name]) => name).sort());
  for (const [name, , why] of malformed) assertStringIncludes(problems.get(name)!, why, name);
  await registry.set("new", binary());
  assertEquals(await registry.prune(), []);
  const kept = Object.entries(read(temporary.home));
  assertEquals(kept.map(([name]) => name).sort(), [...problems.keys(), "good", "new"].sort());
  for (const [name, entry] of malformed) {
    assertEquals(kept.find(([key]) => key === name)![1], JSON.parse(entry), name);
  }
  assertEquals(reports, []);
  assertEquals(({} as { type?: string }).type, undefined);
});

Deno.test("Registry.set refuses an entry that could not be started from", async () => {
  await using temporary = await temporaryHome();
  const { registry } = open(temporary.home);
  for (const cmd of [["x"], [], ["../x"], [join(here, "..\0")]]) {
    await assertRejects(() => registry.set("app", { ...binary(), cmd }), TypeError, '"cmd"');
  }
  assertEquals(files(temporary.home), []);
});

Deno.test("Registry: keys that a prototype has are names like others, or refused by the grammar", async () => {
  await using temporary = await temporaryHome();
  const { registry } = open(temporary.home);
  const pollution = '{"polluted": true, "type": "binary"}';
  await Deno.writeTextFile(
    registry.path,
    `{"__proto__": ${pollution}, "constructor": {"prototype": ${pollution}}, "toString": 1,
      "app": {"__proto__": ${pollution}, ${JSON.stringify(binary()).slice(1)}}`,
  );
  const { apps, problems } = await registry.read();
  assertEquals([...apps.keys()], ["app"]);
  assertEquals([...problems.keys()].sort(), ["__proto__", "constructor", "toString"]);
  assertEquals(apps.get("hasOwnProperty"), undefined);
  await registry.set("constructor", binary());
  await registry.set("app", binary(here, { cwd: join(here, "..") }));
  assertEquals(({} as { polluted?: boolean }).polluted, undefined);
  assertEquals(Object.keys(read(temporary.home)).sort(), [
    "__proto__",
    "app",
    "constructor",
    "toString",
  ]);
});

Deno.test("Registry.update keeps what it does not know, and the person's arguments", async () => {
  await using temporary = await temporaryHome();
  const { registry } = open(temporary.home);
  const entry = { ...binary(), args: ["--mine"], note: { by: "hand" } };
  await Deno.writeTextFile(registry.path, JSON.stringify({ app: entry, other: entry }));
  const cwd = join(Deno.cwd(), "elsewhere");
  await registry.set("app", binary(here, { cwd, source: "self" }));
  const { registered: _registered, ...app } = read(temporary.home)["app"] as RegistryEntry;
  assertEquals<unknown>(app, { ...entry, cwd, source: "self" });
  assertEquals(read(temporary.home)["other"], entry);
});

Deno.test("Registry.update keeps numbers that JavaScript cannot hold as somebody wrote them", async () => {
  await using temporary = await temporaryHome();
  const { registry } = open(temporary.home);
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
  const { registry } = open(temporary.home);
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
  assertEquals(Object.keys(read(temporary.home)).sort(), ["b", "bad", "constructor"]);
});

Deno.test("Registry: 20 updates at once all arrive, and leave no temporary file", async () => {
  await using temporary = await temporaryHome();
  const { home } = temporary;
  const shared = open(home).registry;
  await Promise.all(Array.from({ length: 20 }, async (_, i) => {
    const registry = i % 2 === 0 ? shared : open(home).registry;
    await registry.set(`app${i}`, binary());
    assert((await registry.read()).apps.has(`app${i}`), "its own entry is there at once");
  }));
  const expected = Array.from({ length: 20 }, (_, i) => `app${i}`);
  assertEquals(Object.keys(read(home)).sort(), expected.sort());
  assertEquals(files(home), ["registry.json"]);
});

Deno.test("Registry: a lock that is removed under its holder costs nobody an entry", async () => {
  await using temporary = await temporaryHome();
  const { home } = temporary;
  const { registry, reports } = open(home);
  let others: Promise<void> | null = null;
  const change: Change = (present) => {
    // As what cleans /tmp does; somebody else takes a lock of that name at once, and writes.
    if (others === null) {
      Deno.removeSync(join(home.runtime, ".registry.lock"));
      others = open(home).registry.set("other", binary());
    }
    return present ?? binary();
  };
  await registry.update(new Map([["mine", change]]));
  await others;
  assertEquals(Object.keys(read(home)).sort(), ["mine", "other"]);
  // And so does one whose folder is gone.
  Deno.removeSync(home.runtime, { recursive: true });
  await registry.set("later", binary());
  assertEquals(Object.keys(read(home)).sort(), ["later", "mine", "other"]);
  assertEquals([files(home), reports], [["registry.json"], []]);
});

Deno.test("Registry.prune removes entries whose program or script is gone, and only those", async () => {
  await using temporary = await temporaryHome();
  const { registry } = open(temporary.home);
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
  assertEquals(Object.keys(read(temporary.home)), [...kept, "away", "args", "note"]);
  assertEquals(await registry.prune(), []);
  for (const name of ["away", "args", "note"]) assertEquals(await registry.prune(name), [name]);
  for (const name of kept) assertEquals(await registry.prune(name), []);
  assertEquals(Object.keys(read(temporary.home)), kept);
  assertEquals(missingPart(run(gone, gone))?.part, "script");
  assertEquals(missingPart(run(gone, script))?.part, "program");
});

Deno.test("Registry of 10,000 entries is read and written; one of 50 MB is refused, and kept", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = open(temporary.home);
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
  assertEquals([files(temporary.home), reports], [["registry.json"], []]);
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
