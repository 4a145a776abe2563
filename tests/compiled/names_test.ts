/**
 * One executable that is every program of the suite: by the name of its file, by `--as`, and how
 * little of it a start reads.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { linkFile } from "../../apps/program_file.ts";
import { SUITE } from "../../apps/programs.ts";
import { bundleProgram, CHECKOUT } from "../../apps/build/compile.ts";
import type { AppDescription } from "../../lib/ipc/mod.ts";
import { executable, EXECUTABLES, meshTest, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";

/**
 * The most bytes of code that a start by each name loads before it does anything. Built by itself
 * the command was 357 kB, the others were 0.5 to 0.9 MB, with their views.
 */
const START_MAX: Readonly<Record<string, number>> = {
  launcher: 310_000,
  terminal: 480_000,
  statusbar: 235_000,
  scanner: 245_000,
  neverliie: 390_000,
};

/** What stands in React's module and nowhere else. */
const REACT = "__CLIENT_INTERNALS_DO_NOT_USE";

/** The files of a bundle that a module loads with itself: what it imports, and what those import. */
function loadedWith(module: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(module)) return found;
  found.add(module);
  const code = Deno.readTextFileSync(module);
  for (const [, path] of code.matchAll(/\b(?:from|import)"(\.[^"]+)"/g)) {
    const file = join(dirname(module), path!);
    // (The command has the text of a module in it, which imports what is in no bundle.)
    if (isFile(file)) loadedWith(file, found);
  }
  return found;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a start of one program loads nothing of the others, and no views",
  // Bundling fetches the bundler, which deno.exe under Wine cannot.
  ignore: WINDOWS,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "neverliie-names-" });
    const inCheckout = (path: string) => join(CHECKOUT, path);
    const { entry, bundled } = SUITE;
    try {
      const { modules: [main] } = await bundleProgram({
        entry: inCheckout(entry),
        bundled: bundled!.map(inCheckout),
      }, folder);
      const all = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile);
      const texts = all.map(({ name }) => Deno.readTextFileSync(join(folder, name)));
      assertEquals(texts.filter((text) => text.includes(REACT)).length, 1, "React is there once");
      for (const [name, most] of Object.entries(START_MAX)) {
        const files = loadedWith(join(folder, name, "main.js"), loadedWith(main!));
        const code = [...files].map((file) => Deno.readTextFileSync(file));
        const bytes = [...files].reduce((sum, file) => sum + Deno.statSync(file).size, 0);
        assert(bytes > 100_000 && bytes <= most, `${name}: ${bytes} bytes of ${most}`);
        assert(!code.some((text) => text.includes(REACT)), `${name} loads React`);
        const mains = [...files].map((file) => basename(dirname(file)))
          .filter((part) => Object.hasOwn(START_MAX, part));
        assertEquals(mains, [name]);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** A folder as an archive unpacks it: the executable by one name. */
function unpacked(mesh: TestMesh, name = "neverliie"): string {
  const folder = join(mesh.home, "unpacked ü");
  Deno.mkdirSync(folder, { recursive: true });
  const path = join(folder, WINDOWS ? `${name}.exe` : name);
  Deno.copyFileSync(executable("neverliie"), path);
  return path;
}

/** Runs a program of the folder, and takes what it wrote. */
async function run(mesh: TestMesh, ...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await mesh.run(command);
  assertEquals([code, stderr], [0, ""], command.join(" "));
  return stdout;
}

if (EXECUTABLES !== null) {
  meshTest("a folder that was unpacked has every program, though the file is there once", async (
    mesh,
  ) => {
    const command = unpacked(mesh);
    assertStringIncludes(await run(mesh, command, "call", "statusbar", "get_stats"), "cores");
    const about = await mesh.ipc.call<AppDescription>("statusbar", "$/describe");
    // As it is started again: the file's own name would make it the command.
    const launch = { type: "binary", cmd: [command, "--as", "statusbar"], cwd: dirname(command) };
    assertEquals(about.launch, launch);
    const { apps } = await mesh.ipc.registry.read();
    assertEquals([...apps.keys()].sort(), ["launcher", "scanner", "statusbar", "terminal"]);
    for (const [name, { cmd }] of apps) assertEquals(cmd, [command, "--as", name]);
    assertEquals(apps.get("statusbar")!.source, "self");

    // A second start hands over what it was given, without what made it the status bar.
    const second = await run(mesh, command, "--as", "statusbar", "--host");
    assertStringIncludes(second, `process ${about.pid}); it was given 1 argument`);
    await mesh.stop("statusbar", about.pid);
    assertEquals((await mesh.ipc.call<AppDescription>("statusbar", "$/describe")).launch, launch);

    // The command's own front end of another program.
    assertStringIncludes(await run(mesh, command, "terminal", "echo one of many"), "one of many");

    // Once its names are beside it, they are its programs.
    const link = join(dirname(command), basename(executable("scanner")));
    await linkFile(command, link);
    await run(mesh, command, "list");
    assertEquals((await mesh.ipc.registry.read()).apps.get("scanner")!.cmd, [link]);
  });

  meshTest("a renamed file is the command, and any program by --as", async (mesh) => {
    const renamed = unpacked(mesh, "Never Liie (1)");
    assertStringIncludes(await run(mesh, renamed, "--help"), "Usage: neverliie");
    assertStringIncludes(await run(mesh, renamed, "--as", "scanner", "--help"), "Usage: scanner");
    for (const [args, said] of [[["--as", "amiga"], '"amiga"'], [["--as"], "by --as"]] as const) {
      const { code, stderr } = await mesh.run([renamed, ...args]);
      assertEquals(code, 2);
      assertStringIncludes(stderr, said);
      assertStringIncludes(stderr, "launcher, terminal, statusbar, scanner, neverliie");
    }
    const other = executable("launcher");
    const script = await run(mesh, other, "--as", "neverliie", "completion", "powershell");
    assertStringIncludes(script, `'${other}' '--as' 'neverliie' @args`);
    // A name that says another program gives way to the flag, and tells how it is started again.
    const served = await mesh.serve([executable("scanner"), "--as", "statusbar", "--host"]);
    const { launch, pid } = await mesh.ipc.call<AppDescription>("statusbar", "$/describe");
    assertEquals([launch?.cmd, pid], [[executable("scanner"), "--as", "statusbar"], served.pid]);
  });
}
