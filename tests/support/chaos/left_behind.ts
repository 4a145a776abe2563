/** What must hold once the apps of a run, killed or not, have all ended. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ProcessLock } from "../../../lib/ipc/base/lock.ts";
import type { TestMesh } from "../mesh/mesh.ts";

/** The registry parses, and has these apps and no other. */
export async function assertRegistered(
  { ipc }: TestMesh,
  names: readonly string[],
): Promise<void> {
  const { apps, problems } = await ipc.registry.read();
  assertEquals([...problems], []);
  assertEquals([...apps.keys()].sort(), [...names].sort());
}

/**
 * No lock of these apps is held, and no socket or temporary file is left.
 *
 * @param isOwn which files of the home are the test's own
 */
export function assertNothingLeft(
  { home, ipc }: TestMesh,
  names: readonly string[],
  isOwn: (name: string) => boolean = () => false,
): void {
  for (const name of names) {
    assertEquals(ProcessLock.isHeld(ipc.home.runtimeFile(name, "lock")), false, name);
    assertEquals(ProcessLock.isHeld(ipc.home.runtimeFile(name, "start.lock")), false, name);
  }
  assertEquals(ProcessLock.isHeld(join(ipc.home.runtime, ".supervisor.lock")), false);
  const kept = new Set([".registry.lock", ".supervisor.lock"]);
  for (const name of names) {
    for (const kind of ["lock", "start.lock", "starts.json"]) kept.add(`${name}.${kind}`);
  }
  const files = [...Deno.readDirSync(ipc.home.runtime)].map(({ name }) => name);
  assertEquals(files.filter((name) => !kept.has(name)), []);
  const there = [...Deno.readDirSync(home)].map(({ name }) => name).sort();
  assertEquals(there.filter((name) => name !== "run" && !isOwn(name)), ["logs", "registry.json"]);
}
