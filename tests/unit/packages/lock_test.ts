/**
 * The committed lock file and the import maps: each package from npm is pinned with its hash, all
 * that it depends on too, and stands where only those find it that need it.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { allImports, type ImportMap } from "../../../lib/packages/import_map.ts";
import {
  isComplete,
  type LockFile,
  withJsrOf,
  withoutJsr,
} from "../../../lib/packages/lock_file.ts";
import { moduleFiles } from "../../../lib/packages/module_files.ts";
import { moduleFlags, ownModuleFlags } from "../../../lib/packages/module_flags.ts";
import standInMap from "../../../lib/std/import_map.json" with { type: "json" };

/** The packages that the programs of the suite need now. */
const START_MAX = 49;

const text = await Deno.readTextFile("deno.lock");
const lock = JSON.parse(text) as LockFile;
const maps: ImportMap[] = [config, standInMap];

/** `npm:@scope/name@1.2.3/path` without the path, as a lock file names it; `null` for others. */
function npmSpecifier(target: string): string | null {
  const [, name, version] = /^npm:\/?((?:@[^/]+\/)?[^/@]+)@([^/]+)/.exec(target) ?? [];
  return name === undefined ? null : `npm:${name}@${version}`;
}

/** The keys of a package's dependencies: a lock file leaves out what it has one version of. */
function dependenciesOf(key: string): string[] {
  const { dependencies = [], optionalDependencies = [], optionalPeers = [] } = lock.npm![key]!;
  const keys = Object.keys(lock.npm!);
  return [...dependencies, ...optionalDependencies, ...optionalPeers].map((named) => {
    const found = keys.filter((key) => key === named || key.replace(/(.)@.*/, "$1") === named);
    assertEquals(found.length, 1, `${key} depends on ${named}`);
    return found[0]!;
  });
}

Deno.test("lock: every package that an import map takes from npm is in it, in one exact version", () => {
  for (const map of maps) {
    const targets = Object.values(allImports(map)).filter((target) => target.startsWith("npm:"));
    assert(targets.length > 20);
    for (const specifier of targets.map(npmSpecifier)) {
      const version = lock.specifiers?.[specifier!];
      assert(version !== undefined, `${specifier} is missing: deno task lock`);
      assertEquals(specifier!.split("@").at(-1), version.split("_")[0]);
      assert(`${specifier!.replace(/^npm:|@[^@]+$/g, "")}@${version}` in lock.npm!, specifier!);
    }
  }
});

/** The packages that these specifiers bring, with all that they depend on. */
function packagesOf(specifiers: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const reach = (key: string): void => {
    if (reached.has(key)) return;
    reached.add(key);
    dependenciesOf(key).forEach(reach);
  };
  for (const specifier of specifiers) {
    reach(`${specifier.replace(/^npm:|@[^@]+$/g, "")}@${lock.specifiers![specifier]}`);
  }
  return reached;
}

Deno.test("lock: it names all that those depend on, nothing else, and each with its hash", () => {
  const reached = packagesOf(Object.keys(lock.specifiers!));
  assertEquals([...reached].sort(), Object.keys(lock.npm!).sort());
  assert(reached.size > 100);
  for (const [key, { integrity }] of Object.entries(lock.npm!)) {
    assertMatch(integrity ?? "", /^sha512-[A-Za-z0-9+/]{86}==$/, key);
  }
});

Deno.test("lock: it is what every machine can use: no registry's address, and nothing of JSR", () => {
  assertEquals(lock.version, "5", "the lab's Deno reads this one, too");
  assert(!/https?:\/\//.test(text), "deno task lock leaves them out");
  assertEquals(withoutJsr(lock), lock);
});

Deno.test("lock: TypeScript is not in it, which packages of the programs would take up", async () => {
  const typescript = (packages: LockFile["npm"]) =>
    Object.keys(packages!).filter((key) => key.startsWith("typescript@"));
  assertEquals(typescript(lock.npm), []);
  // What makes the library's types has a lock file of its own.
  const own = await Deno.readTextFile("apps/build/declarations.lock");
  const { npm } = JSON.parse(own) as LockFile;
  assertEquals(typescript(npm).length, 1);
  assert(!/https?:\/\//.test(own), own);
  for (const [key, { integrity }] of Object.entries(npm!)) {
    assertMatch(integrity ?? "", /^sha512-[A-Za-z0-9+/]{86}==$/, key);
  }
});

Deno.test(`lock: a first start fetches at most ${START_MAX} packages`, () => {
  // All that the programs import but for these: `neverliie mcp` loads the one late, the other
  // stands in examples. A package that is added can become a part of another one, as its peer.
  const later = /^(@modelcontextprotocol|zod)\b/;
  const names = Object.entries(config.scopes["./"]).filter(([name]) => !later.test(name));
  const reached = packagesOf([...new Set(names.map(([, target]) => npmSpecifier(target)!))]);
  assert(reached.size <= START_MAX, `${reached.size}: ${[...reached].sort().join(", ")}`);
});

Deno.test("lock: what deno.json has for all, deno task would install: nothing from npm", () => {
  for (const map of maps) {
    assertEquals(Object.values(map.imports).filter((target) => npmSpecifier(target) !== null), []);
  }
  assertEquals(config.lock, false, "a lock file there would be one for everybody's scripts");
  assertEquals(Object.keys(config).filter((name) => /^(workspace|importMap)$/.test(name)), []);
});

Deno.test("lock: the programs' scope has nothing that the tests or the build alone need", () => {
  const sources = ["apps", "lib", "examples"].flatMap(moduleFiles)
    .filter((path) => !path.startsWith("apps/build/")).map((path) => Deno.readTextFileSync(path))
    .join("\n");
  // What Deno itself looks for where there is JSX.
  const implied = ["react/jsx-runtime", "@types/react", "@types/react/jsx-runtime"];
  const used = (name: string) =>
    sources.includes(`"${name}"`) || sources.includes(`"${name.replace(/\/?$/, "/")}`);
  const names = Object.keys(config.scopes["./"]).filter((name) => !implied.includes(name));
  const unused = names.filter((name) => !used(name));
  assertEquals(unused, []);
});

Deno.test("lock: a copy is complete with the same packages of npm and all that is named of JSR", () => {
  const committed: LockFile = {
    version: "5",
    specifiers: { "npm:a@1.0.0": "1.0.0" },
    npm: { "a@1.0.0": { integrity: "sha512-a" } },
    workspace: { dependencies: ["jsr:@std/path@1", "npm:a@1.0.0"] },
  };
  assert(!isComplete(committed, committed));
  const copy: LockFile = {
    ...committed,
    specifiers: { "jsr:@std/path@1": "1.0.0", "npm:a@1.0.0": "1.0.0" },
    jsr: { "@std/path@1.0.0": {} },
  };
  assert(isComplete(copy, committed));
  assertEquals(withoutJsr(copy), committed);
  const renewed = { ...committed, npm: { "a@1.0.0": { integrity: "sha512-b" } } };
  assert(!isComplete(copy, renewed));
  assert(isComplete(withJsrOf(renewed, copy), renewed));
  assertEquals(withJsrOf(committed, null), committed);
});

Deno.test("lock: the flags name it, with and without JSR", () => {
  const standIns = "--import-map=lib/std/import_map.json";
  assertEquals(moduleFlags(true), [standIns, "--lock=deno.lock", "--frozen"]);
  assertEquals(moduleFlags(false), ["--lock=deno.jsr.lock", "--frozen"]);
  const own = ownModuleFlags((path) => path);
  assertEquals(own, moduleFlags(own.includes(standIns)));
});
