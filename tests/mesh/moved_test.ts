/**
 * Programs that are moved, renamed, or run from a network drive. What is moved is the program that
 * the mesh knows: an executable, or the script that Deno runs.
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join, toFileUrl } from "@std/path";
import { TargetUnknownError } from "../../lib/ipc/mod.ts";
import {
  executable,
  fixtureCommand,
  meshTest,
  MODE,
  removeFolder,
  type TestMesh,
  WINDOWS,
} from "../support/mesh.ts";

interface About {
  execPath: string;
  cwd: string;
}

const WINE = WINDOWS && Deno.env.has("WINEPREFIX");
const EXTENSION = MODE === "script" ? ".ts" : WINDOWS ? ".exe" : "";

/** The fixture app as a file of its own, such as a person has it. */
function place(folder: string, name: string): string {
  Deno.mkdirSync(folder, { recursive: true });
  const path = join(folder, name + EXTENSION);
  if (MODE === "binary") Deno.copyFileSync(executable("mesh_app"), path);
  else {
    const fixture = toFileUrl(fixtureCommand("script").at(-1)!).href;
    Deno.writeTextFileSync(path, `await import(${JSON.stringify(fixture)});\n`);
  }
  return path;
}

/** The command by which a person starts the file. */
function commandOf(path: string): string[] {
  return [...fixtureCommand().slice(0, -1), path];
}

async function commandInRegistry(mesh: TestMesh): Promise<string[] | undefined> {
  return (await mesh.ipc.registry.read()).apps.get("fixture")?.cmd;
}

meshTest(`a ${MODE} that is moved and renamed is found again once it was run`, async (mesh) => {
  const before = place(join(mesh.home, "Programme für mich"), "my app");
  const { pid } = await mesh.serve(commandOf(before));
  assertEquals(await commandInRegistry(mesh), commandOf(before));
  await mesh.ipc.call("fixture", "pid"); // this caller keeps its connection
  await mesh.stop("fixture", pid);

  const after = join(mesh.home, "another & folder", `renamed (2) ü${EXTENSION}`);
  await Deno.mkdir(dirname(after));
  await Deno.rename(before, after);
  // Nobody guesses where it went: the error names the place where it was.
  const error = await assertRejects(() => mesh.ipc.call("fixture", "pid"), TargetUnknownError);
  assertStringIncludes(error.message, before);

  const again = await mesh.serve(commandOf(after));
  assertEquals(await mesh.ipc.call("fixture", "pid"), again.pid);
  assertEquals(await commandInRegistry(mesh), commandOf(after));
  await mesh.stop("fixture", again.pid);
  const about = await mesh.ipc.call<About>("fixture", "about");
  if (MODE === "binary") assertEquals(about.execPath, after);
});

meshTest(`a copy of a ${MODE} that is run while the first runs hands over to it`, async (mesh) => {
  const one = place(join(mesh.home, "one"), "app");
  const two = place(join(mesh.home, "two ü"), "app");
  const { pid } = await mesh.serve(commandOf(one));
  const second = await mesh.run([...commandOf(two), "from the copy"]);
  assertEquals([second.code, second.stderr], [0, ""]);
  assertStringIncludes(second.stdout, `process ${pid}`);
  // What is registered is what runs.
  assertEquals(await commandInRegistry(mesh), commandOf(one));
  await mesh.stop("fixture", pid);
  const next = await mesh.serve(commandOf(two));
  assertEquals(await commandInRegistry(mesh), commandOf(two));
  assertEquals(await mesh.ipc.call("fixture", "pid"), next.pid);
});

/**
 * A folder on another file system than the home's, as a network drive is: on Windows a share
 * (Wine's own kind of it, else the one that administrators have), on Linux the one in memory.
 * `null` where this system has none that this user can use.
 */
function elsewhere(): string | null {
  const name = `neverliie ${crypto.randomUUID().slice(0, 8)} ü`;
  try {
    if (Deno.build.os === "linux") return Deno.makeTempDirSync({ dir: "/dev/shm", prefix: name });
    if (!WINDOWS) return null;
    if (WINE) {
      // Wine looks for shares here, and else on no network.
      Deno.mkdirSync(`Z:${Deno.env.get("WINEPREFIX")}/dosdevices/unc/server/${name}`, {
        recursive: true,
      });
      return `\\\\server\\${name}`;
    }
    return Deno.makeTempDirSync({ dir: "\\\\localhost\\C$\\Windows\\Temp", prefix: name });
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

meshTest(`a ${MODE} on another file system is registered and woken there`, async (mesh) => {
  const folder = elsewhere();
  if (folder === null) return console.log("left out: there is no other file system to use");
  try {
    const path = place(folder, "on the network");
    const command = commandOf(path);
    const { pid } = await mesh.serve(command, { cwd: folder });
    assertEquals(await commandInRegistry(mesh), command);
    await mesh.stop("fixture", pid);
    const about = await mesh.ipc.call<About>("fixture", "about");
    // Wine starts no program in a share's folder ("could not open working directory").
    if (!WINE) assertEquals(about.cwd, folder);
    if (MODE === "binary") assertEquals(about.execPath, path);
    await mesh.stop("fixture", await mesh.ipc.call<number>("fixture", "pid"));
    assert((await mesh.ipc.registry.read()).apps.has("fixture"));
  } finally {
    // Wine keeps hold of an executable that ran from a share; it goes with the run's own prefix.
    if (!WINE) removeFolder(folder);
  }
});
