/**
 * What a session of the terminal shows, and what becomes of what is typed. Under Wine nothing that a
 * program writes arrives on its pseudo-console, so on Windows nothing of this runs.
 */

import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import type { SessionInfo } from "../../apps/terminal/contract.ts";
import { ConnectionLostError, pidOf } from "../../lib/ipc/mod.ts";
import {
  gone,
  isAlive,
  kill,
  meshTest,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { TerminalView } from "../support/mesh/terminal_view.ts";
import { openSession } from "../support/mesh/terminal_session.ts";

/** Waited for before anything is typed: what is typed earlier is echoed before the prompt, too. */
const PROMPT = /\$$/;

const list = (mesh: TestMesh) => mesh.ipc.call<SessionInfo[]>("terminal", "list");

if (!WINDOWS) {
  meshTest("a session has a terminal of its own, of the size that was asked for", async (mesh) => {
    await mesh.seed();
    const { id, ...info } = await openSession(mesh, { columns: 100, rows: 30, title: "mine" });
    assertEquals([id, info.title, info.command, info.cwd], [1, "mine", "/bin/sh", mesh.home]);
    assertEquals([info.columns, info.rows, info.views, info.code], [100, 30, 0, null]);
    await using view = new TerminalView(mesh.ipc, id, { columns: 100, rows: 30 });
    await view.until(PROMPT);
    await view.type(
      "test -t 0 && test -t 2 && tty && stty size && pwd && echo $NEVERLIIE_SESSION\r",
    );
    await view.until(/^\/dev\/.*\n30 100\n.*neverliie test ü.*\n1\n\$$/m);
  });

  meshTest("a session goes on without a view, and a later one sees its screen", async (mesh) => {
    await mesh.seed();
    const { id, pid } = await openSession(mesh);
    {
      await using first = new TerminalView(mesh.ipc, id);
      await first.until(PROMPT);
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

  meshTest(
    "colours, wide characters, modes and the cursor come back with a screen",
    async (mesh) => {
      await mesh.seed();
      const { id } = await openSession(mesh);
      await using first = new TerminalView(mesh.ipc, id);
      // A region, the alternate screen, a hidden cursor, and a text that goes on in its colour.
      const script = "\\033[?1049h\\033[2J\\033[5;20r\\033[?25l\\033[?2004h\\033[?1h\\033[3;4H" +
        "漢字 e\u0301 \\033[1;38;5;208mbold\\033[48;2;1;2;3m on\\033[0m \\033[31mred";
      await first.until(PROMPT);
      await first.type(`printf '${script}'; read -r x; echo $x; sleep 1000\r`);
      await first.until(/red$/);
      await using second = new TerminalView(mesh.ipc, id);
      await second.until(/red$/);
      await first.type("more\r");
      for (const { model, lines } of [first, second].map((view) => view)) {
        await first.until(/more/);
        await second.until(/more/);
        assert(lines.length > 0);
        const { active } = model.buffer;
        assertEquals(active.type, "alternate");
        assertEquals(active.getLine(2)!.translateToString(true), "   漢字 e\u0301 bold on redmore");
        const cell = (column: number) => active.getLine(2)!.getCell(column)!;
        assertEquals([cell(3).getWidth(), cell(4).getWidth()], [2, 0]);
        assertEquals([cell(10).isBold() !== 0, cell(10).getFgColor()], [true, 208]);
        assertEquals(cell(15).getBgColor(), 0x010203);
        assertEquals(cell(18).getFgColor(), 1);
        // "more" goes on in red where the cursor was, although that came before the second view.
        const red = cell(21);
        assertEquals([red.getChars(), red.isFgPalette(), red.getFgColor()], ["m", true, 1]);
        assertEquals(model.modes.bracketedPasteMode, true);
        assertEquals(model.modes.applicationCursorKeysMode, true);
      }
    },
  );

  meshTest(
    "a larger view sees the session in its corner, and its lines break there",
    async (mesh) => {
      await mesh.seed();
      const { id } = await openSession(mesh);
      await using small = new TerminalView(mesh.ipc, id, { columns: 20, rows: 6 });
      await small.until(PROMPT);
      await using large = new TerminalView(mesh.ipc, id, { columns: 60, rows: 15 });
      await small.type("seq 30; echo abcdefghijklmnopqrstuvwxyz\r");
      for (const view of [small, large]) await view.until(/30\nabcdefghijklmnopqrst\nuvwxyz\n\$$/);
      assertEquals(large.lines.slice(6).join(""), "");
      assert(!large.kinds.includes("output"));
      assert(small.kinds.includes("output"));
    },
  );

  meshTest(
    "a program's questions to its terminal are answered once, views or none",
    async (mesh) => {
      await mesh.seed();
      const ask =
        "stty raw -echo; printf '\\033[c\\033[6n'; dd bs=1 count=13 2>/dev/null | od -c; " +
        "stty sane; echo done";
      const { id } = await openSession(mesh, { command: ["/bin/sh", "-c", `${ask}; sleep 1000`] });
      await using view = new TerminalView(mesh.ipc, id);
      const { model } = view;
      let answers = 0;
      model.onData(() => answers++);
      await view.until(/done/);
      const shown = view.screen.replaceAll(/\s+/g, "");
      assert(shown.includes("033[?1;2c033[1;1R"), view.screen);
      assertEquals(answers, 0);
    },
  );

  meshTest(
    "a program that prints without end is held by nothing, and holds nothing",
    async (mesh) => {
      await mesh.seed();
      const { id } = await openSession(mesh, {
        command: ["/bin/sh", "-c", "trap : INT; yes 0123456789; echo over"],
      });
      const host = (await pidOf(mesh.ipc, "terminal"))!;
      const memory = () =>
        Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${host}/status`))![1]);
      // One that never reads on, and one that does.
      const stuck = mesh.ipc.stream("terminal", "attach", { id, columns: 80, rows: 24 });
      await stuck.next();
      await using view = new TerminalView(mesh.ipc, id);
      const seen = (count: number) => view.until(() => view.kinds.length >= count);
      await seen(30);
      const before = memory();
      await seen(100);
      // In kB; what a second of this program writes is several times as much.
      assertLess(memory() - before, 50_000);
      await view.type("\x03");
      await view.until(/over/);
      await view.ended;
      stuck.cancel();
    },
  );

  meshTest("the death of the host ends its sessions and tells its views", async (mesh) => {
    await mesh.seed();
    const { id, pid } = await openSession(mesh);
    await using view = new TerminalView(mesh.ipc, id);
    await view.until(/\$/);
    kill((await pidOf(mesh.ipc, "terminal"))!);
    await assertRejects(() => view.ended, ConnectionLostError);
    await gone(pid);
  });

  meshTest("typed bytes arrive as they are, and so does a long paste", async (mesh) => {
    await mesh.seed();
    const { id } = await openSession(mesh, {
      command: [
        "/bin/sh",
        "-c",
        "stty raw -echo; echo ready; head -c 300000 | sha256sum; sleep 1000",
      ],
    });
    await using view = new TerminalView(mesh.ipc, id);
    await view.until(/ready/);
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const all = new Uint8Array(300_000);
    for (let i = 0; i < 5; i++) all.set(bytes, i * bytes.length);
    for (let i = 0; i < 5; i++) await mesh.ipc.call("terminal", "input", { id, data: bytes });
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", all)).toHex();
    await view.until(new RegExp(hash));
  });
}
