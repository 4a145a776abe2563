/** The pages that a subscriber of a topic is sent. */
import { assertEquals } from "@std/assert";
import { facingRaw, turn } from "../../support/session/unit_session.ts";
import { take, TopicApp } from "../../support/unit/topic_app.ts";

Deno.test("$/subscribe with latest: who asks late gets the newest alone", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<number>("app", "level", {});
  const { peer, session } = facingRaw({
    "$/subscribe": (request) => app.topics.subscribe(request, "app"),
  });
  const params = { topic: "level", overflow: "latest" };
  await peer.send({ jsonrpc: "2.0", id: 1, method: "$/subscribe", params });
  const { result } = await peer.receive();
  assertEquals(result.values, [{ event: "subscribed", pid: Deno.pid }]);
  for (let i = 1; i <= 100; i++) {
    topic.emit(i);
    await turn();
  }
  const events = [];
  const next = { token: result.token };
  await peer.send({ jsonrpc: "2.0", id: 2, method: "$/enumerator/next", params: next });
  events.push(...(await peer.receive()).result.values);
  assertEquals(events, [{ event: "dropped", count: 99 }, { event: "value", value: 100 }]);
  await session.close();
  assertEquals(topic.subscribers, 0);
  await peer[Symbol.asyncDispose]();
});

Deno.test("$/subscribe together: what is emitted in one turn is one event, but for bytes", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<unknown>("app", "news", {});
  const { peer, session } = facingRaw({
    "$/subscribe": (request) => app.topics.subscribe(request, "app"),
  });
  const tokens: unknown[] = [];
  for (const together of [true, false]) {
    const params = { topic: "news", together };
    await peer.send({ jsonrpc: "2.0", id: 1, method: "$/subscribe", params });
    tokens.push((await peer.receive()).result.token);
  }
  const told = async (...values: unknown[]) => {
    for (const value of values) topic.emit(value);
    const pages = [];
    for (const token of tokens) {
      await peer.send({ jsonrpc: "2.0", id: 2, method: "$/enumerator/next", params: { token } });
      pages.push((await peer.receive()).result.values);
    }
    return pages;
  };
  const apart = (...values: unknown[]) => values.map((value) => ({ event: "value", value }));
  assertEquals(await told(1, [2], "é"), [
    [{ event: "values", values: [1, [2], "é"] }],
    apart(1, [2], "é"),
  ]);
  assertEquals(await told("alone"), [apart("alone"), apart("alone")]);
  const bytes = [Uint8Array.of(1), 2];
  assertEquals(await told(...bytes), [apart("AQ==", 2), apart("AQ==", 2)]);
  await session.close();
  await peer[Symbol.asyncDispose]();
});

Deno.test("Topic: each who listens gets a page of its own, whoever asks when", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<number>("app", "ticks", {});
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => from + i);
  const early = app.subscribe<number>("ticks");
  const small = app.subscribe<number>("ticks", { queue: 5 });
  await Promise.all([early.ready, small.ready]);
  for (const i of numbers(0, 20)) topic.emit(i);
  const late = app.subscribe<number>("ticks");
  await late.ready;
  for (const i of numbers(20, 40)) topic.emit(i);
  assertEquals(await take(early, 40), numbers(0, 40));
  assertEquals(await take(late, 20), numbers(20, 40));
  await turn();
  assertEquals([(await take(small, 5)).at(-1), small.dropped], [39, 35]);
  for (const subscription of [early, small, late]) subscription.cancel();
});
