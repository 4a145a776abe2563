/**
 * A launcher in a mesh of a test, on a machine whose programs the test knows.
 *
 * @module
 */
import { assert } from "@std/assert";
import { join } from "@std/path";
import type { Launcher, Match } from "../../../apps/launcher/contract.ts";
import type { Remote } from "../../../lib/ipc/mod.ts";
import { type Served, suiteCommand, type TestMesh, WINDOWS } from "./mesh.ts";

/** Where programs of a machine are told of: desktop files, or shortcuts in the Start menu. */
export function programsFolder(mesh: TestMesh): string {
  const data = join(mesh.home, "data");
  return WINDOWS
    ? join(data, "Microsoft", "Windows", "Start Menu", "Programs", "Pictures")
    : join(data, "applications");
}

/** How a launcher is started. */
export interface LauncherOptions {
  /** Makes another command of the usual one. */
  command?: (usual: string[]) => string[];
  env?: Record<string, string>;
  cwd?: string;
}

/** Starts the host of a launcher on a machine with one program, "Paint ü". */
export async function serveLauncher(
  mesh: TestMesh,
  { command = (usual) => usual, env = {}, cwd }: LauncherOptions = {},
): Promise<Served> {
  const data = join(mesh.home, "data");
  const folder = programsFolder(mesh);
  await Deno.mkdir(folder, { recursive: true });
  if (WINDOWS) await Deno.writeTextFile(join(folder, "Paint ü.lnk"), "");
  else {
    const painted = join(mesh.home, "painted");
    await Deno.writeTextFile(
      join(folder, "paint.desktop"),
      `[Desktop Entry]\nType=Application\nName=Paint ü\nComment=Pictures\n` +
        `Exec=sh -c "echo painted > '${painted}'"\n`,
    );
  }
  return await mesh.serve(command([...suiteCommand("launcher"), "--host"]), {
    env: { XDG_DATA_HOME: data, XDG_DATA_DIRS: data, APPDATA: data, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** The same, and its methods. */
export async function launcher(
  mesh: TestMesh,
  options: LauncherOptions = {},
): Promise<Remote<Launcher>> {
  await serveLauncher(mesh, options);
  return mesh.ipc.connect<Launcher>("launcher");
}

/** The found entry of that title. */
export async function find(
  launcher: Remote<Launcher>,
  query: string,
  title: string,
): Promise<Match> {
  const found = await launcher.search({ query });
  const match = found.find((match) => match.title === title);
  assert(match !== undefined, `${query}: ${found.map(({ title }) => title).join(", ")}`);
  return match;
}

/** The titles of all that there is. */
export async function titles(launcher: Remote<Launcher>): Promise<string[]> {
  return (await launcher.search({ query: "", limit: 1000 })).map(({ title }) => title);
}
