/**
 * Ctrl-C in what a woken program starts. Programs may ignore it, and hand that on to all that they
 * start: a woken one must not have it from its waker, or nothing could be interrupted in the
 * sessions of the terminal. And its waker's Ctrl-C is none of its own.
 */

import { assertEquals } from "@std/assert";
import { gone, meshTest, suiteCommand, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";
import { TerminalView } from "../support/mesh/terminal_view.ts";
import { ConnectionLostError } from "../../lib/ipc/mod.ts";

const WAKE = { target: "fixture", method: "pid" };

/** Has the app "waker", which the mesh woke, wake the fixture; gives their processes. */
async function chain(mesh: TestMesh): Promise<{ waker: number; fixture: number }> {
  await mesh.register();
  const waker = await mesh.ipc.call<number>("waker", "pid");
  const fixture = await mesh.ipc.call<number>("waker", "call_other", WAKE, { timeout: 60_000 });
  return { waker, fixture };
}

if (WINDOWS) {
  meshTest("a woken program answers Ctrl-C, and so does what it starts", async (mesh) => {
    await mesh.register();
    assertEquals(
      await mesh.ipc.call("fixture", "ignores_ctrl_c", {}, { timeout: 60_000 }),
      { own: false, child: false },
    );
  });

  meshTest("a woken program answers Ctrl-C although its waker ignores it", async (mesh) => {
    await mesh.register({ name: "waker" });
    await mesh.ipc.call("waker", "ignore_ctrl_c");
    await chain(mesh);
    const asked = (app: string) =>
      mesh.ipc.call(app, "ignores_ctrl_c", {}, { timeout: 60_000, activate: false });
    // What Windows hands on where nobody does anything about it.
    assertEquals(await asked("waker"), { own: true, child: true });
    assertEquals(await asked("fixture"), { own: false, child: false });
  });

  meshTest("Ctrl-C in the console of its waker does not reach a woken program", async (mesh) => {
    await mesh.register({ name: "waker" });
    const { waker, fixture } = await chain(mesh);
    await mesh.ipc.call("waker", "press_ctrl_c").catch((error) => {
      // It may be gone before its answer leaves.
      if (!(error instanceof ConnectionLostError)) throw error;
    });
    await gone(waker);
    assertEquals(await mesh.ipc.call("fixture", "pid", {}, { activate: false }), fixture);
  });
} else {
  meshTest("Ctrl-C works in a session although the host's waker ignores it", async (mesh) => {
    await mesh.seed();
    const command = [...suiteCommand("neverliie"), "wake", "terminal"];
    const { code } = await mesh.run([
      "/bin/sh",
      "-c",
      'trap "" INT QUIT HUP; exec "$@"',
      "sh",
      ...command,
    ]);
    assertEquals(code, 0);
    const { id } = await mesh.ipc.call<{ id: number }>("terminal", "open", {
      command: ["/bin/sh", "-c", "echo ready; exec sleep 1000"],
      cwd: mesh.home,
    });
    await using view = new TerminalView(mesh.ipc, id);
    await view.until(/ready/);
    await view.type("\x03");
    await view.ended;
    assertEquals(view.exit, { type: "exit", code: 130, signal: "SIGINT" });
  });
}
