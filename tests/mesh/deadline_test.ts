/** The time of a call and what it is made for, through several processes. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { meshTest, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";
import { RawClient } from "../support/mesh/raw_client.ts";

interface Context {
  attempt: number;
  /** Milliseconds; `null` where there is no end. */
  left: number | null;
  trace: { traceparent?: string; tracestate?: string };
}

const ROW = ["one", "two", "three", "four"];

/** Starts apps, whose starts would take of the time of who calls them. */
async function start(mesh: TestMesh, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mesh.register({ name });
    await mesh.ipc.wake(name, { timeout: 30_000 });
  }
}

meshTest(
  "deadline: cancelling the first caller ends the last of four apps at once",
  async (mesh) => {
    await start(mesh, ROW);
    const controller = new AbortController();
    const params = { to: ROW.slice(1), method: "hang", params: { id: "last" } };
    const { signal } = controller;
    const call = mesh.ipc.call("one", "relay", params, { signal, timeout: 600_000 });
    const ended = assertRejects(() => call, Error, "enough");
    await mesh.ipc.call("four", "happened", { event: "last started" });
    controller.abort(new Error("enough"));
    await ended;
    // (Nothing else would end it before the test's own time is over.)
    assertEquals(await mesh.ipc.call("four", "happened", { event: "last: AbortError" }), 1);
  },
);

meshTest("deadline: what is left is handed on through four apps, less at each", async (mesh) => {
  await start(mesh, ROW);
  const relayed = (timeout: number) =>
    mesh.ipc.call<Context>("one", "relay", { to: ROW.slice(1), method: "context" }, { timeout });
  const { left } = await relayed(600_000);
  assert(left! > 500_000 && left! <= 600_000, `${left} ms`);
  // A caller without a limit leaves each hop its five seconds.
  const { left: usual } = await relayed(Infinity);
  assert(usual! > 0 && usual! <= 5_000, `${usual} ms`);
  const late = mesh.ipc.call("one", "relay", {
    to: ROW.slice(1),
    method: "hang",
    params: { id: "late" },
  }, { timeout: 2_000 });
  await assertRejects(() => late, Deno.errors.TimedOut, "no answer in 2000 ms");
  assertEquals(await mesh.ipc.call("four", "happened", { event: "late aborted" }), 1);
});

meshTest("deadline: a stream has it until its first item, and a thread has it", async (mesh) => {
  await start(mesh, ["one", "two"]);
  const items = await Array.fromAsync(
    mesh.ipc.stream<Context>("one", "context_each", { to: 2 }, { timeout: 600_000 }),
  );
  assert(items[0]!.left! > 500_000 && items[0]!.left! <= 600_000, `${items[0]!.left} ms`);
  assertEquals(items[1]!.left, null);
  const options = { timeout: 600_000 };
  const inThread = () =>
    mesh.ipc.call<Context>("one", "context_in_thread", { target: "two" }, options);
  // The second has a thread that is there already.
  for (const { left } of [await inThread(), await inThread()]) {
    assert(left! > 500_000 && left! <= 600_000, `${left} ms`);
  }
});

meshTest("deadline: a handler ends by it where its caller says nothing more", async (mesh) => {
  await start(mesh, ["one", "two"]);
  await using frozen = await RawClient.dial(mesh.ipc.home.address("one"));
  const hang = { jsonrpc: "2.0", id: 1, method: "hang", params: { id: "frozen" }, timeout: 300 };
  await frozen.send(hang);
  const { id, error } = (await frozen.receive())!;
  const message = 'Cannot call "hang": no answer in 300 ms';
  assertEquals([id, error], [1, { code: -32006, message }]);
  assertEquals(await mesh.ipc.call("one", "happened", { event: "frozen: TimeoutError" }), 1);
  // On to the next app, with the trace, though nobody here knows of traces.
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const params = { to: ["two"], method: "context" };
  const more = { traceparent, tracestate: "a=b", timeout: 600_000, other: 1 };
  await frozen.send({ jsonrpc: "2.0", id: 2, method: "relay", params, ...more });
  const { left, trace }: Context = (await frozen.receive())!.result;
  assert(left! > 500_000 && left! <= 600_000, `${left} ms`);
  assertEquals(trace, { traceparent, tracestate: "a=b" });
});

meshTest(
  "versions: an older peer on either side knows of no deadline, and goes on",
  async (mesh) => {
    await start(mesh, ["one"]);
    await using older = await RawClient.dial(mesh.ipc.home.address("one"));
    // What is no time is none.
    const odd = [{}, { timeout: null }, { timeout: "5" }, { timeout: -1 }, { timeout: {} }];
    for (const [id, more] of odd.entries()) {
      await older.send({ jsonrpc: "2.0", id, method: "context", params: {}, ...more });
      const { result } = (await older.receive())!;
      assertEquals(result, { attempt: 1, left: null, trace: {} }, JSON.stringify(more));
    }
    await mesh.register({ name: "old", args: ["--protocol", "1"] });
    assertEquals(await mesh.ipc.call("old", "anything", {}, { timeout: 7_000 }), null);
    assertEquals(await mesh.ipc.call("old", "anything", {}, { timeout: Infinity }), null);
    const { asked, pid } = await mesh.ipc.call<
      { pid: number; asked: { method: string; timeout?: number }[] }
    >("old", "$/ping");
    const times = asked.filter(({ method }) => method === "anything").map(({ timeout }) => timeout);
    assert(times[0]! > 6_000 && times[0]! <= 7_000, `${times[0]} ms`);
    assertEquals(times[1], undefined);
    await mesh.stop("old", pid);
  },
);

// Wine and Windows have no signal for it; a caller that says nothing more stands for it there.
if (!WINDOWS) {
  meshTest("deadline: what a frozen app has asked for ends in time", async (mesh) => {
    await start(mesh, ["one", "two"]);
    const pid = await mesh.ipc.call<number>("one", "pid");
    const params = { to: ["two"], method: "hang", params: { id: "asked" } };
    const call = mesh.ipc.call("one", "relay", params, { timeout: 2_000 });
    const late = assertRejects(() => call, Deno.errors.TimedOut);
    await mesh.ipc.call("two", "happened", { event: "asked started" });
    Deno.kill(pid, "SIGSTOP");
    try {
      assertEquals(await mesh.ipc.call("two", "happened", { event: "asked: TimeoutError" }), 1);
      await late;
    } finally {
      Deno.kill(pid, "SIGCONT");
    }
  });
}
