/**
 * The mesh in a worker of a program's own, which then is terminated. On Windows it has to leave the
 * mesh before: docs/decisions/0054-the-mesh-in-a-worker-on-windows.md.
 */
import { assertEquals } from "@std/assert";
import { pidOf } from "../../lib/ipc/mod.ts";
import { meshTest, WINDOWS } from "../support/mesh/mesh.ts";

const MODULE = import.meta.resolve("../support/programs/client_worker.ts");
/** Under Wine the process crashed in the 12th round, where the workers had not left the mesh. */
const ROUNDS = WINDOWS ? 15 : 5;

/** @param closes whether each worker has left the mesh when it is terminated */
async function callInWorkers(home: string, pid: number, closes: boolean): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const worker = new Worker(MODULE, { type: "module" });
    const { promise, resolve, reject } = Promise.withResolvers<{ pid: number }>();
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage({ home, app: "fixture", close: closes });
    assertEquals((await promise).pid, pid);
    worker.terminate();
  }
}

const CASES: [name: string, closes: boolean][] = [
  ["a worker that has left the mesh may be terminated", true],
  ["a worker may be terminated while it is on the mesh", false],
];

for (const [name, closes] of CASES) {
  if (WINDOWS && !closes) continue;
  meshTest(name, async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const pid = await pidOf(mesh.ipc, "fixture");
    await callInWorkers(mesh.home, pid!, closes);
    assertEquals(await pidOf(mesh.ipc, "fixture"), pid);
  });
}
