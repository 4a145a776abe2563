/** Streams between processes: order, flow, and every way to end one. */

import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { RemoteError } from "../../lib/ipc/mod.ts";
import { fixtureCommand, gone, kill, meshTest, MODE, type TestMesh } from "../support/mesh/mesh.ts";

async function first(mesh: TestMesh, id: string, options = {}) {
  const stream = mesh.ipc.stream<string>("fixture", "wait_after_one", { id }, options);
  assertEquals(await stream.next(), { value: "one", done: false });
  return stream;
}

/** Both the signal fired in the middle of the handler's await, and its `finally` ran. */
async function assertHandlerEnded(mesh: TestMesh, id: string) {
  assertEquals(await mesh.ipc.call("fixture", "happened", { event: `${id} aborted` }), 1);
  assertEquals(await mesh.ipc.call("fixture", "happened", { event: `${id} ended` }), 1);
}

meshTest("stream brings 20,000 items in order", async (mesh) => {
  await mesh.register();
  let expected = 0;
  for await (const item of mesh.ipc.stream<number>("fixture", "count", { to: 20_000 })) {
    assertEquals(item, expected++);
  }
  assertEquals(expected, 20_000);
});

meshTest("stream of nothing ends, and a handler's error comes after its items", async (mesh) => {
  await mesh.register();
  assertEquals(await Array.fromAsync(mesh.ipc.stream("fixture", "count", { to: 0 })), []);
  const items: unknown[] = [];
  await assertRejects(
    async () => {
      const params = { to: 1_000, fail: "broken at the end" };
      for await (const item of mesh.ipc.stream("fixture", "count", params)) items.push(item);
    },
    RemoteError,
    "broken at the end",
  );
  assertEquals(items.length, 1_000);
});

meshTest("stream of a plain method yields its one result", async (mesh) => {
  await mesh.register();
  assertEquals(await Array.fromAsync(mesh.ipc.stream("fixture", "add", [1, 2])), [3]);
});

meshTest("call of a streaming method rejects and says to use stream()", async (mesh) => {
  await mesh.register();
  await assertRejects(() => mesh.ipc.call("fixture", "count", { to: 3 }), TypeError, "stream()");
  await assertRejects(
    () => mesh.ipc.call("fixture", "wait_after_one", { id: "called" }),
    TypeError,
    "stream()",
  );
  await assertHandlerEnded(mesh, "called");
});

meshTest("break ends the handler at once, in the middle of its await", async (mesh) => {
  await mesh.register();
  for await (const _ of mesh.ipc.stream("fixture", "wait_after_one", { id: "b" })) break;
  await assertHandlerEnded(mesh, "b");
});

meshTest("IPCStream.cancel ends the handler and the iteration", async (mesh) => {
  await mesh.register();
  const stream = await first(mesh, "c");
  const pending = stream.next();
  stream.cancel();
  assertEquals(await pending, { value: undefined, done: true });
  await assertHandlerEnded(mesh, "c");
});

meshTest("a stream's signal ends the handler and rejects with its reason", async (mesh) => {
  await mesh.register();
  const controller = new AbortController();
  const stream = await first(mesh, "s", { signal: controller.signal });
  const reason = new Error("no longer wanted");
  const pending = stream.next().catch((error) => error);
  controller.abort(reason);
  assertEquals(await pending, reason);
  await assertHandlerEnded(mesh, "s");
});

meshTest("a caller that is killed ends its handlers", async (mesh) => {
  await mesh.register();
  await mesh.register({ name: "caller" });
  // The caller waits for a stream and for a call of the fixture when it is killed.
  const pid = await mesh.ipc.call<number>("caller", "pid");
  const lost = assertRejects(() =>
    mesh.ipc.call("caller", "call_other", {
      target: "fixture",
      method: "hang",
      params: { id: "orphan" },
    }, { timeout: 60_000 })
  );
  await mesh.ipc.call("fixture", "happened", { event: "orphan started" });
  kill(pid);
  await lost;
  await gone(pid);
  assertEquals(await mesh.ipc.call("fixture", "happened", { event: "orphan aborted" }), 1);
});

meshTest("stream waits for its first item no longer than the timeout", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const stream = mesh.ipc.stream("fixture", "hang", { id: "first" }, { timeout: 100 });
  await assertRejects(() => stream.next(), Deno.errors.TimedOut, "100 ms");
  assertEquals(await mesh.ipc.call("fixture", "happened", { event: "first aborted" }), 1);
});

meshTest("stream waits for further items for ever, unless asked", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const patient = await first(mesh, "patient", { timeout: 50 });
  const impatient = await first(mesh, "impatient", { itemTimeout: 200 });
  const waiting = patient.next();
  // By the time the second stream has run out of time, the first has waited as long.
  await assertRejects(() => impatient.next(), Deno.errors.TimedOut, "200 ms");
  await assertHandlerEnded(mesh, "impatient");
  patient.cancel();
  assertEquals(await waiting, { value: undefined, done: true });
});

meshTest("a producer pauses while nobody reads", async (mesh) => {
  await mesh.register();
  const stream = mesh.ipc.stream<number>("fixture", "endless");
  await stream.next();
  // Settled: the same figure twice, with calls answered in between.
  let before = -1;
  let produced = 0;
  while (produced !== before) {
    before = produced;
    for (let i = 0; i < 200; i++) produced = await mesh.ipc.call<number>("fixture", "produced");
  }
  assert(produced > 0);
  assertLess(produced, 2_000);
  stream.cancel();
});

meshTest("streams end with an error when their host dies", async (mesh) => {
  await mesh.register();
  const stream = await first(mesh, "dying");
  const pending = stream.next().catch((error) => error);
  kill(await mesh.ipc.call<number>("fixture", "pid"));
  assertEquals((await pending).name, "ConnectionLostError");
});

meshTest("a handler in a thread computes while everything else answers; cancel ends it", async (
  mesh,
) => {
  await mesh.register();
  for (const stubborn of [false, true]) {
    const controller = new AbortController();
    const endless: Promise<Error> = mesh.ipc.call<Error>(
      "fixture",
      "compute",
      { rounds: -1, stubborn },
      { signal: controller.signal, timeout: 60_000 },
    ).catch((error) => error);
    for (let i = 0; i < 50; i++) assertEquals(await mesh.ipc.call("fixture", "add", [i, 1]), i + 1);
    controller.abort();
    assertEquals((await endless).name, "AbortError");
    const sum = await mesh.ipc.call("fixture", "compute", { rounds: 1_000 }, { timeout: 60_000 });
    assertEquals(typeof sum, "number");
  }
  // A thread that never looks at its signal goes on in this Deno, but does not keep its process.
});

meshTest("a handler in a thread streams, fails and is cancelled", async (mesh) => {
  await mesh.register();
  const options = { timeout: 60_000 };
  const steps = (rounds: number) =>
    mesh.ipc.stream<number>("fixture", "compute_steps", { rounds, steps: true }, options);
  assertEquals((await Array.fromAsync(steps(2_000))).length, 2_000);
  for await (const _ of steps(1_000_000)) break;
  const error = await assertRejects(
    () => mesh.ipc.call("fixture", "compute", { fail: "no sum" }, options),
    RemoteError,
    "no sum",
  );
  assertEquals(error.code, 17);
  await assertRejects(() => mesh.ipc.call("fixture", "no_module", {}, options), RemoteError);
  assertEquals((await Array.fromAsync(steps(3))).length, 3);
});

meshTest(`the fixture runs as a ${MODE}`, async (mesh) => {
  await mesh.register();
  const about = await mesh.ipc.call<{ standalone?: boolean; execPath: string }>("fixture", "about");
  assertEquals(about.standalone === true, MODE === "binary");
  assertEquals(about.execPath, fixtureCommand()[0]!);
});

meshTest("items of 300 KB, a slow reader: the session and its other calls go on", async (mesh) => {
  await mesh.register();
  const stream = mesh.ipc.stream<string>("fixture", "large_items", { size: 300_000, to: 400 });
  assertEquals((await stream.next()).value?.length, 300_000);
  // Long enough for the producer to run as far ahead as it may.
  for (let i = 0; i < 500; i++) await mesh.ipc.call("fixture", "add", [i, 1]);
  let count = 1;
  for await (const item of stream) {
    assertEquals(item.length, 300_000);
    if (++count % 100 === 0) {
      assertEquals(await mesh.ipc.call("fixture", "add", [count, 1]), count + 1);
    }
  }
  assertEquals(count, 400);
});
