/**
 * One mesh of programs of all makes: scripts of Deno, executables, programs in Node, Bun and Python
 * (under Wine the first three). What one of them promises, another one of them relies on.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { AppDescription } from "../../lib/ipc/mod.ts";
import { gone, meshTest, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";
import { enter, type Make, MAKES, makesIn } from "../support/mesh/makes.ts";
import { writtenBy } from "../support/mesh/written_output.ts";

/** Milliseconds that one test may take: under Wine a start takes a second or two. */
const LIMIT = WINDOWS ? 180_000 : 60_000;

/**
 * Tests of one make's program that sleeps, and another one's that calls it; none where this system
 * lacks one of them.
 *
 * @param what is done by the second to the first
 */
function pairTests(
  what: string,
  pairs: readonly [host: string, caller: string][],
  body: (mesh: TestMesh, host: Make, caller: Make) => Promise<void>,
): void {
  for (const pair of pairs.filter((pair) => pair.every((make) => make in MAKES))) {
    const [host, caller] = pair.map((make) => MAKES[make]);
    meshTest(`${host} is ${what} ${caller}`, async (mesh) => {
      const makes = makesIn(mesh);
      const [host, caller] = pair.map((name) => makes.find((make) => make.name === name)!);
      await enter(mesh, host!, host!.name);
      await body(mesh, host!, caller!);
    }, { limit: LIMIT });
  }
}

pairTests(
  "woken and called by",
  [["python", "deno"], ["executable", "python"], ["node", "executable"]],
  async (mesh, { name, type }, { command }) => {
    const ask = ["--ask", name];
    assertEquals(await writtenBy(mesh, command(...ask, "add", "[20,22]")), [0, "42\n"]);
    const { launch, pid } = await mesh.ipc.call<AppDescription>(name, "$/describe");
    const entry = (await mesh.ipc.registry.read()).apps.get(name)!;
    assertEquals([launch?.type, entry.type, entry.source], [type, type, "self"]);
    // Awake: the next one meets the same process.
    assertEquals(await writtenBy(mesh, command(...ask, "pid", "[]")), [0, `${pid}\n`]);
    await mesh.stop(name, pid);
  },
);

pairTests(
  "streamed from and cancelled by",
  [["python", "node"], ["node", "python"], ["executable", "deno"]],
  async (mesh, { name }, { command }) => {
    // The caller goes on until the handler has ended.
    assertEquals(await writtenBy(mesh, command("--read", name, "3")), [0, "[1,2,3]\n"]);
    assertEquals(await mesh.ipc.call(name, "running"), 0);
    await mesh.stop(name);
  },
);

meshTest("each make's second start hands over to an app of any make", async (mesh) => {
  const makes = makesIn(mesh);
  for (const host of makes) {
    mesh.spawn(host.command("member"), { stdout: "null", stderr: "null" });
    const pid = await mesh.answering("member");
    const ended = await Promise.all(
      makes.map(({ name, command }) => writtenBy(mesh, command("member", "from", name))),
    );
    const said = `"member" is already running (process ${pid}); it was given 3 arguments\n`;
    for (const [i, end] of ended.entries()) assertEquals(end, [0, said], makes[i]!.name);
    const starts = await mesh.ipc.call<string[][]>("member", "starts");
    const due = makes.map(({ name }) => ["member", "from", name]);
    assertEquals(starts.sort(), due.sort(), host.name);
    await mesh.stop("member", pid);
  }
}, { limit: LIMIT });

meshTest("an app of any make is asked by the next one, all the way round", async (mesh) => {
  const makes = makesIn(mesh);
  for (const make of makes) await enter(mesh, make, make.name);
  const [first, ...others] = makes.map(({ name }) => name);
  // Each wakes the next one, and calls it.
  let params: unknown[] = [first, "add", [1, 2]];
  for (const name of others.toReversed()) params = [name, "ask", params];
  assertEquals(await mesh.ipc.call(first!, "ask", params, { timeout: LIMIT }), 3);
  for (const name of [first!, ...others]) {
    const pid = await mesh.ipc.call<number>(name, "pid");
    assert(pid > 0);
    assertMatch(mesh.logs(name), new RegExp(`ready ${pid}`));
    await mesh.stop(name, pid);
    await gone(pid);
  }
}, { limit: LIMIT });
