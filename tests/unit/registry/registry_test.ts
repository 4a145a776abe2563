import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";
import {
  binary,
  type Change,
  filesOf,
  here,
  openRegistry,
  readFile,
} from "../../support/unit/registry_files.ts";

Deno.test("Registry.read of a fresh home is empty and makes no file", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = openRegistry(temporary.home);
  const { apps, problems } = await registry.read();
  assertEquals([apps.size, problems.size, reports, filesOf(temporary.home)], [0, 0, [], []]);
  for (const blank of ["", " \n\t", "{}", "// nothing yet\n{}"]) {
    await Deno.writeTextFile(registry.path, blank);
    assertEquals((await registry.read()).apps.size, 0);
    assertEquals(await Deno.readTextFile(registry.path), blank);
  }
  assertEquals(reports, []);
});

Deno.test("Registry.set writes an entry that read gives back, and leaves no other file", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = openRegistry(temporary.home);
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
  assertEquals([filesOf(temporary.home), reports], [["registry.json"], []]);
  await assertRejects(() => registry.set("Not A Name", entry), TypeError, "app name");
  if (Deno.build.os !== "windows") {
    assertEquals(Deno.statSync(registry.path).mode! & 0o777, 0o600);
  }
});

Deno.test("Registry.set that says the same leaves the file untouched", async () => {
  await using temporary = await temporaryHome();
  const { registry } = openRegistry(temporary.home);
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
  assertEquals(filesOf(temporary.home), ["registry.json"]);
});

Deno.test("Registry reads comments and trailing commas, and keeps a copy when it rewrites", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = openRegistry(temporary.home);
  const text = `{
  // why it is here
  "one": ${JSON.stringify(binary())}, /* and */
}
`;
  await Deno.writeTextFile(registry.path, text);
  assertEquals([...(await registry.read()).apps.keys()], ["one"]);
  assertEquals(reports, [], "reading alone changes nothing");
  await registry.set("two", binary());
  assertEquals(Object.keys(readFile(temporary.home)), ["one", "two"]);
  assertEquals(filesOf(temporary.home), ["registry.json", "registry.json.bak"]);
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
    const { registry, reports } = openRegistry(temporary.home);
    await Deno.writeTextFile(registry.path, text);
    assertEquals((await registry.read()).apps.size, 0, text);
    const [aside, ...others] = filesOf(temporary.home);
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
  const { registry } = openRegistry(temporary.home);
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
  const { registry, reports } = openRegistry(temporary.home);
  await Deno.writeTextFile(registry.path, "{ torn");
  await Promise.all(["a", "b", "c"].map((app) => registry.set(app, binary())));
  assertEquals(Object.keys(readFile(temporary.home)).sort(), ["a", "b", "c"]);
  assertEquals([filesOf(temporary.home).length, reports.length], [2, 1]);
});

Deno.test("Registry.read reports malformed entries by name, and the file keeps them", async () => {
  await using temporary = await temporaryHome();
  const { registry, reports } = openRegistry(temporary.home);
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
  const kept = Object.entries(readFile(temporary.home));
  assertEquals(kept.map(([name]) => name).sort(), [...problems.keys(), "good", "new"].sort());
  for (const [name, entry] of malformed) {
    assertEquals(kept.find(([key]) => key === name)![1], JSON.parse(entry), name);
  }
  assertEquals(reports, []);
  assertEquals(({} as { type?: string }).type, undefined);
});

Deno.test("Registry.set refuses an entry that could not be started from", async () => {
  await using temporary = await temporaryHome();
  const { registry } = openRegistry(temporary.home);
  for (const cmd of [["x"], [], ["../x"], [join(here, "..\0")]]) {
    await assertRejects(() => registry.set("app", { ...binary(), cmd }), TypeError, '"cmd"');
  }
  assertEquals(filesOf(temporary.home), []);
});

Deno.test("Registry: keys that a prototype has are names like others, or refused by the grammar", async () => {
  await using temporary = await temporaryHome();
  const { registry } = openRegistry(temporary.home);
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
  assertEquals(Object.keys(readFile(temporary.home)).sort(), [
    "__proto__",
    "app",
    "constructor",
    "toString",
  ]);
});
