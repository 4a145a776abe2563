/** Topics over sessions in memory: who gets what, in which order, and what it costs. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { StandardSchema } from "../../../lib/ipc/methods/contract.ts";
import { Topics } from "../../../lib/ipc/topics/topics.ts";
import { MethodNotFoundError } from "../../../lib/ipc/wire/errors.ts";
import { facingRaw, turn } from "../../support/session/unit_session.ts";
import { take, TopicApp } from "../../support/unit/topic_app.ts";

Deno.test("Topic: whoever listens gets what is emitted from then on, in order", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<number>("app", "ticks", {});
  topic.emit(0);
  const [one, two] = [app.subscribe<number>("ticks"), app.subscribe<number>("ticks")];
  await Promise.all([one.ready, two.ready]);
  assertEquals([topic.subscribers, topic.value], [2, undefined]);
  for (let i = 1; i <= 900; i++) topic.emit(i);
  const all = Array.from({ length: 900 }, (_, i) => i + 1);
  assertEquals([await take(one, 900), await take(two, 900)], [all, all]);
  one.cancel();
  assertEquals(await one.next(), { value: undefined, done: true });
  await turn();
  assertEquals(topic.subscribers, 1);
  topic.emit(901);
  for await (const value of two) {
    assertEquals(value, 901);
    break;
  }
  await turn();
  assertEquals(topic.subscribers, 0);
});

Deno.test("Topic with retain: a new subscriber first gets the latest value", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<{ n: number }>("app", "state", { retain: true });
  await using early = app.subscribe<{ n: number }>("state");
  await early.ready;
  for (let n = 1; n <= 3; n++) topic.emit({ n });
  await using late = app.subscribe<{ n: number }>("state");
  await late.ready;
  topic.emit({ n: 4 });
  assertEquals((await take(early, 4)).map(({ n }) => n), [1, 2, 3, 4]);
  assertEquals((await take(late, 2)).map(({ n }) => n), [3, 4]);
  assertEquals(topic.value, { n: 4 });
});

Deno.test("Topic.emit makes an item's JSON once for all, and none where nobody listens", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open("app", "counted", {});
  let made = 0;
  const value = { toJSON: () => ++made };
  for (let i = 0; i < 1_000; i++) topic.emit(value);
  assertEquals(made, 0);
  const listening = Array.from({ length: 50 }, () => app.subscribe<number>("counted"));
  await Promise.all(listening.map(({ ready }) => ready));
  topic.emit(value);
  for (const subscription of listening) assertEquals(await take(subscription, 1), [1]);
  assertEquals(made, 1);
  for (const subscription of listening) subscription.cancel();
});

Deno.test("Topic.emit sends a value as it is now, its bytes too", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open("app", "frames", { retain: true });
  const textual = app.subscribe("frames");
  await textual.ready;
  await app.greet();
  const binary = app.subscribe("frames");
  await binary.ready;
  const frame = { data: Uint8Array.of(1, 2, 3), name: "first" };
  topic.emit(frame);
  topic.emit(undefined);
  frame.data[0] = 9;
  frame.name = "second";
  for (const subscription of [textual, binary]) {
    assertEquals(await take(subscription, 2), [
      { data: Uint8Array.of(1, 2, 3), name: "first" },
      null,
    ]);
    subscription.cancel();
  }
  const { peer, session } = facingRaw({
    "$/subscribe": (request) => app.topics.subscribe(request, "app"),
  });
  topic.emit(frame);
  await peer.send({ jsonrpc: "2.0", id: 1, method: "$/subscribe", params: ["frames"] });
  const events = [...(await peer.receive()).result.values];
  while (events.length < 2) {
    await peer.send({ jsonrpc: "2.0", id: 2, method: "$/enumerator/next", params: { token: 1 } });
    events.push(...(await peer.receive()).result.values);
  }
  assertEquals(events, [
    { event: "subscribed", pid: Deno.pid },
    { event: "value", value: { data: "CQID", name: "second" } },
  ]);
  await session.close();
  await peer[Symbol.asyncDispose]();
});

Deno.test("Topic.emit never throws: what cannot be sent is told to the app, once", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<unknown>("app", "odd", { retain: true });
  topic.emit(1n);
  await using subscription = app.subscribe("odd");
  await subscription.ready;
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const value of [1n, 2n, NaN, cycle, "well"]) topic.emit(value);
  assertEquals(await take(subscription, 1), ["well"]);
  assertEquals(app.problems.slice(0, 2), [
    'A value of the topic "odd" was not sent: a BigInt: JSON has none; send it as text',
    'A value of the topic "odd" was not sent: NaN: JSON has no such number; ' +
    "send null or a text instead",
  ]);
  assertEquals(app.problems.length, 3);
});

const title: StandardSchema<string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      value === "later"
        ? Promise.resolve({ value })
        : typeof value === "string"
        ? { value: value.trim() }
        : { issues: [{ message: "must be a title", path: [] }] },
  },
};

Deno.test("Topic with a schema sends what passes it, as the schema gives it back", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<unknown>("app", "title", { item: title });
  topic.emit(1);
  assertEquals(app.problems, []); // (Nobody listens, nothing is checked.)
  await using subscription = app.subscribe("title");
  await subscription.ready;
  for (const value of [2, "later", " Blue "]) topic.emit(value);
  assertEquals(await take(subscription, 1), ["Blue"]);
  const sent = 'A value of the topic "title" was not sent: "title" broke its own contract: ';
  assertEquals(app.problems, [
    `${sent}value: must be a title`,
    `${sent}its schema answers later, and a topic needs one that answers at once`,
  ]);
  assertEquals(app.topics.describe(), [{ name: "title" }]);
});

Deno.test("Topic.onListen is called for the first who listens, and its signal fires after the last", async () => {
  await using app = new TopicApp();
  const signals: AbortSignal[] = [];
  const topic = app.topics.open<number>("app", "level", {
    async onListen(signal) {
      // What is emitted at once, the first one gets.
      topic.emit(signals.push(signal));
      await new Promise<void>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  });
  topic.emit(0);
  assertEquals(signals.length, 0);
  const [one, two] = [app.subscribe<number>("level"), app.subscribe<number>("level")];
  await Promise.all([one.ready, two.ready]);
  assertEquals(await take(one, 1), [1]);
  one.cancel();
  await turn();
  assertEquals([signals.length, signals[0]!.aborted], [1, false]);
  two.cancel();
  await turn();
  assertEquals([signals.length, signals[0]!.aborted], [1, true]);
  // The one for whom too much waits is no listener either.
  const ended = app.subscribe<number>("level", { overflow: "end", queue: 1 });
  await ended.ready;
  assertEquals(signals.map(({ aborted }) => aborted), [true, false]);
  for (let i = 0; i < 600 && !signals[1]!.aborted; i++) topic.emit(i);
  assertEquals([signals[1]!.aborted, topic.subscribers], [true, 0]);
  ended.cancel();
  assertEquals(app.problems, []);
});

Deno.test("Topic.onListen that fails is told to the app, and ends no subscription", async () => {
  await using app = new TopicApp();
  let calls = 0;
  const onListen = () => {
    calls++;
    throw new TypeError("no sensor");
  };
  const topic = app.topics.open<number>("app", "level", { onListen });
  await using one = app.subscribe<number>("level");
  await using two = app.subscribe<number>("level");
  await Promise.all([one.ready, two.ready]);
  topic.emit(1);
  assertEquals([await take(one, 1), await take(two, 1)], [[1], [1]]);
  assertEquals(app.problems, ['Nothing more feeds the topic "level": no sensor']);
  assertEquals(calls, 1);
  // The connection that goes is the end of those who listen, too.
  await app.go();
  assertEquals(topic.subscribers, 0);
});

Deno.test("Topics.open refuses a name that is taken or empty, and a client", () => {
  const topics = new Topics(() => {});
  const jsonSchema = { item: { type: "string" } };
  topics.open("app", "track", { retain: true, description: "what plays", jsonSchema });
  assertEquals(topics.describe(), [
    { name: "track", retain: true, description: "what plays", schemas: jsonSchema },
  ]);
  const why = (app: string | null, name: string) =>
    assertThrows(() => topics.open(app, name, {}), TypeError).message;
  assertEquals([why("app", "track"), why("app", ""), why(null, "news")], [
    'Cannot open the topic "track": it is open already',
    'Cannot open the topic "": a name has a character at least',
    'Cannot open the topic "news": a client has no name to subscribe to; NeverLiieIPC.open has one',
  ]);
});

Deno.test("$/subscribe refuses what is no topic, and wrong options", async () => {
  await using app = new TopicApp();
  app.topics.open("app", "track", {});
  const missing = app.subscribe("trakc");
  const error = await assertRejects(() => missing.next(), MethodNotFoundError);
  assertEquals(error.message, '"app" has no topic "trakc"');
  assertEquals(await missing.next(), { value: undefined, done: true });
  await assertRejects(() => missing.ready, MethodNotFoundError);
  const { peer, session } = facingRaw({
    "$/subscribe": (request) => app.topics.subscribe(request, "app"),
  });
  for (const params of [{}, { topic: 1 }, { topic: "track", queue: -1 }]) {
    await peer.send({ jsonrpc: "2.0", id: 1, method: "$/subscribe", params });
    assertEquals((await peer.receive()).error.code, -32602);
  }
  await session.close();
  await peer[Symbol.asyncDispose]();
});
