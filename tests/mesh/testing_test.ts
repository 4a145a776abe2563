/** The kit to test with, `@neverliie/ipc/testing`, on the programs of this run's mode. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { ConnectionLostError, isServing, NeverLiieIPC, pidOf } from "../../lib/ipc/mod.ts";
import {
  type ProgramOptions,
  TestMesh,
  testMesh,
  withTestMesh,
} from "../../lib/ipc/testing/mod.ts";
import { isAlive, processesOf } from "../support/mesh/process.ts";
import { fixtureCommand, meshTest, scriptCommand, until } from "../support/mesh/mesh.ts";

/** The fixture as somebody would name it: a script with its flags, or an executable. */
function fixture(...args: string[]): [string, ProgramOptions] {
  const command = fixtureCommand();
  return [command.at(-1)!, { args, flags: command.slice(2, -1) }];
}

/** Whether a file or folder is there. */
function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The processes that were started in a mesh and run; none where the system does not tell. */
const started = (home: string) => Deno.build.os === "linux" ? processesOf(home) : [];

meshTest("testing: apps of the test and a woken program meet, and nothing is left", async () => {
  let home = "";
  let runtime = "";
  let woken = 0;
  {
    await using mesh = await testMesh();
    home = mesh.home;
    await mesh.app("greeter", { greet: ({ name }: { name: string }) => `Hello, ${name}!` });
    const client = await mesh.client();
    runtime = client.home.runtime;
    assertEquals(await client.call("greeter", "greet", { name: "Ada" }), "Hello, Ada!");
    const program = await mesh.wake(...fixture());
    woken = program.pid;
    assertEquals([program.name, program.end], ["fixture", null]);
    assertEquals(await pidOf(client, "fixture"), program.pid);
    assert(isAlive(woken));
    // Stopped, it is woken from the entry that it made.
    await mesh.stop("fixture");
    assertEquals((await program.ended).code, 0);
    await client.call("fixture", "echo", { text: "again" });
    woken = (await pidOf(client, "fixture"))!;
    assert(woken !== program.pid && isAlive(woken));
  }
  assertEquals([isAlive(woken), isThere(home), isThere(runtime)], [false, false, false]);
});

meshTest("testing: two meshes know nothing of each other", async () => {
  await using one = await testMesh();
  await using other = await testMesh({ prefix: "neverliie test ü " });
  assert(other.home.includes("neverliie test ü "));
  await one.app("greeter", { greet: () => 1 });
  await other.app("greeter", { greet: () => 2 });
  assertEquals(await (await one.client()).call("greeter", "greet"), 1);
  assertEquals(await (await other.client()).call("greeter", "greet"), 2);
  await one.stop("greeter");
  assertEquals(isServing(await one.client(), "greeter"), false);
  assertEquals(isServing(await other.client(), "greeter"), true);
});

meshTest("testing: a program that cannot start is told of with what it wrote", async () => {
  await using mesh = await testMesh();
  const error = await assertRejects(() => mesh.wake(...fixture("crash")), Error) as Error;
  assertMatch(error.message, /^Cannot wake ".*mesh_app.*": it ended with exit code 7 before /);
  const [, written = ""] = error.message.split(/the end of what process \d+ wrote:\n/);
  // (Which of the two came first, two pipes do not tell.)
  assertEquals(written.replaceAll("\r", "").split("\n").sort(), [
    "  a line on standard error: Grüße",
    "  a line on standard output",
  ]);
});

meshTest("testing: a program that joins nothing is ended, and told of", async () => {
  await using mesh = await testMesh({ timeout: 2_000 });
  const pidFile = join(mesh.home, "pid");
  const error = await assertRejects(() => mesh.wake(...fixture("silent", pidFile)), Error) as Error;
  assertMatch(error.message, /it did not join within 2000 ms, and was ended; the end of what /);
  // (On a machine with much to do it may not have come so far.)
  if (isThere(pidFile)) assertEquals(isAlive(Number(await Deno.readTextFile(pidFile))), false);
});

meshTest("testing: where a program is lost, the error has the end of its log", async () => {
  await using mesh = await testMesh();
  const client = await mesh.client();
  const [program, options] = fixture();
  await mesh.enter("fixture", program, options);
  await client.call("fixture", "write_lines", { from: 1, to: 3 });
  const error = await assertRejects(() => client.call("fixture", "die"), ConnectionLostError);
  assertMatch(error.message, /\nthe end of fixture\.log:\n(.*\n)* {2}line 2 x+\s*$/);
  const lines = client.stream("fixture", "endless");
  await lines.next();
  await client.call("fixture", "write_lines", { from: 4, to: 6 });
  const lost = assertRejects(() => Array.fromAsync(lines), ConnectionLostError);
  await client.call("fixture", "die").catch(() => {});
  assertMatch((await lost).message, /\nthe end of fixture\.log:\n(.*\n)* {2}line 5 x+\s*$/);
});

meshTest(
  "testing: a test that fails by anything shows the logs, and ends all the same",
  async () => {
    let home = "";
    const error = await assertRejects(() =>
      withTestMesh(async (mesh) => {
        home = mesh.home;
        const program = await mesh.wake(...fixture());
        await (await mesh.client()).call("fixture", "write_lines", { from: 1, to: 3 });
        await until(() => /line 2 x+\s*$/.test(program.output));
        assertEquals(1, 2, "the numbers");
      })
    ) as Error;
    assertMatch(error.message, /the numbers/);
    assertMatch(error.message, /the end of what fixture wrote:\n(.*\n)* {2}line 2 x+\s*$/);
    assertEquals(isThere(home), false);
  },
);

meshTest("testing: what a test started and what it left open ends with the mesh", async () => {
  const home = await Deno.makeTempDir({ prefix: "neverliie-test-" });
  const mesh = new TestMesh(await NeverLiieIPC.client({ home }));
  const app = await mesh.app("greeter");
  const [program, options] = fixture();
  const command = [Deno.execPath(), "eval", "setInterval(() => {}, 1_000); console.log('on')"];
  const child = mesh.spawn(command);
  await mesh.enter("fixture", program, options);
  await (await mesh.client()).wake("fixture");
  await mesh.end();
  await app.closed;
  assertEquals([isAlive(child.pid), isThere(home)], [false, false]);
});

meshTest("testing: a call that goes on wakes nobody when its mesh has ended", async () => {
  const mesh = await testMesh();
  const client = await mesh.client();
  const [program, options] = fixture();
  await mesh.enter("fixture", program, options);
  const pids = new Set([await client.call<number>("fixture", "pid")]);
  let over = false;
  const calling = (async () => {
    while (!over) {
      await client.call<number>("fixture", "pid").then((pid) => pids.add(pid), () => {});
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  await mesh.end();
  over = true;
  await calling;
  assertEquals([pids.size, isThere(mesh.home)], [1, false]);
  assertEquals(started(mesh.home), []);
});

meshTest("testing: who is just being started is waited for, and ends with the mesh", async () => {
  const mesh = await testMesh();
  const client = await mesh.client();
  const [program, options] = fixture();
  await mesh.enter("fixture", program, options);
  const called = client.call<number>("fixture", "pid").then(() => {}, () => {});
  const starts = client.home.runtimeFile("fixture", "starts.json");
  await until(() => isThere(starts));
  await mesh.end();
  await called;
  assertEquals([started(mesh.home), isThere(mesh.home)], [[], false]);
});

meshTest("testing: what a killed test left, the next one ends", async (mesh) => {
  const prefix = `neverliie-test-${crypto.randomUUID()}-`;
  const [program, options] = fixture();
  const script = scriptCommand("tests/support/programs/abandoned_mesh.ts");
  const killed = mesh.spawn([...script, prefix, program, JSON.stringify(options)]);
  const { value = "" } = await killed.stdout.pipeThrough(new TextDecoderStream()).getReader()
    .read();
  const [pid, home] = JSON.parse(value) as [number, string];
  // One that is in use is left alone.
  await (await testMesh({ prefix })).end();
  assert(isAlive(pid) && isThere(home));
  killed.kill("SIGKILL");
  await killed.status;
  assert(isAlive(pid));
  await using _next = await testMesh({ prefix });
  assertEquals([isAlive(pid), isThere(home)], [false, false]);
});
