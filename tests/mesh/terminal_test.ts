/**
 * The terminal's sessions, as other programs of the mesh use them.
 *
 * Under Wine nothing that a program writes arrives on its pseudo-console (tests/transport/
 * pty_test.ts), so what a session shows is tested on Linux alone. That sessions are opened, listed,
 * attached to, given the size of their smallest view and killed, and how they end, is tested
 * everywhere.
 */

import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { OpenParams, SessionInfo } from "../../apps/terminal/contract.ts";
import { ConnectionLostError, pidOf, RemoteError } from "../../lib/ipc/mod.ts";
import {
  gone,
  isAlive,
  kill,
  meshTest,
  suiteCommand,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { TerminalView } from "../support/mesh/terminal_view.ts";

/** Opens a session; a shell without anybody's settings unless another command is given. */
async function open(mesh: TestMesh, params: OpenParams = {}): Promise<SessionInfo> {
  return await mesh.ipc.call("terminal", "open", {
    command: ["/bin/sh"],
    cwd: mesh.home,
    ...params,
    env: { PS1: "$ ", ENV: "", LC_ALL: "C.UTF-8", ...params.env },
  });
}

/** A program that runs everywhere. */
const deno = (code: string) => [Deno.execPath(), "eval", "--no-config", "--ext=js", code];
const FOREVER = "setInterval(() => {}, 1000)";

const list = (mesh: TestMesh) => mesh.ipc.call<SessionInfo[]>("terminal", "list");

/** Waits until the list tells one session, of this size and with so many views. */
const listed = (mesh: TestMesh, columns: number, rows: number, views: number) =>
  until(async () => {
    const [session] = await list(mesh);
    return session?.columns === columns && session.rows === rows && session.views === views;
  });

meshTest("sessions are opened, listed and killed with what they started", async (mesh) => {
  await mesh.seed();
  assertEquals(await list(mesh), []);
  const file = join(mesh.home, "inner pid");
  const outer = `const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", "--ext=js", ${JSON.stringify(FOREVER)}],
      stdin: "null", stdout: "null", stderr: "null",
    }).spawn();
    Deno.writeTextFileSync(${JSON.stringify(file)}, child.pid + ";");
    ${FOREVER}`;
  const first = await open(mesh, { command: deno(outer), title: "first" });
  const second = await open(mesh, { command: deno(FOREVER), columns: 100, rows: 30 });
  assertEquals([first.id, second.id], [1, 2]);
  const sessions = await list(mesh);
  assertEquals(sessions.map(({ title }) => title), ["first", second.command]);
  assertEquals(sessions[1]!.command, deno(FOREVER).join(" "));
  const { columns, rows, views, ended, code, signal, cwd } = sessions[1]!;
  assertEquals([columns, rows, views, ended, code, signal], [100, 30, 0, null, null, null]);
  assertEquals(cwd, mesh.home);
  let inner = "";
  await until(() => {
    try {
      inner = Deno.readTextFileSync(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return inner.endsWith(";");
  });
  for (const pid of [first.pid, second.pid, parseInt(inner)]) assert(isAlive(pid));
  const killed = await mesh.ipc.call<SessionInfo>("terminal", "kill", [1], { timeout: 20_000 });
  assert(killed.ended !== null && killed.code !== 0);
  for (const pid of [first.pid, parseInt(inner)]) assert(!isAlive(pid), `${pid} lives`);
  assertEquals((await list(mesh)).map(({ id }) => id), [2]);
  await mesh.stop("terminal", (await pidOf(mesh.ipc, "terminal"))!);
  // The sessions end with their host.
  await gone(second.pid);
});

meshTest(
  "a session that ends is told to its views, or kept until one has seen it",
  async (mesh) => {
    await mesh.seed();
    const watched = await open(mesh, { command: deno("setTimeout(() => Deno.exit(7), 1000)") });
    await using view = new TerminalView(mesh.ipc, watched.id);
    await view.ended;
    assertEquals(view.kinds.slice(0, 2), ["attached", "screen"]);
    assertEquals(view.exit, { type: "exit", code: 7, signal: null });
    await until(async () => (await list(mesh)).length === 0);
    const alone = await open(mesh, { command: deno("Deno.exit(3)") });
    await until(async () => (await list(mesh))[0]?.code === 3);
    assert((await list(mesh))[0]!.ended !== null);
    await using late = new TerminalView(mesh.ipc, alone.id);
    await late.ended;
    assertEquals([late.exit?.code, late.attached?.session.code], [3, 3]);
    await until(async () => (await list(mesh)).length === 0);
  },
);

meshTest("a session has the size of its smallest view", async (mesh) => {
  await mesh.seed();
  const { id } = await open(mesh, { command: deno(FOREVER) });
  await using large = new TerminalView(mesh.ipc, id, { columns: 120, rows: 40 });
  await listed(mesh, 120, 40, 1);
  {
    await using small = new TerminalView(mesh.ipc, id, { columns: 90, rows: 50 });
    await listed(mesh, 90, 40, 2);
    await small.until(() => small.attached !== null);
    await small.resize(70, 20);
    await listed(mesh, 70, 20, 2);
  }
  await listed(mesh, 120, 40, 1);
  assert(large.exit === null);
});

meshTest("wrong params and unknown sessions are told what is wrong", async (mesh) => {
  await mesh.seed();
  const refused = async (method: string, params: Record<string, unknown>, text: string) => {
    const error = await assertRejects(
      () => mesh.ipc.call("terminal", method, params),
      RemoteError,
    );
    assert(error.message.includes(text), error.message);
  };
  await refused("open", { command: "" }, "command must be");
  await refused("open", { columns: 0 }, "from 2 to 1000");
  await refused("open", { command: ["no-such-program-here"] }, "no such program");
  await refused("open", { cwd: join(mesh.home, "missing") }, "no such folder");
  await refused("open", { scrollback: 1e9 }, "scrollback");
  await refused("input", { id: 1, data: "x" }, "Cannot find session 1: there is none");
  const { id } = await open(mesh, { command: deno(FOREVER) });
  await refused("kill", { id: 9 }, "there are 1");
  await refused("input", { id, data: 7 }, "must be a text");
  await refused("resize", { id, view: 4, columns: 80, rows: 24 }, "view 4");
  await refused("kill", {}, "Cannot find session");
});

meshTest("the command opens, lists and kills sessions, and says why it cannot", async (mesh) => {
  const terminal = (...args: string[]) => mesh.neverliie("terminal", ...args);
  const empty = await terminal("list");
  assertEquals([empty.code, empty.stdout], [
    0,
    "No sessions. neverliie terminal open starts one.\n",
  ]);
  const opened = await terminal("open", "--detached", "--title", "a title", ...deno(FOREVER));
  assertEquals([opened.code, opened.stderr], [0, ""]);
  assertEquals(opened.stdout, "session 1 was opened; to see it: neverliie terminal attach 1\n");
  const [session] = JSON.parse((await terminal("list", "--json")).stdout);
  assertEquals([session.id, session.title, session.ended], [1, "a title", null]);
  const shown = (await mesh.run([...suiteCommand("terminal"), "list"])).stdout;
  assert(
    /^ID +TITLE +SIZE +AGE +VIEWS +STATE +COMMAND\n1 +a title +80x24 .* running /.test(shown),
    shown,
  );
  const cases: [string[], string][] = [
    [["attach", "1"], "there is no terminal here"],
    [["open"], "there is no terminal here"],
    [["attach", "nine"], 'Cannot find session "nine": there are 1'],
    [["kill"], "needs an id"],
    [["open", "--what"], "--what"],
  ];
  // A start takes its time under Wine, and the words are the same there.
  await Promise.all(
    cases.slice(0, WINDOWS ? 1 : cases.length).map(async ([args, text]) => {
      const { code, stdout, stderr } = await mesh.run([...suiteCommand("terminal"), ...args]);
      assertEquals([code, stdout], [2, ""], args.join(" "));
      assert(stderr.includes(text), stderr);
    }),
  );
  const killed = await terminal("kill", "a title");
  assertEquals([killed.code, killed.stdout], [0, "session 1 (a title) was killed\n"]);
  await gone(session.pid);
  // All of them, also where nobody reads of the first. (One that has ended is listed until it is seen.)
  for (let i = 0; i < 2; i++) await open(mesh, { command: deno("0") });
  const unread = mesh.spawn([...suiteCommand("terminal"), "kill", "2", "3"]);
  await unread.stdout.cancel();
  const stderr = new Response(unread.stderr).text();
  assertEquals([(await unread.status).code, await stderr], [0, ""]);
  assertEquals(await list(mesh), []);
}, { limit: 120_000 });

if (!WINDOWS) {
  meshTest("a session has a terminal of its own, of the size that was asked for", async (mesh) => {
    await mesh.seed();
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
    await mesh.seed();
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

  meshTest(
    "colours, wide characters, modes and the cursor come back with a screen",
    async (mesh) => {
      await mesh.seed();
      const { id } = await open(mesh);
      await using first = new TerminalView(mesh.ipc, id);
      // A region, the alternate screen, a hidden cursor, and a text that goes on in its colour.
      const script = "\\033[?1049h\\033[2J\\033[5;20r\\033[?25l\\033[?2004h\\033[?1h\\033[3;4H" +
        "漢字 e\u0301 \\033[1;38;5;208mbold\\033[48;2;1;2;3m on\\033[0m \\033[31mred";
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
      const { id } = await open(mesh);
      await using small = new TerminalView(mesh.ipc, id, { columns: 20, rows: 6 });
      await small.until(/\$/);
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
      const { id } = await open(mesh, { command: ["/bin/sh", "-c", `${ask}; sleep 1000`] });
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
      const { id } = await open(mesh, {
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
    const { id, pid } = await open(mesh);
    await using view = new TerminalView(mesh.ipc, id);
    await view.until(/\$/);
    kill((await pidOf(mesh.ipc, "terminal"))!);
    await assertRejects(() => view.ended, ConnectionLostError);
    await gone(pid);
  });

  meshTest("typed bytes arrive as they are, and so does a long paste", async (mesh) => {
    await mesh.seed();
    const { id } = await open(mesh, {
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
