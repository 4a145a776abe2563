/**
 * Meshes that nobody ended: their test was killed, and its programs go on. The next test ends them.
 *
 * @module
 */

import { ProcessLock } from "../base/lock.ts";
import { dirname, join } from "../base/path.ts";
import { NeverLiieIPC } from "../mod.ts";
import { TestMesh } from "./test_mesh.ts";

/** Held by the process whose test the mesh is: while somebody holds it, the mesh is in use. */
const LOCK = "test.lock";

/** Marks a mesh's folder as in use by this process. */
export function claim(home: string): ProcessLock | null {
  return ProcessLock.try(join(home, LOCK));
}

/** Ends what is left of meshes in folders beside this one, whose names begin the same. */
export async function endAbandoned(home: string, prefix: string): Promise<void> {
  const folder = dirname(home);
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (!isDirectory || !name.startsWith(prefix)) continue;
    const path = join(folder, name);
    try {
      // One that has no lock yet is just being made.
      if (ProcessLock.stateOf(join(path, LOCK)) !== "free") continue;
      const lock = claim(path);
      if (lock === null) continue;
      const mesh = new TestMesh(await NeverLiieIPC.client({ home: path, onProblem: () => {} }), {
        lock,
      });
      await mesh.end();
    } catch {
      // Another user's, or another test was quicker. It is nothing that this test should fail by.
    }
  }
}
