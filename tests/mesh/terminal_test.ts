/**
 * The terminal's sessions, as other programs of the mesh use them.
 *
 * Under Wine nothing that a program writes arrives on its pseudo-console (tests/transport/
 * pty_test.ts), so what a session shows is tested on Linux alone, in terminal_screen_test.ts. That sessions are opened, listed,
 * attached to, given the size of their smallest view and killed, and how they end, is tested
 * everywhere.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { SessionInfo } from "../../apps/terminal/contract.ts";
import { pidOf, RemoteError } from "../../lib/ipc/mod.ts";
import {
  gone,
  isAlive,
  meshTest,
  suiteCommand,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { TerminalView } from "../support/mesh/terminal_view.ts";
import { openSession } from "../support/mesh/terminal_session.ts";

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
  const first = await openSession(mesh, { command: deno(outer), title: "first" });
  const second = await openSession(mesh, { command: deno(FOREVER), columns: 100, rows: 30 });
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
    const watched = await openSession(mesh, {
      command: deno("setTimeout(() => Deno.exit(7), 1000)"),
    });
    await using view = new TerminalView(mesh.ipc, watched.id);
    await view.ended;
    assertEquals(view.kinds.slice(0, 2), ["attached", "screen"]);
    assertEquals(view.exit, { type: "exit", code: 7, signal: null });
    await until(async () => (await list(mesh)).length === 0);
    const alone = await openSession(mesh, { command: deno("Deno.exit(3)") });
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
  const { id } = await openSession(mesh, { command: deno(FOREVER) });
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
  const { id } = await openSession(mesh, { command: deno(FOREVER) });
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
  for (let i = 0; i < 2; i++) await openSession(mesh, { command: deno("0") });
  const unread = mesh.spawn([...suiteCommand("terminal"), "kill", "2", "3"]);
  await unread.stdout.cancel();
  const stderr = new Response(unread.stderr).text();
  assertEquals([(await unread.status).code, await stderr], [0, ""]);
  assertEquals(await list(mesh), []);
}, { limit: 120_000 });
