/** `$/watch` and `$/cancelCall`: what runs in an app, seen and ended from outside. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type CallBegan,
  type CallEnded,
  NeverLiieIPC,
  RemoteError,
  type WatchEvent,
} from "../../lib/ipc/mod.ts";
import { meshTest, type TestMesh } from "../support/mesh/mesh.ts";
import { RawClient } from "../support/mesh/raw_client.ts";

/** Reads a watcher's events. */
function watching(mesh: TestMesh, params: Record<string, unknown> = {}, app = "fixture") {
  const events = mesh.ipc.stream<WatchEvent>(app, "$/watch", params);
  return {
    /** The next event of that kind; those before it are passed over. */
    async next<Kind extends WatchEvent["event"]>(
      kind: Kind,
    ): Promise<Extract<WatchEvent, { event: Kind }>> {
      for (;;) {
        const { value, done } = await events.next();
        assert(!done, `no "${kind}" came`);
        if (value.event === kind) return value as Extract<WatchEvent, { event: Kind }>;
      }
    },
    end: () => events.cancel(),
  };
}

meshTest("$/watch tells of calls and streams that run already, and who asked", async (mesh) => {
  await mesh.register();
  const before = Date.now();
  const hanging = assertRejects(() => mesh.ipc.call("fixture", "hang", { id: "h" }), DOMException);
  const stream = mesh.ipc.stream("fixture", "wait_after_one", { id: "s" });
  assertEquals((await stream.next()).value, "one");
  await mesh.ipc.call("fixture", "happened", { event: "h started" });
  const after = Date.now();
  const watcher = watching(mesh, { params: true });
  const { pid } = await watcher.next("watching");
  const found = [await watcher.next("began"), await watcher.next("began")];
  found.sort((a, b) => a.method.localeCompare(b.method));
  const told = ({ method, names, from, running, items, params }: CallBegan) => //
  ({ method, names, from, running, items, params });
  const from = { name: null, pid: Deno.pid };
  const rest = { names: ["id"], from, running: true as const };
  assertEquals(found.map(told), [
    { method: "hang", items: undefined, params: { id: "h" }, ...rest },
    { method: "wait_after_one", items: 1, params: { id: "s" }, ...rest },
  ]);
  // Their handlers use a signal, or stream: so it is known when they began.
  for (const { at } of found) assert(before <= at && at <= after, `${before} ${at} ${after}`);
  // A second watcher is told the same numbers, and how far streams are, as it asks for it.
  const second = watching(mesh, { progress: true });
  const again = [await second.next("began"), await second.next("began")];
  assertEquals(again.map(({ value }) => value).sort(), ["one", undefined]);
  assert(found.every((event) => !("value" in event)));
  assertEquals(again.map(({ call }) => call).sort(), found.map(({ call }) => call).sort());
  await second.end();
  await mesh.ipc.call("fixture", "add", [1, 2]);
  const add = await watcher.next("began");
  assertEquals([add.method, add.names, add.from, add.running], ["add", 2, from, undefined]);
  await stream.cancel();
  const ended = await watcher.next("ended").then(async (first) =>
    first.method === "add" ? await watcher.next("ended") : first
  );
  assertEquals([ended.call, ended.outcome, ended.items], [found[1]!.call, "cancelled", 1]);
  await mesh.ipc.call("fixture", "$/cancelCall", { call: found[0]!.call, pid });
  await hanging;
  await watcher.end();
});

meshTest("$/watch names the app that asked, and nobody for one that says nothing", async (mesh) => {
  await mesh.register();
  await mesh.register({ name: "asker" });
  await mesh.ipc.wake("fixture");
  const watcher = watching(mesh);
  await watcher.next("watching");
  const other = { target: "fixture", method: "pid" };
  const pid = await mesh.ipc.call<number>("asker", "pid");
  await mesh.ipc.call("asker", "call_other", other);
  assertEquals((await watcher.next("began")).from, { name: "asker", pid });
  {
    await using raw = await RawClient.dial(mesh.ipc.home.address("fixture"));
    await raw.send({ jsonrpc: "2.0", id: 1, method: "pid" });
    await raw.receive();
    assertEquals((await watcher.next("began")).from, null);
    // What is no name is not repeated to watchers.
    const params = { name: "\x1b[2J", pid: 5 };
    await raw.send({ jsonrpc: "2.0", id: 2, method: "$/ping", params });
    await raw.receive();
    await raw.send({ jsonrpc: "2.0", id: 3, method: "pid" });
    await raw.receive();
    assertEquals((await watcher.next("began")).from, null);
  }
  await watcher.end();
});

meshTest(
  "$/watch tells of a stream's progress to those who ask, its items if small",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const watcher = watching(mesh, { progress: true });
    await watcher.next("watching");
    const endless = mesh.ipc.stream<number>("fixture", "endless");
    await endless.next();
    const first = await watcher.next("progress");
    assertEquals([first.method, first.value], ["endless", first.items]);
    let read = 1;
    // Read on until more has been told: the producer waits for its reader.
    const reading = (async () => {
      for await (const item of endless) read = item;
    })();
    const later = await watcher.next("progress");
    assert(later.items > first.items && later.value === later.items, JSON.stringify(later));
    assertEquals(later.call, first.call);
    await endless.cancel();
    await reading;
    assert(read > 1);
    const ended = await watcher.next("ended");
    assertEquals([ended.call, ended.outcome], [first.call, "cancelled"]);
    for await (const _ of mesh.ipc.stream("fixture", "large_items", { size: 3_000, to: 5 }));
    // The last of it is told before its end, whatever the interval.
    const large = await watcher.next("progress");
    assertEquals([large.method, large.items, "value" in large], ["large_items", 5, false]);
    await watcher.end();
  },
);

meshTest(
  "$/watch keeps params small, and drops what a slow watcher leaves waiting",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const watcher = watching(mesh, { params: true });
    await watcher.next("watching");
    const data = new Uint8Array(100);
    await mesh.ipc.call("fixture", "echo", { data });
    assertEquals((await watcher.next("began")).params, { data: data.toBase64() });
    const large = "x".repeat(100_000);
    await mesh.ipc.call("fixture", "echo", { large });
    const told = await watcher.next("began");
    assertEquals([told.names, "params" in told], [["large"], false]);
    assert(told.size! >= 100_000 && told.size! < 101_000, String(told.size));
    await mesh.ipc.call("fixture", "x".repeat(10_000)).catch(() => {});
    assertEquals((await watcher.next("began")).method.length, 200);
    await watcher.end();
    // One that reads nothing: a page of its stream is asked for, and no further one.
    await using slow = await RawClient.dial(mesh.ipc.home.address("fixture"));
    const params = { params: true };
    await slow.send({ jsonrpc: "2.0", id: 1, method: "$/watch", params });
    const token = (await slow.receive())!.result.token;
    const text = "y".repeat(15_000);
    const calls = 500;
    for (let i = 0; i < calls; i++) await mesh.ipc.call("fixture", "echo", { text });
    let began = 0;
    let bytes = 0;
    let dropped = 0;
    for (let id = 2; dropped === 0; id++) {
      await slow.send({ jsonrpc: "2.0", id, method: "$/enumerator/next", params: { token } });
      const { values } = (await slow.receive())!.result as { values: WatchEvent[] };
      for (const event of values) {
        if (event.event === "began") began++;
        if (event.event === "dropped") dropped += event.count;
      }
      bytes += JSON.stringify(values).length;
    }
    // 4 MiB wait for the watcher, and 1 MiB on the way to it; all would have been 7.5 MB.
    assert(began > 250 && began < calls, String(began));
    assert(bytes < 6 << 20, String(bytes));
  },
);

meshTest(
  "$/cancelCall ends a call for its caller and its handler, and that one alone",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    await using caller = await NeverLiieIPC.client({ home: mesh.home });
    const hang = (id: string) => caller.call("fixture", "hang", { id }, { timeout: 50_000 });
    const [one, two] = [hang("one"), hang("two")].map((call) => call.catch((error) => error));
    await mesh.ipc.call("fixture", "happened", { event: "two started" });
    const watcher = watching(mesh, { params: true });
    const { pid } = await watcher.next("watching");
    const found = [await watcher.next("began"), await watcher.next("began")];
    const numberOf = (id: string) =>
      found.find(({ params }) => (params as { id: string }).id === id)!.call;
    const cancel = (params: Record<string, unknown>) =>
      mesh.ipc.call("fixture", "$/cancelCall", params);
    // Another process's call, and one that there is not.
    assertEquals(await cancel({ call: numberOf("one"), pid: pid + 1 }), { cancelled: false });
    assertEquals(await cancel({ call: 99_999 }), { cancelled: false });
    const wrong = await assertRejects(() => cancel({ call: "one" }), RemoteError);
    assertEquals(wrong.code, -32602);
    assertEquals(await cancel({ call: numberOf("one"), pid }), { cancelled: true });
    const error = await one as DOMException;
    assertEquals(error.name, "AbortError");
    assertStringIncludes(error.message, `"hang" was cancelled from outside by a client (process `);
    assertEquals(await mesh.ipc.call("fixture", "happened", { event: "one aborted" }), 1);
    const ended = await watcher.next("ended") as CallEnded;
    assertEquals([ended.call, ended.outcome], [numberOf("one"), "cancelled"]);
    assertEquals(await cancel({ call: numberOf("one"), pid }), { cancelled: false });
    // To the command it is an error of the app, not a Ctrl-C.
    const command = mesh.neverliie("call", "fixture", "hang", '{"id": "three"}');
    const { call } = await watcher.next("began").then(async (first) =>
      first.method === "hang" ? first : await watcher.next("began")
    );
    await cancel({ call });
    const { code, stderr } = await command;
    assertEquals(code, 1);
    assertStringIncludes(stderr, 'neverliie: "hang" was cancelled from outside');
    // The numbers hold when nobody watches any more.
    await watcher.end();
    assertEquals(await cancel({ call: numberOf("two") }), { cancelled: true });
    assertEquals((await two as DOMException).name, "AbortError");
  },
);

meshTest("$/cancelCall ends a stream by an error, not as if that were all of it", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const watcher = watching(mesh);
  const cancelled = async (method: string, params: Record<string, unknown>, read: number) => {
    const stream = mesh.ipc.stream("fixture", method, params);
    for (let i = 0; i < read; i++) await stream.next();
    let began = await watcher.next("began");
    while (began.method !== method) began = await watcher.next("began");
    const { call } = began;
    const result = await mesh.ipc.call("fixture", "$/cancelCall", { call });
    assertEquals(result, { cancelled: true });
    const error = await assertRejects(async () => {
      for await (const _ of stream);
    }, DOMException);
    assertEquals(error.name, "AbortError");
    assertStringIncludes(error.message, "from outside");
    let ended = await watcher.next("ended");
    while (ended.call !== call) ended = await watcher.next("ended");
    assertEquals(ended.outcome, "cancelled");
  };
  // One whose reader waits for more, and one whose items wait for their reader.
  await cancelled("wait_after_one", { id: "waits" }, 1);
  assertEquals(await mesh.ipc.call("fixture", "happened", { event: "waits ended" }), 1);
  await cancelled("endless", {}, 1);
  await watcher.end();
  // In a thread, too.
  const compute = assertRejects(
    () => mesh.ipc.call("fixture", "compute", { rounds: -1 }, { timeout: 50_000 }),
    DOMException,
  );
  const thread = watching(mesh);
  const { call } = await thread.next("began");
  await mesh.ipc.call("fixture", "$/cancelCall", { call });
  assertEquals((await compute).name, "AbortError");
  await thread.end();
});

meshTest("a called app may neither watch its caller nor cancel there", async (mesh) => {
  await mesh.register();
  for (const method of ["$/watch", "$/cancelCall"]) {
    const params = { method, params: { call: 1 } };
    const error = await assertRejects(() => mesh.ipc.call("fixture", "call_back", params));
    assertStringIncludes((error as Error).message, `no method "${method}"`);
  }
});
