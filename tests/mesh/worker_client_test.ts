/**
 * The mesh in a worker of a program's own. On Windows it is refused: the process crashed when such a
 * worker was terminated, about one time in ten.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { pidOf } from "../../lib/ipc/mod.ts";
import { meshTest, WINDOWS } from "../support/mesh/mesh.ts";

const MODULE = import.meta.resolve("../support/programs/mesh_in_worker.ts");
const ROUNDS = 5;

meshTest("a worker is a client as any other, or is told that it cannot be", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const pid = await pidOf(mesh.ipc, "fixture");
  for (let round = 0; round < ROUNDS; round++) {
    const worker = new Worker(MODULE, { type: "module" });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ home: mesh.home, app: "fixture" });
    const answer = await promise;
    if (WINDOWS) {
      const [name, message] = answer as [string, string];
      assertEquals(name, "NotSupported");
      assertMatch(message, /^Cannot use the mesh, or a terminal, in a worker on Windows: /);
    } else assertEquals((answer as { pid: number }).pid, pid);
    // In the middle of whatever it does.
    worker.terminate();
    assertEquals(await pidOf(mesh.ipc, "fixture"), pid);
  }
});
