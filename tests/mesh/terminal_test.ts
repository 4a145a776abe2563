/** The terminal's sessions, as other programs of the mesh use them. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import type { OpenParams, SessionInfo } from "../../apps/terminal/contract.ts";
import { isAlive, meshTest, type TestMesh, until, WINDOWS } from "../support/mesh.ts";
import { TerminalView } from "../support/terminal_view.ts";

/** Opens a session; a shell without anybody's settings unless another command is given. */
async function open(mesh: TestMesh, params: OpenParams = {}): Promise<SessionInfo> {
  const { code, stderr } = await mesh.neverliie("list");
  assertEquals([code, stderr], [0, ""]);
  return await mesh.ipc.call("terminal", "open", {
    command: ["/bin/sh"],
    cwd: mesh.home,
    ...params,
    env: { PS1: "$ ", ENV: "", LC_ALL: "C.UTF-8", ...params.env },
  });
}

const list = (mesh: TestMesh) => mesh.ipc.call<SessionInfo[]>("terminal", "list");

if (!WINDOWS) {
  meshTest("a session has a terminal of its own, of the size that was asked for", async (mesh) => {
    const { id, ...info } = await open(mesh, { columns: 100, rows: 30, title: "mine" });
    assertEquals([id, info.title, info.command, info.cwd], [1, "mine", "/bin/sh", mesh.home]);
    assertEquals([info.columns, info.rows, info.views, info.code], [100, 30, 0, null]);
    await using view = new TerminalView(mesh.ipc, id, { columns: 100, rows: 30 });
    await view.type(
      "test -t 0 && test -t 2 && tty && stty size && pwd && echo $NEVERLIIE_SESSION\r",
    );
    await view.until(/^\/dev\/.*\n30 100\n.*neverliie test ü.*\n1\n\$$/m);
  });

  meshTest("a session goes on without a view, and a later one sees its screen", async (mesh) => {
    const { id, pid } = await open(mesh);
    {
      await using first = new TerminalView(mesh.ipc, id);
      await first.type("echo kept-$((40 + 2)); for i in $(seq 100); do echo line $i; done\r");
      await first.until(/line 100\n\$$/);
    }
    await until(async () => (await list(mesh))[0]!.views === 0);
    assert(isAlive(pid));
    await using second = new TerminalView(mesh.ipc, id, { shown: "what was there\r\nbefore\r\n" });
    await second.until(/line 100\n\$$/);
    const { history } = second;
    assertEquals(history.slice(0, 2), ["what was there", "before"]);
    const at = history.indexOf("kept-42");
    assertGreater(at, 0);
    assertEquals(history.slice(at + 1, at + 4), ["line 1", "line 2", "line 3"]);
    await second.type("echo again\r");
    await second.until(/^again\n\$$/m);
  });
}
