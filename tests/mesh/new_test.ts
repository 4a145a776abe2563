/**
 * `neverliie new`: what it makes, and what it refuses. tests/examples runs and compiles the made on
 * this system. Under Wine it is done here, with the library's package and the executable made before
 * (tests/lab/made_program.ts): there is no npm there, and no compiler of Deno for Windows.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { VERSION } from "../../apps/version.ts";
import { useMadeProgram } from "../support/mesh/made_program.ts";
import { meshTest, type TestMesh } from "../support/mesh/mesh.ts";

const FILES = ["README.md", "deno.json", "main.ts", "main_test.ts"];

/** The names in a folder, in order. */
const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** What a wrong order comes to: the exit code, and the error. */
async function refused(mesh: TestMesh, ...args: string[]): Promise<[number, string]> {
  const { code, stdout, stderr } = await mesh.neverliie("new", ...args);
  assertEquals(stdout, "");
  return [code, stderr];
}

meshTest("new makes a program, and says what to do next", async (mesh) => {
  const folder = join(mesh.home, "own programs ü", "notes");
  const { code, stdout, stderr } = await mesh.neverliie("new", "notes", "--into", folder);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^"notes" was made in ".*notes"\. Next, /);
  for (const task of ["test", "dev", "compile"]) assertMatch(stdout, RegExp(`deno task ${task} `));
  assertMatch(stdout, /neverliie call notes greet /);
  assertEquals(namesIn(folder), FILES);
  for (const name of FILES) {
    const text = await Deno.readTextFile(join(folder, name));
    assert(text.includes("notes") && !/NAME|\r/.test(text), name);
  }
  const config = JSON.parse(await Deno.readTextFile(join(folder, "deno.json")));
  assertEquals(config.imports, {
    "@neverliie/ipc": `jsr:@neverliie/ipc@^${VERSION}`,
    "@neverliie/ipc/testing": `jsr:@neverliie/ipc@^${VERSION}/testing`,
  });
  assertEquals(Object.keys(config.tasks), ["dev", "test", "compile"]);
  const readme = await Deno.readTextFile(join(folder, "README.md"));
  assert(readme.trimEnd().split("\n").length <= 20, "a README is short");
});

meshTest(
  "new takes an empty folder or a repository's, and tells a program by --json",
  async (mesh) => {
    const folder = join(mesh.home, "repository");
    await Deno.mkdir(join(folder, ".git"), { recursive: true });
    const { code, stdout } = await mesh.neverliie("new", "notes", "--into", folder, "--json");
    const told = JSON.parse(stdout);
    assertEquals([code, told.name, told.folder], [0, "notes", folder]);
    assertEquals(told.files.toSorted(), FILES);
    assertEquals(namesIn(folder), [".git", ...FILES]);
  },
);

meshTest("new refuses a folder with something in it, and leaves it as it is", async (mesh) => {
  const folder = join(mesh.home, "taken");
  await Deno.mkdir(folder);
  await Deno.writeTextFile(join(folder, "diary.txt"), "mine");
  const [code, error] = await refused(mesh, "notes", "--into", folder);
  assertEquals(code, 2);
  assertMatch(error, /it is not empty, "diary\.txt" is in it\. Give another folder by --into\n$/);
  const [ofFile, told] = await refused(mesh, "notes", "--into", join(folder, "diary.txt"));
  assertEquals(ofFile, 2);
  assertMatch(told, /diary\.txt": it is no folder\n$/);
  assertEquals(namesIn(folder), ["diary.txt"]);
});

meshTest("new refuses names that no app can have, or one of the suite has", async (mesh) => {
  for (
    const [name, why] of [
      ["Notes", /write it in lower case: "notes"/],
      ["my notes", /use a letter, then letters/],
      ["../notes", /use a letter, then letters/],
      ["con", /Windows reserves it/],
      ["statusbar", /a program of the suite has that name/],
    ] as const
  ) {
    const [code, error] = await refused(mesh, name, "--into", join(mesh.home, "new"));
    assertEquals(code, 2, name);
    assertMatch(error, why);
  }
  assert(!namesIn(mesh.home).includes("new"));
});

meshTest("new refuses what is no package of the library, and makes nothing", async (mesh) => {
  const [folder, file] = [join(mesh.home, "new"), join(mesh.home, "library.tgz")];
  const args = ["notes", "--into", folder, "--library", file];
  const [code, missing] = await refused(mesh, ...args);
  assertEquals(code, 2);
  assertMatch(missing, /^neverliie: Cannot take the library from ".*library\.tgz": there is no /);
  await Deno.writeTextFile(file, "not packed");
  assertMatch(
    (await refused(mesh, ...args))[1],
    /it is no \.tgz, or cut off\. Give the \.tgz that /,
  );
  const packed = new Blob(["x".repeat(2_000)]).stream().pipeThrough(new CompressionStream("gzip"));
  await Deno.writeFile(file, packed);
  assertMatch((await refused(mesh, ...args))[1], /it is no package, or cut off\. Give /);
  const end = await Deno.readFile(file);
  await Deno.writeFile(file, end.subarray(0, end.length - 10));
  assertMatch((await refused(mesh, ...args))[1], /it is no \.tgz, or cut off\. Give /);
  assert(!namesIn(mesh.home).includes("new"));
});

const library = Deno.env.get("NEVERLIIE_TEST_LIBRARY");
const executable = Deno.env.get("NEVERLIIE_TEST_MADE");

if (library !== undefined) {
  meshTest("new: what is made is checked, passes its test, is woken and called", async (mesh) => {
    const folder = join(mesh.home, "own prögrams", "notes");
    const made = await mesh.neverliie("new", "notes", "--into", folder, "--library", library);
    assertEquals([made.code, made.stderr], [0, ""]);
    // (It type-checks first, which takes its time there.)
    const { code, stdout, stderr } = await mesh.run([Deno.execPath(), "task", "test"], {
      cwd: folder,
    });
    assertEquals(code, 0, `${stdout}${stderr}`);
    assertMatch(stdout, /\b1 passed\b/);
    assertMatch(stderr, /^Check .*main_test\.ts$/m);
    const script = [Deno.execPath(), "run", "-A", "main.ts"];
    await useMadeProgram(mesh, script, { cwd: folder, type: "script" });
  }, { limit: 240_000 });
}

if (executable !== undefined) {
  meshTest("new: what is made is woken and called as an executable", async (mesh) => {
    await useMadeProgram(mesh, [executable], { cwd: mesh.home, type: "binary" });
  });
}
