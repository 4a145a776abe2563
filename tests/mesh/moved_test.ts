/**
 * Programs that are moved, renamed, or run from a network drive. What is moved is the program that
 * the mesh knows: an executable, or the script that Deno runs.
 */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { TargetStartError } from "../../lib/ipc/mod.ts";
import { meshTest, MODE, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";
import { commandOf, EXTENSION, place } from "../support/mesh/placed_app.ts";

interface About {
  execPath: string;
  cwd: string;
}

const WINE = WINDOWS && Deno.env.has("WINEPREFIX");
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
  const error = await assertRejects(() => mesh.ipc.call("fixture", "pid"), TargetStartError);
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

/** A folder on another file system than the home's, as a network drive is. */
interface Elsewhere {
  folder: string;
  remove(): Promise<void>;
}

/**
 * On Linux the file system in memory, on Windows a drive letter for a folder, as a share has one.
 * `null` where this system has none that this user can use.
 */
async function elsewhere(home: string): Promise<Elsewhere | null> {
  if (WINDOWS) {
    const folder = join(home, "share ü");
    await Deno.mkdir(folder);
    const drive = [..."NOPQRSTUVWX"].map((letter) => `${letter}:`).find((drive) => !isThere(drive));
    if (drive === undefined || !await map(drive, folder)) return null;
    return { folder: `${drive}\\programs`, remove: () => unmap(drive) };
  }
  try {
    const folder = await Deno.makeTempDir({ dir: "/dev/shm", prefix: "neverliie ü " });
    // Some systems forbid to run anything there.
    const program = join(folder, "try");
    await Deno.writeTextFile(program, "#!/bin/sh\n", { mode: 0o700 });
    await new Deno.Command(program).output();
    return { folder, remove: () => Deno.remove(folder, { recursive: true }) };
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function isThere(drive: string): boolean {
  try {
    return Deno.statSync(`${drive}\\`).isDirectory;
  } catch {
    return false;
  }
}

/** Gives a folder a drive letter. */
async function map(drive: string, folder: string): Promise<boolean> {
  if (!WINE) return (await output("subst", drive, folder)).success;
  // Wine has no subst; its drives are links among its own files.
  const found = await output("winepath", "-u", folder);
  const target = new TextDecoder().decode(found.stdout).trim();
  await output("start", "/wait", "/unix", "/bin/ln", "-s", target, linkOf(drive));
  return isThere(drive);
}

async function unmap(drive: string): Promise<void> {
  if (WINE) await output("start", "/wait", "/unix", "/bin/rm", linkOf(drive));
  else await output("subst", drive, "/d");
}

function linkOf(drive: string): string {
  return `${Deno.env.get("WINEPREFIX")}/dosdevices/${drive.toLowerCase()}`;
}

function output(command: string, ...args: string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command(command, { args, stderr: "null" }).output();
}

meshTest(`a ${MODE} on another drive is registered and woken there`, async (mesh) => {
  const other = await elsewhere(mesh.home);
  if (other === null) return console.log("left out: there is no other drive to use");
  try {
    const path = place(other.folder, "on the network");
    const command = commandOf(path);
    const { pid } = await mesh.serve(command, { cwd: other.folder });
    assertEquals(await commandInRegistry(mesh), command);
    await mesh.stop("fixture", pid);
    const about = await mesh.ipc.call<About>("fixture", "about");
    assertEquals(about.cwd, other.folder);
    if (MODE === "binary") assertEquals(about.execPath, path);
    await mesh.stop("fixture", await mesh.ipc.call<number>("fixture", "pid"));
  } finally {
    await other.remove();
  }
  // Its drive is away now, for a while or for good: that takes no entry away.
  const error = await assertRejects(() => mesh.ipc.wake("fixture"), TargetStartError);
  assertStringIncludes(error.message, "its drive may be away");
  assertEquals(await mesh.ipc.registry.prune(), []);
  assertEquals(
    (await commandInRegistry(mesh))?.at(-1),
    join(other.folder, `on the network${EXTENSION}`),
  );
});

if (WINE) {
  meshTest(`a ${MODE} on a share without a drive letter serves; who can wake it is told`, async (
    mesh,
  ) => {
    // Wine looks for shares here. They go with the run's own prefix.
    const share = `neverliie ${crypto.randomUUID().slice(0, 8)} ü`;
    Deno.mkdirSync(`Z:${Deno.env.get("WINEPREFIX")}/dosdevices/unc/server/${share}`, {
      recursive: true,
    });
    const path = place(`\\\\server\\${share}`, "app");
    const served = await mesh.serve(commandOf(path));
    assertEquals(await mesh.ipc.call("fixture", "pid"), served.pid);
    // A script is run by a Deno that is on this machine. An executable there is another machine's.
    const registered = await commandInRegistry(mesh);
    assertEquals(registered, MODE === "script" ? commandOf(path) : undefined);
    await mesh.stop("fixture", served.pid);
    const { stderr } = await served.ended;
    if (MODE === "binary") assertStringIncludes(stderr, "give the share a drive letter");
  });
}
