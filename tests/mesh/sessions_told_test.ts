/** The terminal's sessions as they are told: by its topic, and by `terminal list --watch`. */

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { SessionInfo, TerminalTopics } from "../../apps/terminal/contract.ts";
import { type AppDescription, pidOf } from "../../lib/ipc/mod.ts";
import { Printing } from "../support/mesh/program_output.ts";
import { openSession } from "../support/mesh/terminal_session.ts";
import { TerminalView } from "../support/mesh/terminal_view.ts";
import { waitingFor } from "../support/run/watchdog.ts";
import { kill, meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";

/** A program that runs everywhere, and goes on. */
const FOREVER = [Deno.execPath(), "eval", "--no-config", "--ext=js", "setInterval(() => {}, 1000)"];

const list = (mesh: TestMesh) => mesh.ipc.call<SessionInfo[]>("terminal", "list");

meshTest(
  "sessions are told as they are opened, seen, given a size, ended and gone",
  async (mesh) => {
    await mesh.seed();
    const told: SessionInfo[][] = [];
    const topic = mesh.ipc.subscribe<TerminalTopics["sessions"]>("terminal", "sessions", {
      activate: true,
    });
    /** Takes what is told until it is so. */
    const until = (what: string, holds: (sessions: SessionInfo[]) => boolean) =>
      waitingFor(what, async () => {
        do told.push((await topic.next()).value!); while (!holds(told.at(-1)!));
        return told.at(-1)!;
      }, () => JSON.stringify(told.at(-1)));
    assertEquals(await until("no session", () => true), []);
    const first = await openSession(mesh, { command: FOREVER, title: "first" });
    assertEquals(await until("the first", ({ length }) => length === 1), [first]);
    const has = (views: number, columns: number, rows: number) =>
      until(
        `${views} views of ${columns}x${rows}`,
        ([session]) =>
          session?.views === views && session.columns === columns && session.rows === rows,
      );
    const view = new TerminalView(mesh.ipc, first.id, { columns: 100, rows: 30 });
    await has(1, 100, 30);
    await view.until(() => view.attached !== null);
    await view.resize(90, 20);
    assertEquals(await has(1, 90, 20), await list(mesh));
    await view[Symbol.asyncDispose]();
    await has(0, 90, 20);
    await openSession(mesh, { command: [Deno.execPath(), "eval", "--no-config", "Deno.exit(3)"] });
    const [, second] = await until("the second's end", (all) => all[1]?.code === 3);
    assertNotEquals(second!.ended, null);
    await mesh.ipc.call("terminal", "kill", { id: 1 }, { timeout: 20_000 });
    await mesh.ipc.call("terminal", "kill", { id: 2 }, { timeout: 20_000 });
    await until("no session any more", ({ length }) => length === 0);
    // Nothing is told twice.
    for (const [at, sessions] of told.entries()) assertNotEquals(sessions, told[at - 1]);
    topic.cancel();
    const { topics } = await mesh.ipc.call<AppDescription>("terminal", "$/describe");
    const [sessions] = topics;
    assertEquals([topics.length, sessions?.name, sessions?.retain], [1, "sessions", true]);
    const types = await mesh.neverliie("types", "terminal");
    assertMatch(types.stdout, /interface TerminalTopics/);
    assertMatch(types.stdout, /ended: string \| null/);
  },
  { limit: 120_000 },
);

meshTest(
  "terminal list --watch prints the sessions, each change, and the host's end",
  async (mesh) => {
    await mesh.seed();
    const watch = (...flags: string[]) =>
      new Printing(mesh.spawn([...suiteCommand("terminal"), "list", "--watch", ...flags]));
    const [plain, json] = [watch(), watch("--json")];
    const shows = (line: string) => plain.prints(line, (text) => text.includes(`${line}\n`));
    const tells = (...titles: string[]) =>
      json.prints(`${titles}`, (text) => {
        const last = text.split("\n").at(-2);
        if (last === undefined) return false;
        return JSON.parse(last).map(({ title }: SessionInfo) => title).join() === titles.join();
      });
    // Who lists sleeping sessions starts nobody.
    await shows("watching the sessions; Ctrl-C ends it");
    await tells();
    assertEquals(await pidOf(mesh.ipc, "terminal"), null);
    const { command } = await openSession(mesh, { command: FOREVER, title: "öne" });
    await shows(`session 1 (öne) was opened, 80x24: ${command}`);
    await openSession(mesh, { command: FOREVER, title: "two" });
    await tells("öne", "two");
    await mesh.ipc.call("terminal", "kill", { id: 2 }, { timeout: 20_000 });
    await shows("session 2 (two) is gone");
    assertMatch(plain.output.text, /session 2 \(two\) ended, /);
    await tells("öne");
    // A host that dies tells nothing, and another one begins anew.
    kill((await pidOf(mesh.ipc, "terminal"))!);
    await shows("session 1 (öne) is gone");
    await tells();
    await openSession(mesh, { command: FOREVER, title: "three" });
    await shows(`session 1 (three) was opened, 80x24: ${command}`);
    await tells("three");
    // Who begins to look later sees what there is.
    const late = watch();
    await late.prints(`session 1 (three) running, 0 views, 80x24: ${command}`);
    for (const program of [plain, json, late]) await program.end();
  },
  { limit: 120_000 },
);
