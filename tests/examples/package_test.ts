/**
 * lib/ipc as `deno task package` makes it, used in an empty folder as its readers would, and by a
 * program of `neverliie new`.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { pidOf } from "../../lib/ipc/mod.ts";
import config from "../../deno.json" with { type: "json" };
import { labCompiler } from "../lab/executables.ts";
import { lab } from "../lab/lab.ts";
import { useMadeProgram } from "../support/mesh/made_program.ts";
import { meshTest, scriptCommand, type TestMesh, until, WINDOWS } from "../support/mesh/mesh.ts";

/** The most bytes that the one module may have. */
const MODULE_MAX = 300_000;

const NPM = Deno.build.os === "windows" ? ["cmd", "/c", "npm"] : ["npm"];

/** The compiler of TypeScript that makes the types. */
const TSC = [
  ...[Deno.execPath(), "run", "-A", "--no-config", "--node-modules-dir=none"],
  ...[
    `--lock=${fromFileUrl(import.meta.resolve("../../apps/build/declarations.lock"))}`,
    "--frozen",
  ],
  "npm:typescript@5.9.3/bin/tsc",
];

/** What `deno info --json` tells, as far as it is looked at. */
interface ModuleGraph {
  modules: { dependencies?: { specifier: string }[] }[];
}

/** Runs a command that must succeed. @returns what it printed */
async function succeed(mesh: TestMesh, command: string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await mesh.run(command, { cwd });
  assertEquals(code, 0, `${command.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** The programs that the package's README shows, by their file names. */
async function programsOf(readme: string): Promise<Map<string, string>> {
  const text = (await Deno.readTextFile(readme)).replaceAll("\r", "");
  const blocks = text.matchAll(/^```ts\n\/\/ (\w+\.ts)\n([^]*?)^```$/gm);
  return new Map([...blocks].map(([, name, program]) => [name!, program!]));
}

let made = "";
let archive = "";

Deno.test.beforeAll(async () => {
  made = await Deno.makeTempDir({ prefix: "neverliie-package-" });
  const [deno, ...args] = [...scriptCommand("apps/build/package.ts"), "--out", made];
  const { success, stderr } = await new Deno.Command(deno!, { args }).output();
  assert(success, new TextDecoder().decode(stderr));
  archive = join(made, `neverliie-ipc-${config.version}.tgz`);
});

Deno.test.afterAll(() => Deno.remove(made, { recursive: true }));

meshTest(
  "package: installed by npm in an empty folder it has types, and runs the README's programs",
  async (mesh) => {
    const empty = join(mesh.home, "empty folder");
    await Deno.mkdir(empty);
    // No registry is asked: what it needs is in it.
    const install = ["install", "--offline", "--no-audit", "--no-fund", archive];
    await succeed(mesh, [...NPM, ...install], empty);
    const installed = join(empty, "node_modules", "@neverliie", "ipc");
    const packages = await Array.fromAsync(Deno.readDir(join(empty, "node_modules")));
    const names = packages.map(({ name }) => name).filter((name) => !name.startsWith("."));
    assertEquals(names, ["@neverliie"]);

    const { size } = await Deno.stat(join(installed, "mod.js"));
    assert(size > 100_000 && size <= MODULE_MAX, `${size} bytes`);
    const imports = async (file: string): Promise<string[]> => {
      const info = [Deno.execPath(), "info", "--json", "--no-config", join(installed, file)];
      const { modules } = JSON.parse(await succeed(mesh, info, mesh.home)) as ModuleGraph;
      return modules.flatMap(({ dependencies = [] }) => dependencies)
        .map(({ specifier }) => specifier);
    };
    const imported = await imports("mod.js");
    assert(
      imported.length > 0 && imported.every((name) => name.startsWith("node:")),
      `${imported}`,
    );
    assertEquals(await imports("mod.d.ts"), []);
    // The kit takes the library from beside it: there is one of each class.
    const ofKit = await imports("testing.js");
    assert(ofKit.every((name) => name.startsWith("node:") || name === "./mod.js"), `${ofKit}`);
    assert(ofKit.includes("./mod.js"));

    const programs = await programsOf(join(installed, "README.md"));
    assertEquals([...programs.keys()], ["greeter.ts", "call.ts"]);
    programs.set(
      "same.ts",
      `import * as ours from "@neverliie/ipc";
      for (const [name, value] of Object.entries(ours)) {
        if (typeof value === "function" && value.name !== name) throw new Error(name);
      }
      console.log(Object.keys(ours).sort().join());`,
    );
    for (const [name, text] of programs) await Deno.writeTextFile(join(empty, name), text);
    const same = await succeed(mesh, [Deno.execPath(), "run", "-A", "same.ts"], empty);
    assertEquals(same.trim(), Object.keys(await import("../../lib/ipc/mod.ts")).sort().join());

    // Both compilers: of a project without Deno's types, declarations included, and Deno's own.
    await Deno.writeTextFile(join(empty, "use.mts"), USE);
    const strict = ["--strict", "--noEmit", "--skipLibCheck", "false"];
    const target = ["--target", "esnext", "--module", "nodenext", "--lib", "esnext,dom"];
    await succeed(mesh, [...TSC, ...strict, ...target, "use.mts"], empty);
    await succeed(mesh, [Deno.execPath(), "check", "greeter.ts", "call.ts", "use.mts"], empty);
    await Deno.writeTextFile(join(empty, "misuse.mts"), `${USE}\nconst wrong: string = sum;\n`);
    const misuse = [...TSC, ...strict, ...target, "misuse.mts"];
    const refused = await mesh.run(misuse, { cwd: empty });
    assertEquals(refused.code === 0, false);
    assertMatch(refused.stdout, /misuse\.mts.*TS2322: Type 'number'/);

    await Deno.writeTextFile(join(empty, "kit_test.ts"), KIT);
    const kit = await succeed(mesh, [Deno.execPath(), "test", "-A", "kit_test.ts"], empty);
    assertMatch(kit, /\b1 passed\b/);

    const call = [Deno.execPath(), "run", "-A", "call.ts"];
    assertMatch((await mesh.run(call, { cwd: empty })).stderr, /TargetUnknownError/);
    mesh.spawn([Deno.execPath(), "run", "-A", "greeter.ts"], { cwd: empty });
    await until(async () => await pidOf(mesh.ipc, "greeter") !== null);
    const first = (await pidOf(mesh.ipc, "greeter"))!;
    assertEquals(await succeed(mesh, call, empty), "Hello, you!\n1\n2\n3\n");
    await mesh.stop("greeter", first);
    // Asleep, it is woken from its entry, which finds the package again.
    assertEquals(await succeed(mesh, call, empty), "Hello, you!\n1\n2\n3\n");
    assert(await pidOf(mesh.ipc, "greeter") !== null);
  },
);

/** A program that needs the types of contracts, streams and errors. */
const USE = `
import { IPCStream, NeverLiieIPC, RemoteError, type Remote } from "@neverliie/ipc";
interface Adder { add(params: { a: number; b: number }): number }
const ipc: NeverLiieIPC = await NeverLiieIPC.client();
const adder: Remote<Adder> = ipc.connect<Adder>("adder");
const sum: number = await adder.add({ a: 1, b: 2 });
const items: IPCStream<number> = ipc.stream<number>("adder", "items", {});
for await (const item of items) if (item === sum) break;
export const code = (error: unknown): number | null =>
  error instanceof RemoteError ? error.code : null;
await ipc.close();
`;

/** A test by the kit: of a program, and of the one class that it and the library share. */
const KIT = `
import { TargetUnknownError } from "@neverliie/ipc";
import { type TestMesh, testMesh } from "@neverliie/ipc/testing";
Deno.test("greeter", async () => {
  await using mesh: TestMesh = await testMesh();
  const client = await mesh.client();
  const error = await client.call("greeter", "greet").catch((error) => error);
  if (!(error instanceof TargetUnknownError)) throw error;
  await mesh.wake("greeter.ts");
  if (await client.call("greeter", "greet", { name: "Ada" }) !== "Hello, Ada!") throw new Error();
});
`;

meshTest(
  "new: a program with the library from a file passes its test, is compiled, woken and called",
  async (mesh) => {
    const folder = join(mesh.home, "own prögrams", "notes");
    const order = ["new", "notes", "--into", folder, "--library", archive];
    assertEquals((await mesh.neverliie(...order)).code, 0);
    const taken = await mesh.neverliie("new", "vendor", ...order.slice(2).with(1, `${folder} 2`));
    assertEquals(taken.code, 2);
    assertMatch(taken.stderr, /the library is unpacked into a folder of that name/);
    const ready = [Deno.execPath(), "task", "test"];
    assertMatch(await succeed(mesh, ready, folder), /\b1 passed\b/);
    const house = ["fmt --check", "lint", "check"].map((words) => words.split(" "));
    for (const words of house) await succeed(mesh, [Deno.execPath(), ...words], folder);

    // A script enters itself; a call wakes it.
    const config = JSON.parse(await Deno.readTextFile(join(folder, "deno.json")));
    assertEquals(config.tasks.dev, "deno run -A --watch main.ts");
    const script = [Deno.execPath(), "run", "-A", "main.ts"];
    await useMadeProgram(mesh, script, { cwd: folder, type: "script" });

    // The executable takes its place.
    const found = lab();
    const { compiler, denort } = found === null ? {} : labCompiler(found);
    const runtime = denort?.get(Deno.build.target);
    const { success, stderr } = await new Deno.Command(compiler?.deno ?? Deno.execPath(), {
      args: ["task", "compile"],
      cwd: folder,
      env: { ...compiler?.env, ...(runtime === undefined ? {} : { DENORT_BIN: runtime }) },
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const program = join(folder, WINDOWS ? "notes.exe" : "notes");
    await useMadeProgram(mesh, [program], { cwd: folder, type: "binary" });
  },
);
