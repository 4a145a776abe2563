/** Calls between processes over the system's real pipes or sockets. */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ConnectionLostError, MethodNotFoundError, RemoteError } from "../../lib/ipc/mod.ts";
import { meshTest } from "../support/mesh/mesh.ts";

meshTest("call wakes a sleeping app and brings its answer", async (mesh) => {
  await mesh.register();
  assertEquals(await mesh.ipc.call("fixture", "echo", { text: "Grüße ☃ 𝄞" }), {
    text: "Grüße ☃ 𝄞",
  });
  assertEquals(await mesh.ipc.call("fixture", "add", { a: 1, b: 2 }), 3);
});

meshTest("call passes parameters by name and by position", async (mesh) => {
  await mesh.register();
  assertEquals(await mesh.ipc.call("fixture", "add", [3, 4]), 7);
  assertEquals(await mesh.ipc.call("fixture", "echo", [1, "two"]), [1, "two"]);
  assertEquals(await mesh.ipc.call("fixture", "echo"), {});
  assertEquals(await mesh.ipc.call("fixture", "echo", { timeout: 1, signal: null }), {
    timeout: 1,
    signal: null,
  });
  const error = await assertRejects(() => mesh.ipc.call("fixture", "add", [1, 2, 3]), RemoteError);
  assertEquals(error.code, -32602);
});

meshTest("call: many in flight, a slow one holds up nobody", async (mesh) => {
  await mesh.register();
  const controller = new AbortController();
  const slow = mesh.ipc.call("fixture", "hang", { id: "slow" }, { signal: controller.signal });
  const refused = assertRejects(() => slow, DOMException);
  await mesh.ipc.call("fixture", "happened", { event: "slow started" });
  const numbers = Array.from({ length: 2_000 }, (_, i) => i);
  const sums = await Promise.all(numbers.map((i) => mesh.ipc.call("fixture", "add", [i, 1])));
  assertEquals(sums, numbers.map((i) => i + 1));
  controller.abort();
  await refused;
  assertEquals(await mesh.ipc.call("fixture", "happened", { event: "slow aborted" }), 1);
});

meshTest(
  "calls that wait for a connection arrive in the order in which they were made",
  async (mesh) => {
    await mesh.register();
    const { signal } = new AbortController();
    const ways = [{ signal }, {}, { startTimeout: 60_000 }, { signal, timeout: 60_000 }];
    // The app answers "ordered" by how many of them came before.
    const calls = Array.from(
      { length: 40 },
      (_, i) => mesh.ipc.call("fixture", "ordered", {}, ways[i % ways.length]),
    );
    assertEquals(await Promise.all(calls), Array.from({ length: 40 }, (_, i) => i));
  },
);

meshTest("call of 4 MiB arrives whole", async (mesh) => {
  await mesh.register();
  const text = "0123456789ä".repeat(400_000);
  assertEquals(await mesh.ipc.call("fixture", "echo", { text }, { timeout: 60_000 }), { text });
});

meshTest("call rejects with the handler's message, code and data, not its stack", async (
  mesh,
) => {
  await mesh.register();
  const error = await assertRejects(
    () => mesh.ipc.call("fixture", "fail", { code: 42, data: { path: ["a"] } }),
    RemoteError,
    "it failed: Grüße",
  );
  assertEquals([error.code, error.data], [42, { path: ["a"] }]);
  assert(!error.stack?.includes("mesh_app"), error.stack);
  const plain = await assertRejects(() => mesh.ipc.call("fixture", "fail"), RemoteError);
  assertEquals([plain.code, plain.data], [-32603, undefined]);
  const unsendable = await assertRejects(() => mesh.ipc.call("fixture", "unsendable"), RemoteError);
  assertStringIncludes(unsendable.message, "JSON");
});

meshTest("call and stream reject alike where there is no such method", async (mesh) => {
  await mesh.register();
  await assertRejects(() => mesh.ipc.call("fixture", "nope"), MethodNotFoundError, '"nope"');
  await assertRejects(
    () => mesh.ipc.stream("fixture", "nope").next(),
    MethodNotFoundError,
    '"nope"',
  );
});

meshTest("call times out and the handler's signal fires", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  await assertRejects(
    () => mesh.ipc.call("fixture", "hang", { id: "late" }, { timeout: 100 }),
    Deno.errors.TimedOut,
    "100 ms",
  );
  assertEquals(await mesh.ipc.call("fixture", "happened", { event: "late aborted" }), 1);
});

meshTest("call rejects with the reason of its signal, before and while waiting", async (
  mesh,
) => {
  await mesh.register();
  const reason = new Error("no longer wanted");
  const aborted = AbortSignal.abort(reason);
  assertEquals(
    await mesh.ipc.call("fixture", "pid", {}, { signal: aborted }).catch((error) => error),
    reason,
  );
  await mesh.ipc.wake("fixture");
  const controller = new AbortController();
  const call = mesh.ipc.call("fixture", "hang", { id: "x" }, { signal: controller.signal });
  const settled = call.catch((error) => error);
  await mesh.ipc.call("fixture", "happened", { event: "x started" });
  controller.abort(reason);
  assertEquals(await settled, reason);
  assertEquals(await mesh.ipc.call("fixture", "happened", { event: "x aborted" }), 1);
});

meshTest("connect gives a typed proxy for calls and streams", async (mesh) => {
  await mesh.register();
  interface Fixture {
    add(params: { a: number; b: number }): Promise<number>;
    count(params: { to: number }): AsyncIterable<number>;
  }
  const fixture = mesh.ipc.connect<Fixture>("fixture");
  assertEquals(await fixture.add({ a: 20, b: 22 }), 42);
  const items: number[] = [];
  for await (const item of fixture.count({ to: 5 })) items.push(item);
  assertEquals(items, [0, 1, 2, 3, 4]);
});

meshTest("apps call each other, and a peer may be called back", async (mesh) => {
  await mesh.register();
  await mesh.register({ name: "other" });
  const answer = await mesh.ipc.call("fixture", "call_other", {
    target: "other",
    method: "add",
    params: { a: 2, b: 3 },
  }, { timeout: 60_000 });
  assertEquals(answer, 5);
  const error = await mesh.ipc.call("fixture", "call_other", { target: "other", method: "nope" })
    .catch((thrown) => thrown);
  assertInstanceOf(error, MethodNotFoundError);
});

meshTest("a call rejects when its target dies, and the next one starts it anew", async (
  mesh,
) => {
  await mesh.register();
  const first = await mesh.ipc.call("fixture", "pid");
  await assertRejects(() => mesh.ipc.call("fixture", "die"), ConnectionLostError);
  const second = await mesh.ipc.call("fixture", "pid");
  assert(first !== second);
});

meshTest("describe tells methods, kinds, versions and the launch command", async (
  mesh,
) => {
  await mesh.register();
  const about = await mesh.ipc.call<Record<string, unknown>>("fixture", "$/describe");
  assertEquals([about.name, about.version, about.protocol], ["fixture", "1.2.3", 1]);
  const methods = about.methods as { name: string; kind: string; params?: string[] }[];
  assertEquals(methods.find(({ name }) => name === "add")?.params, ["a", "b"]);
  assertEquals(methods.find(({ name }) => name === "count")?.kind, "stream");
  assertEquals(methods.find(({ name }) => name === "echo")?.kind, "call");
  assertEquals(about.pid, await mesh.ipc.call("fixture", "pid"));
});
