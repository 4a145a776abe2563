/**
 * What `deno task build` makes. The executables of this run were made by it, so the other suites
 * show that they work; here: the manifest, what Windows shows of a program, and building again.
 */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { basename, dirname, join, toFileUrl } from "@std/path";
// @ts-types="../../apps/build/resedit.d.ts"
import { Data, NtExecutable, NtExecutableResource, Resource } from "resedit";
import { PROGRAMS, SUITE } from "../../apps/programs.ts";
import { VERSION } from "../../apps/version.ts";
import { buildAll, type BuildRequest, type BuildResult, jobsFor } from "../../apps/build/build.ts";
import { bundleModules, RuntimeMissingError } from "../../apps/build/compile.ts";
import { minify } from "../../apps/build/minify.ts";
import { programsOf, readManifest } from "../../apps/manifest.ts";
import { TARGETS } from "../../apps/build/targets.ts";
import { lab } from "../lab/lab.ts";
import { compileForLab, labCompiler } from "../lab/executables.ts";
import { executable, EXECUTABLES, meshTest, WINDOWS } from "../support/mesh/mesh.ts";

/** The most bytes of bundles in one executable: Windows' runtimes of some versions bear about 2 MB. */
const PAYLOAD_MAX = 1_900_000;

/** SHA-256 by another way than the build's own. */
async function digest(path: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path))).toHex();
}

/** Whether Windows gives a program a console, by its header. */
async function subsystemOf(path: string): Promise<number> {
  const view = new DataView((await Deno.readFile(path)).buffer);
  // https://learn.microsoft.com/windows/win32/debug/pe-format#optional-header-windows-specific-fields-image-only
  return view.getUint16(view.getUint32(0x3c, true) + 24 + 68, true);
}

Deno.test("build: the manifest tells what the executable is, by each of its names", async () => {
  const folder = dirname(executable("neverliie"));
  const manifest = await readManifest(folder);
  assert(manifest !== null);
  assertEquals([manifest.version, manifest.target], [VERSION, basename(folder)]);
  const [program, ...others] = manifest.programs;
  assertEquals(others, []);
  const named = programsOf(manifest);
  assertEquals(named.map(({ name }) => name).sort(), Object.keys(PROGRAMS).sort());
  for (const { name, file } of named) assertEquals(join(folder, file), executable(name));
  const { file, size, payload, permissions, sha256 } = program!;
  assertEquals((await Deno.stat(join(folder, file))).size, size);
  assertEquals(permissions, [...SUITE.permissions]);
  assert(payload !== null && payload <= PAYLOAD_MAX, `${payload} bytes of ${PAYLOAD_MAX}`);
  assertEquals(await digest(join(folder, file)), sha256);
  const numbers = named.map(({ file }) => Deno.statSync(join(folder, file)).ino);
  assertEquals(new Set(numbers).size, 1, "its names are links to one file");
});

meshTest("neverliie --version tells the version of deno.json", async (mesh) => {
  const { code, stdout } = await mesh.neverliie("--version");
  assertEquals([code, stdout], [0, `${VERSION}\n`]);
});

meshTest("an app tells its version to $/describe", async (mesh) => {
  const { stdout } = await mesh.neverliie("describe", "statusbar", "--json");
  assertEquals(JSON.parse(stdout).version, VERSION);
});

if (WINDOWS) {
  // Loaded here and kept: inside a test it would look like a leak of that test.
  const version = Deno.dlopen("version.dll", {
    GetFileVersionInfoSizeW: { parameters: ["buffer", "pointer"], result: "u32" },
    GetFileVersionInfoW: { parameters: ["buffer", "u32", "u32", "buffer"], result: "i32" },
    VerQueryValueW: { parameters: ["buffer", "buffer", "buffer", "buffer"], result: "i32" },
  });
  const shell32 = Deno.dlopen("shell32.dll", {
    ExtractIconExW: {
      parameters: ["buffer", "i32", "pointer", "pointer", "u32"],
      result: "u32",
    },
  });

  Deno.test("build: Windows shows a program's description, version and icon", () => {
    const wide = (text: string) => {
      const units = new Uint16Array(text.length + 1);
      for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
      return units;
    };
    const path = wide(executable("launcher"));
    const size = version.symbols.GetFileVersionInfoSizeW(path, null);
    assert(size > 0);
    const info = new Uint8Array(size);
    assert(version.symbols.GetFileVersionInfoW(path, 0, size, info) !== 0);
    const read = (name: string) => {
      const found = new BigUint64Array(1);
      const length = new Uint32Array(1);
      const key = wide(`\\StringFileInfo\\040904b0\\${name}`);
      assert(version.symbols.VerQueryValueW(info, key, found, length) !== 0, name);
      const units = new Uint16Array(length[0]! - 1);
      new Deno.UnsafePointerView(Deno.UnsafePointer.create(found[0]!)!).copyInto(units);
      return String.fromCharCode(...units);
    };
    assertEquals(read("FileDescription"), SUITE.description);
    assertEquals([read("ProductName"), read("ProductVersion")], ["NeverLiie", VERSION]);
    assertEquals(shell32.symbols.ExtractIconExW(path, -1, null, null, 0), 1);
  });
}

// deno.exe under Wine cannot fetch a compiler's runtime; what it makes for Windows is looked at here.
if (Deno.build.os !== "windows" && EXECUTABLES !== null) {
  const found = lab();

  /** Builds with the tools that made this run's executables. */
  const build = (out: string, options: Partial<BuildRequest> = {}): Promise<BuildResult[]> => {
    const tools = found === null ? { denort: new Map<string, string>() } : labCompiler(found);
    return buildAll({
      ...{ targets: [Deno.build.target], apps: ["neverliie"], out, force: false },
      ...{ ...tools, ...options },
      denort: new Map([...tools.denort, ...options.denort ?? []]),
    });
  };
  const outcomes = (results: BuildResult[]) => results.map(({ outcome }) => outcome);

  Deno.test("build: what changed is built again, and nothing else", async () => {
    const out = await Deno.makeTempDir({ prefix: "neverliie build ü " });
    try {
      const folder = join(out, Deno.build.target);
      const inFolder = (name: string) => join(folder, name);
      const suite = (options: Partial<BuildRequest> = {}) => build(out, { apps: [], ...options });
      assertEquals(outcomes(await suite()), ["made"]);
      assertEquals(outcomes(await suite()), ["unchanged"]);
      const [before] = (await readManifest(folder))!.programs;

      // One program by itself takes its name from the executable that was all of them.
      assertEquals(outcomes(await build(out, { apps: ["scanner"] })), ["made"]);
      const { programs } = (await readManifest(folder))!;
      assertEquals(programs.map(({ name, names }) => [name, names]), [
        ["neverliie", ["launcher", "statusbar", "terminal"]],
        ["scanner", undefined],
      ]);
      assertEquals(await digest(inFolder("scanner")), programs[1]!.sha256);
      assertEquals(await digest(inFolder("neverliie")), before!.sha256);

      // Somebody else's change of the executable, by whichever name, and other settings are changes.
      await Deno.writeTextFile(inFolder("launcher"), "not the program");
      assertEquals(outcomes(await suite()), ["made"]);
      const [program, ...others] = (await readManifest(folder))!.programs;
      assertEquals(others, []);
      for (const name of ["neverliie", "launcher", "scanner"]) {
        assertEquals(await digest(inFolder(name)), program!.sha256, name);
      }
      if (found !== null) {
        const compiler = { ...labCompiler(found).compiler, version: "another version" };
        assertEquals(outcomes(await suite({ compiler })), ["made"]);
        const [after] = (await readManifest(folder))!.programs;
        assertNotEquals(after!.inputs, program!.inputs);
      }
      const left = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
      assertEquals(left.sort(), ["manifest.json", "maps", ...Object.keys(PROGRAMS)].sort());
      const map = JSON.parse(
        await Deno.readTextFile(join(folder, "maps", "neverliie", "neverliie", "main.js.map")),
      );
      const sources = (map.sources as string[]).map((path) => path.replaceAll("\\", "/"));
      assert(sources.some((path) => path.endsWith("apps/neverliie/main.ts")), `${sources}`);
    } finally {
      await Deno.remove(out, { recursive: true });
    }
  });

  Deno.test("build: a target that fails leaves the others alone", async () => {
    const out = await Deno.makeTempDir({ prefix: "neverliie-build-" });
    try {
      const missing = join(out, "no such runtime");
      const windows = "x86_64-pc-windows-msvc";
      // Windows' executable can be made where there is a runtime for it at hand.
      const targets = ["aarch64-apple-darwin", ...found === null ? [] : [windows]];
      const results = await build(out, {
        targets: targets.filter((target) => Object.hasOwn(TARGETS, target)),
        denort: new Map([["aarch64-apple-darwin", missing]]),
      });
      const failed = results.find(({ target }) => target === "aarch64-apple-darwin")!;
      assertEquals(failed.outcome, "failed");
      assert(failed.error instanceof RuntimeMissingError, String(failed.error));
      assertMatch(failed.error.message, /--denort aarch64-apple-darwin=PATH/);
      const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name);
      assertEquals(names, found === null ? [] : [windows]);
      if (found === null) return;
      const quiet = join(out, "quiet.exe");
      await compileForLab(found, {
        entry: join("tests", "support", "mesh", "process.ts"),
        ...{ output: quiet, target: windows, terminal: false },
      });
      const [CONSOLE, WINDOW] = [3, 2];
      assertEquals(await subsystemOf(join(out, windows, "neverliie.exe")), CONSOLE);
      assertEquals(await subsystemOf(quiet), WINDOW);
      const bytes = await Deno.readFile(join(out, windows, "neverliie.exe"));
      const { entries } = NtExecutableResource.from(NtExecutable.from(bytes));
      const [info] = Resource.VersionInfo.fromEntries(entries);
      assertEquals(
        info!.getStringValues({ lang: 0x409, codepage: 1200 })["OriginalFilename"],
        "neverliie.exe",
      );
      const [icons] = Resource.IconGroupEntry.fromEntries(entries);
      const file = Data.IconFile.from(await Deno.readFile("apps/assets/neverliie.ico"));
      assertEquals(icons!.icons.length, file.icons.length);
    } finally {
      await Deno.remove(out, { recursive: true });
    }
  });
}

Deno.test({
  name: "build: a bundle disposes of what is used once, small or not, and classes keep their names",
  // Bundling fetches the bundler, which deno.exe under Wine cannot.
  ignore: Deno.build.os === "windows",
  fn: disposes,
});

async function disposes() {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-bundle-test-" });
  try {
    const module = join(folder, "program.ts");
    await Deno.writeTextFile(
      module,
      `let disposed = 0;
      const open = () => ({ ask: () => true, [Symbol.dispose]: () => disposed++ });
      const ask = () => {
        using resource = open();
        return resource.ask();
      };
      class Speaking { static of() { return new Speaking(); } }
      export const found = [ask(), disposed, Speaking.of().constructor.name];`,
    );
    const [bundle] = await bundleModules([module], join(folder, "out"));
    const { found } = await import(toFileUrl(bundle!).href);
    assertEquals(found.slice(0, 2), [true, 1]);
    const text = await Deno.readTextFile(bundle!);
    const small = await minify(text, { file: "program.js", identifiers: true });
    assert(small.code.length < text.length);
    await Deno.writeTextFile(join(folder, "small.js"), small.code);
    const { found: same } = await import(toFileUrl(join(folder, "small.js")).href);
    assertEquals(same, [true, 1, "Speaking"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("build: as many compilers run as processors and memory allow", () => {
  assertEquals([jobsFor(8, 32e9), jobsFor(8, 1.5e9), jobsFor(8, 0)], [8, 2, 1]);
});
