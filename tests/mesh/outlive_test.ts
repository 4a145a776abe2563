/**
 * What is woken from inside a session, or by a command that `run` runs, is nobody's child: it goes on
 * when the session is killed, the command is left, or the terminal's host ends.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionLostError, pidOf } from "../../lib/ipc/mod.ts";
import {
  fixtureCommand,
  gone,
  kill,
  meshTest,
  type TestMesh,
  WINDOWS,
} from "../support/mesh/mesh.ts";

/** The fixture as another app, which is to wake the fixture. */
const WAKER = [...fixtureCommand(), "--name", "waker"];

/** Waits for the waker, has it wake the fixture, and gives both processes. */
async function woken(mesh: TestMesh): Promise<{ waker: number; fixture: number }> {
  const waker = await mesh.answering("waker");
  const params = { target: "fixture", method: "pid" };
  const fixture = await mesh.ipc.call<number>("waker", "call_other", params, { timeout: 60_000 });
  return { waker, fixture };
}

const stillThere = async (mesh: TestMesh, pid: number) =>
  assertEquals(await mesh.ipc.call("fixture", "pid", {}, { activate: false }), pid);

meshTest("what is woken from inside a session outlives it", async (mesh) => {
  await mesh.seed();
  await mesh.register();
  const open = { command: WAKER, cwd: mesh.home };
  const { id } = await mesh.ipc.call<{ id: number }>("terminal", "open", open);
  const { waker, fixture } = await woken(mesh);
  await mesh.ipc.call("terminal", "kill", { id }, { timeout: 20_000 });
  await gone(waker);
  await stillThere(mesh, fixture);
});

meshTest(
  "what is woken by a command that is ended outlives it, and its host's death",
  async (mesh) => {
    await mesh.seed();
    await mesh.register();
    const command = mesh.ipc.stream("terminal", "run", { command: WAKER, cwd: mesh.home });
    await command.next();
    const { waker, fixture } = await woken(mesh);
    command.cancel();
    await gone(waker);
    await stillThere(mesh, fixture);
    await mesh.stop("fixture", fixture);
    // Once more. Now the host dies: on Windows the command's job, and what is in it, with it.
    const again = mesh.ipc.stream("terminal", "run", { command: WAKER, cwd: mesh.home });
    await again.next();
    const second = await woken(mesh);
    kill((await pidOf(mesh.ipc, "terminal"))!);
    await assertRejects(() => again.next(), ConnectionLostError);
    if (WINDOWS) await gone(second.waker);
    await stillThere(mesh, second.fixture);
  },
);
