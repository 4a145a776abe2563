/** Topics between processes: values, apps that are killed, asleep and away, and slow subscribers. */

import { assertEquals, assertRejects } from "@std/assert";
import {
  type AppDescription,
  MethodNotFoundError,
  pidOf,
  type Subscription,
  TargetUnknownError,
  type TopicEvent,
  TopicGap,
} from "../../lib/ipc/mod.ts";
import { RawClient } from "../support/mesh/raw_client.ts";
import {
  gone,
  kill,
  meshTest,
  MODE,
  scriptCommand,
  type TestMesh,
  until,
} from "../support/mesh/mesh.ts";

const levelSchema = {
  type: "object",
  properties: { level: { type: "number" } },
  required: ["level"],
};

const emit = (mesh: TestMesh, topic: string, ...values: unknown[]) =>
  mesh.ipc.call<number>("fixture", "emit", { topic, values });

async function next<T>(subscription: Subscription<T>): Promise<T> {
  const { value, done } = await subscription.next();
  if (done) throw new Error("the subscription has ended");
  return value;
}

meshTest("topic: each subscriber gets all values in order, a new one the latest", async (mesh) => {
  await mesh.register();
  assertEquals(await emit(mesh, "news", "first"), 0);
  const listening = Array.from({ length: 3 }, () => mesh.ipc.subscribe<unknown>("fixture", "news"));
  await Promise.all(listening.map(({ ready }) => ready));
  const values = Array.from({ length: 500 }, (_, n) => ({ n }));
  assertEquals(await emit(mesh, "news", ...values, Uint8Array.of(1, 2)), 3);
  for (const subscription of listening) {
    for (const value of ["first", ...values, Uint8Array.of(1, 2)]) {
      assertEquals(await next(subscription), value);
    }
    subscription.cancel();
  }
  await until(async () => await emit(mesh, "news", "unheard") === 0);
  for await (const value of mesh.ipc.subscribe("fixture", "news")) {
    assertEquals(value, "unheard");
    break;
  }
});

meshTest(
  "a subscription waits for a sleeping app, and outlives one that is killed",
  async (mesh) => {
    // Nobody knows the app yet.
    await using plain = mesh.ipc.subscribe<string>("fixture", "news");
    await using told = mesh.ipc.subscribe<string | TopicGap>("fixture", "news", { gaps: true });
    await mesh.register();
    let pid = await mesh.ipc.call<number>("fixture", "pid");
    await Promise.all([plain.ready, told.ready]);
    await emit(mesh, "news", "first");
    assertEquals([await next(plain), await next(told)], ["first", "first"]);
    for (const value of ["second", "third"]) {
      kill(pid);
      await gone(pid);
      await until(async () => await pidOf(mesh.ipc, "fixture") !== pid);
      pid = await mesh.ipc.call<number>("fixture", "pid");
      assertEquals(await next(told), new TopicGap("restarted"));
      await emit(mesh, "news", value);
      assertEquals([await next(plain), await next(told)], [value, value]);
    }
  },
);

// Of the library alone: once on each system is enough.
if (MODE === "script") {
  meshTest("a subscription that waits keeps its program running", async (mesh) => {
    const client = await mesh.serve(scriptCommand("tests/support/programs/listening_client.ts"));
    await mesh.register();
    await emit(mesh, "news", "at last");
    const { code, stdout } = await client.ended;
    assertEquals([code, stdout.replaceAll("\r", "")], [0, "listening\nat last\n"]);
  });
}

meshTest("a subscription wakes its app where it is told to", async (mesh) => {
  await assertRejects(
    () => mesh.ipc.subscribe("fixture", "news", { activate: true }).next(),
    TargetUnknownError,
  );
  await mesh.register();
  await using subscription = mesh.ipc.subscribe<string>("fixture", "news", { activate: true });
  await subscription.ready;
  const pid = await mesh.answering();
  await mesh.stop("fixture", pid);
  // Whoever brings it back, brings it back for all.
  const again = await mesh.ipc.call<number>("fixture", "pid");
  assertEquals(again === pid, false);
  await until(async () => await emit(mesh, "news", "back") === 1);
  assertEquals(await next(subscription), "back");
});

meshTest(
  "a topic that there is not ends the subscription, and $/describe tells all",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    await assertRejects(
      () => mesh.ipc.subscribe("fixture", "gossip").next(),
      MethodNotFoundError,
      '"fixture" has no topic "gossip"',
    );
    const { topics } = await mesh.ipc.call<AppDescription>("fixture", "$/describe");
    assertEquals(topics, [
      { name: "news", retain: true, description: "what is new" },
      { name: "ticks" },
      { name: "level", description: "how full it is", schemas: { item: levelSchema } },
    ]);
  },
);

meshTest("a subscriber that reads nothing costs its app nothing but its queue", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  await using slow = mesh.ipc.subscribe<number>("fixture", "ticks", { queue: 10 });
  await using latest = mesh.ipc.subscribe<number>("fixture", "ticks", { overflow: "latest" });
  await Promise.all([slow.ready, latest.ready]);
  for (let from = 0; from < 5_000; from += 500) {
    const values = Array.from({ length: 500 }, (_, i) => from + i);
    assertEquals(await emit(mesh, "ticks", ...values), 2);
  }
  await until(() => slow.dropped + latest.dropped === 4_990 + 4_999);
  assertEquals(await next(latest), 4_999);
  for (let n = 4_990; n < 5_000; n++) assertEquals(await next(slow), n);
});

meshTest(
  "a subscriber that asks for no page has a few MiB waiting, and is told of the rest",
  async (mesh) => {
    await mesh.register();
    await mesh.ipc.wake("fixture");
    await using raw = await RawClient.dial(mesh.ipc.home.address("fixture"));
    const request = (id: number, method: string, params: object) =>
      raw.send({ jsonrpc: "2.0", id, method, params });
    await request(1, "$/subscribe", { topic: "ticks" });
    const opened = (await raw.receive())!.result;
    assertEquals(opened.values.map(({ event }: TopicEvent) => event), ["subscribed"]);
    for (let n = 1; n <= 40; n++) {
      assertEquals(await emit(mesh, "ticks", { n, text: "x".repeat(1 << 20) }), 1);
    }
    const numbers: number[] = [];
    let dropped = 0;
    for (let id = 2; numbers.at(-1) !== 40; id++) {
      await request(id, "$/enumerator/next", { token: opened.token });
      for (const told of (await raw.receive())!.result.values as TopicEvent[]) {
        if (told.event === "value") numbers.push((told.value as { n: number }).n);
        else if (told.event === "dropped") dropped += told.count;
      }
    }
    // The newest waited.
    assertEquals(numbers, [37, 38, 39, 40].slice(-numbers.length));
    assertEquals(dropped, 40 - numbers.length);
  },
);
