/**
 * The stand-ins of `lib/std` do what `@std` does: one table, run against them everywhere and
 * against the real packages where JSR can be reached.
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import * as standInAssert from "../../../lib/std/assert.ts";
import * as standInFs from "../../../lib/std/fs.ts";
import * as standInJsonc from "../../../lib/std/jsonc.ts";
import * as standInPath from "../../../lib/std/path.ts";
import config from "../../../deno.json" with { type: "json" };
import type { ImportMap } from "../../../lib/packages/import_map.ts";
import standInMap from "../../../lib/std/import_map.json" with { type: "json" };
import { assertCases } from "../../support/unit/std_assert_cases.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

/** One way to have the packages: what they export, by package name. */
export interface Std {
  path: typeof standInPath;
  fs: typeof standInFs;
  jsonc: typeof standInJsonc;
  assert: typeof standInAssert;
}

const standIns: Std = {
  path: standInPath,
  fs: standInFs,
  jsonc: standInJsonc,
  assert: standInAssert,
};

const windows = Deno.build.os === "windows";

/** Whatever the separator of this system, as text that a test can name. */
const slashes = (path: string) => path.replaceAll("\\", "/");

const cases: Record<string, (std: Std) => void | Promise<void>> = {
  "join, normalize and resolve follow dots": ({ path }) => {
    assertEquals(slashes(path.join("a", "..", "b", "c")), "b/c");
    assertEquals(slashes(path.join("a", "")), "a");
    assertEquals(slashes(path.normalize("a//b/./c/..")), "a/b");
    assertEquals(path.resolve("a", "..", "b"), path.join(Deno.cwd(), "b"));
    assertEquals(path.resolve(), Deno.cwd());
    assertEquals(path.SEPARATOR, windows ? "\\" : "/");
  },
  "dirname, basename and extname take a path apart": ({ path }) => {
    assertEquals(path.dirname("a/b/c.ts"), "a/b");
    assertEquals(path.dirname("c.ts"), ".");
    assertEquals(path.basename("a/b/c.ts"), "c.ts");
    assertEquals(path.basename("a/b/c.ts", ".ts"), "c");
    assertEquals(path.basename("a/b/"), "b");
    assertEquals(path.extname("a/b.test.ts"), ".ts");
    assertEquals(path.extname(".profile"), "");
  },
  "isAbsolute and relative compare places": ({ path }) => {
    assert(path.isAbsolute(Deno.cwd()));
    assert(!path.isAbsolute("a"));
    assertEquals(slashes(path.relative(path.resolve("a/b"), path.resolve("a/c/d"))), "../c/d");
    assertEquals(path.relative("a", "a"), "");
  },
  "fromFileUrl and toFileUrl keep every character": ({ path }) => {
    const place = path.resolve("with space", "ünï#cödé%25", "x?.ts");
    const url = path.toFileUrl(place);
    assertEquals(url.protocol, "file:");
    assertEquals(path.fromFileUrl(url), place);
    assertEquals(path.fromFileUrl(url.href), place);
    assertEquals(path.fromFileUrl(`${path.toFileUrl(path.resolve("a"))}/50%`).slice(-3), "50%");
    for (let code = 0x20; code < 0x250; code++) {
      const character = String.fromCharCode(code);
      if (slashes(character) === "/") continue;
      const named = path.resolve(`a${character}b`);
      assertEquals(path.fromFileUrl(path.toFileUrl(named)), fileURLToPath(pathToFileURL(named)));
    }
    assertThrows(() => path.toFileUrl("a/b"), TypeError, "absolute");
    assertThrows(() => path.fromFileUrl("https://example.com/a"), TypeError, "file URL");
  },

  "parse reads comments and trailing commas": ({ jsonc }) => {
    const text = `{ // one
      "a": [1, -2.5e3, "x\\u00e9\\n", /* two */ true, null,],
      "b": {"c": {}},
    }`;
    assertEquals<unknown>(jsonc.parse(text), { a: [1, -2500, "xé\n", true, null], b: { c: {} } });
    assertEquals(jsonc.parse('"text"'), "text");
    assertEquals<unknown>(jsonc.parse('{"a":1,"a":2}'), { a: 2 });
  },
  "parse refuses with a SyntaxError what is no JSONC": ({ jsonc }) => {
    const wrong = ["", "{", "[1", '{"a"}', "{a:1}", "{'a':1}", "[1 2]", "[,]", "{,}", "1 2", "nul"];
    wrong.push("// only", "/* open", '"open', '"\\x"', "01", "+1", "NaN", "undefined", '{"a":}');
    for (const text of wrong) {
      assertThrows(() => jsonc.parse(text), SyntaxError, "", `should refuse ${text}`);
    }
  },
  'parse makes "__proto__" a key like any other': ({ jsonc }) => {
    const value = jsonc.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>;
    assert(Object.hasOwn(value, "__proto__"));
    assertEquals(value["polluted"], undefined);
  },

  "ensureDir makes what is missing and refuses a file": async ({ fs, path }) => {
    await using folder = await temporaryFolder();
    const deep = path.join(folder.path, "a", "b");
    await fs.ensureDir(deep);
    await fs.ensureDir(deep);
    fs.ensureDirSync(path.join(deep, "c", "d"));
    fs.ensureDirSync(path.join(deep, "c", "d"));
    assert((await Deno.stat(path.join(deep, "c", "d"))).isDirectory);
    const file = path.join(folder.path, "file");
    await Deno.writeTextFile(file, "");
    await assertRejects(() => fs.ensureDir(file), Error);
    assertThrows(() => fs.ensureDirSync(file), Error);
  },
  "exists tells files, directories and nothing apart": async ({ fs, path }) => {
    await using folder = await temporaryFolder();
    const file = path.join(folder.path, "file");
    await Deno.writeTextFile(file, "");
    const answers: [string, standInFs.ExistsOptions, boolean][] = [
      [file, {}, true],
      [file, { isFile: true }, true],
      [file, { isDirectory: true }, false],
      [folder.path, { isDirectory: true }, true],
      [folder.path, { isFile: true }, false],
      [path.join(folder.path, "nothing"), {}, false],
    ];
    for (const [place, options, expected] of answers) {
      assertEquals(await fs.exists(place, options), expected);
      assertEquals(fs.existsSync(place, options), expected);
      assertEquals(await fs.exists(path.toFileUrl(place), options), expected);
    }
    const both = { isFile: true, isDirectory: true };
    await assertRejects(() => fs.exists(file, both), TypeError);
    assertThrows(() => fs.existsSync(file, both), TypeError);
  },
  "emptyDir leaves an empty directory": async ({ fs, path }) => {
    await using folder = await temporaryFolder();
    const place = path.join(folder.path, "a b");
    await fs.emptyDir(place);
    await Deno.mkdir(path.join(place, "deep"));
    await Deno.writeTextFile(path.join(place, "deep", "file #1"), "");
    await Deno.writeTextFile(path.join(place, "file #1"), "");
    await fs.emptyDir(place);
    assertEquals(await Array.fromAsync(Deno.readDir(place)), []);
    assert(await fs.exists(place));
  },
  "walk goes through a tree": async ({ fs, path }) => {
    await using folder = await temporaryFolder();
    await Deno.mkdir(path.join(folder.path, "a", "b"), { recursive: true });
    for (const name of ["1", "a/2", "a/b/3"]) {
      await Deno.writeTextFile(path.join(folder.path, name), "");
    }
    const met = async (options?: standInFs.WalkOptions) =>
      (await Array.fromAsync(fs.walk(folder.path, options)))
        .map((entry) => slashes(path.relative(folder.path, entry.path)))
        .sort();
    assertEquals(await met(), ["", "1", "a", "a/2", "a/b", "a/b/3"]);
    assertEquals(await met({ maxDepth: 0 }), [""]);
    assertEquals(await met({ maxDepth: 1 }), ["", "1", "a"]);
    assertEquals(await met({ includeDirs: false }), ["1", "a/2", "a/b/3"]);
    assertEquals(await met({ includeFiles: false }), ["", "a", "a/b"]);
    const missing = path.join(folder.path, "missing");
    await assertRejects(() => Array.fromAsync(fs.walk(missing)), Deno.errors.NotFound);
  },
  "walk yields links, and follows them where asked": async ({ fs, path }) => {
    await using folder = await temporaryFolder();
    const root = path.join(folder.path, "root");
    await Deno.mkdir(path.join(folder.path, "aside"));
    await Deno.mkdir(root);
    await Deno.writeTextFile(path.join(folder.path, "aside", "file"), "");
    await Deno.symlink(path.join(folder.path, "aside"), path.join(root, "link"));
    const names = async (followSymlinks: boolean) =>
      (await Array.fromAsync(fs.walk(root, { followSymlinks }))).map((entry) =>
        `${entry.name}${entry.isSymlink ? "@" : ""}`
      );
    assertEquals(await names(false), ["root", "link@"]);
    assertEquals(await names(true), ["root", "aside", "file"]);
  },
};

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.realPath(await Deno.makeTempDir());
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

function pin(source: string, std: Std): void {
  for (const [name, run] of Object.entries({ ...cases, ...assertCases })) {
    // making a link takes a privilege on Windows
    const ignore = windows && name.startsWith("walk yields links");
    Deno.test(`${source}: ${name}`, { ignore }, async () => await run(std));
  }
}

Deno.test("deno.json and the stand-ins' import map name the same packages", () => {
  /** Names and scopes, with relative paths as they are from the checkout's root. */
  const named = ({ imports, scopes }: ImportMap, file: string) => {
    const place = (path: string) =>
      path.startsWith(".") ? new URL(path, new URL(file, "file:///checkout/")).href : path;
    const targets = (names: Record<string, string>) =>
      Object.fromEntries(Object.entries(names).map(([name, target]) => [name, place(target)]));
    const scoped = Object.entries(scopes).map(([prefix, names]) => [place(prefix), targets(names)]);
    return { imports: targets(imports), scopes: Object.fromEntries(scoped) };
  };
  const real = named(config, "deno.json");
  const standIn = named(standInMap, "lib/std/import_map.json");
  assertEquals(standIn.scopes, real.scopes);
  assertEquals(Object.keys(standIn.imports).sort(), Object.keys(real.imports).sort());
  for (const [name, target] of Object.entries(real.imports)) {
    // only what comes from JSR has a stand-in
    if (target.startsWith("jsr:")) continue;
    assertEquals(standIn.imports[name], target);
  }
});

pin("stand-in", standIns);

/** The real packages, or why they cannot be had. */
async function loadFromJsr(): Promise<Std | string> {
  const specifiers: Record<string, string> = config.imports;
  try {
    const modules = Object.keys(standIns).map((name) => import(specifiers[`@std/${name}`] ?? ""));
    const [path, fs, jsonc, assert] = await Promise.all(modules);
    return { path, fs, jsonc, assert };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const real = await loadFromJsr();
if (typeof real === "string") {
  console.log(`Left out: the same table against @std, because JSR cannot be reached (${real})`);
} else {
  pin("@std", real);
  Deno.test("@std offers all that the stand-ins offer", () => {
    for (const name of ["path", "fs", "jsonc", "assert"] as const) {
      const offered = new Set(Object.keys(real[name]));
      assertEquals(Object.keys(standIns[name]).filter((key) => !offered.has(key)), []);
    }
  });
}
