import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ConnectionLostError,
  MethodNotFoundError,
  RemoteError,
} from "../../../lib/ipc/wire/errors.ts";
import { openStream, sessionPair, turn } from "../../support/session/unit_session.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

Deno.test("IPCStream brings 10,000 items in order, from generators of every kind", async () => {
  const count = 10_000;
  await using pair = sessionPair({
    sync: function* () {
      for (let i = 0; i < count; i++) yield i;
    },
    async: async function* () {
      for (let i = 0; i < count; i++) yield await Promise.resolve(i);
    },
    turns: async function* () {
      for (let i = 0; i < count; i++) {
        if (i % 500 === 0) await turn();
        yield i;
      }
    },
    promised: () =>
      Promise.resolve((async function* () {
        for (let i = 0; i < count; i++) yield i;
      })()),
    iterable: () => {
      let i = 0;
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.resolve(i < count ? { value: i++, done: false } : { done: true }),
        }),
      };
    },
  });
  for (const method of ["sync", "async", "turns", "promised", "iterable"]) {
    const items = await collect(openStream<number>(pair.client, method));
    assert(items.length === count && items.every((item, i) => item === i), method);
  }
});

Deno.test("IPCStream of a reader that is slow or in haste loses and repeats nothing", async () => {
  await using pair = sessionPair({
    count: async function* () {
      for (let i = 0; i < 2_000; i++) yield i;
    },
  });
  const slow: number[] = [];
  for await (const item of openStream<number>(pair.client, "count")) {
    if (item % 100 === 0) await turn();
    slow.push(item);
  }
  assertEquals(slow, Array.from({ length: 2_000 }, (_, i) => i));
});

Deno.test("IPCStream: items of every JSON type come as they are", async () => {
  const items = [null, 0, "", false, [], {}, [null], { token: 1, values: [2] }, "ż😀"];
  await using pair = sessionPair({ all: () => items.values() });
  assertEquals(await collect(openStream(pair.client, "all")), items);
});

Deno.test("IPCStream: a stream without items ends at once, and stays ended", async () => {
  await using pair = sessionPair({ none: async function* () {} });
  const stream = openStream(pair.client, "none");
  for (let i = 0; i < 3; i++) assertEquals(await stream.next(), { value: undefined, done: true });
  assertEquals(await collect(stream), []);
  assertEquals(pair.client.pendingCalls, 0);
});

Deno.test("IPCStream of a plain result gives it as its one item", async () => {
  await using pair = sessionPair({ list: () => [1, 2], none: () => undefined });
  assertEquals(await collect(openStream(pair.client, "list")), [[1, 2]]);
  assertEquals(await collect(openStream(pair.client, "none")), [null]);
});

Deno.test("IPCStream sends nothing before the first item is asked for", async () => {
  let started = 0;
  await using pair = sessionPair({
    watch: async function* () {
      started++;
      yield 1;
    },
  });
  const stream = openStream(pair.client, "watch");
  await turn();
  assertEquals([pair.transport.writes, started], [0, 0]);
  openStream(pair.client, "watch").cancel();
  await turn();
  assertEquals([pair.transport.writes, started], [0, 0], "nor for being cancelled");
  assertEquals((await stream.next()).value, 1);
  assertEquals(started, 1);
});

Deno.test("IPCStream throws the handler's error after its items, then is done", async () => {
  await using pair = sessionPair({
    early: async function* () {
      await Promise.reject(Object.assign(new Error("early"), { code: 4 }));
      yield 1;
    },
    late: async function* () {
      for (let i = 0; i < 700; i++) yield i;
      throw Object.assign(new Error("late"), { code: 5, data: ["d"] });
    },
    sync: function* () {
      yield 1;
      throw "text";
    },
  });
  const expected: [string, number, number][] = [["early", 4, 0], ["late", 5, 700]];
  for (const [method, code, count] of [...expected, ["sync", -32603, 1] as const]) {
    const stream = openStream(pair.client, method);
    const items: unknown[] = [];
    const error = await assertRejects(async () => {
      for await (const item of stream) items.push(item);
    }, RemoteError);
    assertEquals([error.code, items.length], [code, count], method);
    assertEquals(await stream.next(), { value: undefined, done: true });
  }
  await assertRejects(() => openStream(pair.client, "gone").next(), MethodNotFoundError);
});

Deno.test("IPCStream: an item that is no JSON is an error for the reader, not for the session", async () => {
  await using pair = sessionPair({
    first: async function* () {
      yield 1n;
    },
    second: async function* () {
      yield 1;
      await turn();
      yield 2n;
    },
    fine: () => "fine",
  });
  await assertRejects(() => collect(openStream(pair.client, "first")), RemoteError, "BigInt");
  await assertRejects(() => collect(openStream(pair.client, "second")), RemoteError, "BigInt");
  assertEquals((await pair.client.call("fine")).result, "fine");
});

Deno.test("IPCStream: an iterator that gives no steps fails, as it does in for await", async () => {
  const gives = (step: unknown) => () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(step) }),
  });
  await using pair = sessionPair({
    number: gives(5),
    text: gives("done"),
    nothing: gives(undefined),
    none: gives(null),
  });
  for (const [method, step] of Object.entries({ number: 5, text: "done", nothing: undefined })) {
    await assertRejects(
      () => collect(openStream(pair.client, method)),
      RemoteError,
      `the iterator's next() gave ${step}, not {value, done}`,
    );
  }
  await assertRejects(() => collect(openStream(pair.client, "none")), RemoteError, "gave null");
});

Deno.test("IPCStream.next: calls that overlap are answered in order", async () => {
  await using pair = sessionPair({
    count: async function* () {
      for (let i = 0; i < 20; i++) {
        if (i % 3 === 0) await turn();
        yield i;
      }
    },
  });
  const stream = openStream<number>(pair.client, "count");
  const order: number[] = [];
  const results = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const result = await stream.next();
    order.push(i);
    return result;
  }));
  assertEquals(
    results.slice(0, 20).map(({ value }) => value),
    Array.from({ length: 20 }, (_, i) => i),
  );
  assertEquals(results.slice(20).every(({ done }) => done), true);
  assertEquals(order, Array.from({ length: 50 }, (_, i) => i));
});

Deno.test("IPCStream: streams and calls of one session do not hold each other up", async () => {
  await using pair = sessionPair({
    count: async function* ({ params }) {
      const { from } = params as { from: number };
      for (let i = from; i < from + 300; i++) yield i;
    },
    stuck: async function* () {
      yield await new Promise<never>(() => {});
    },
    quick: () => "quick",
  });
  const stuck = openStream(pair.client, "stuck");
  const waiting = stuck.next();
  const streams = [0, 1_000, 2_000].map((from) =>
    collect(openStream<number>(pair.client, "count", { from }))
  );
  assertEquals((await pair.client.call("quick")).result, "quick");
  for (const [i, items] of (await Promise.all(streams)).entries()) {
    assertEquals([items.length, items[0], items.at(-1)], [300, i * 1_000, i * 1_000 + 299]);
  }
  stuck.cancel();
  assertEquals((await waiting).done, true);
});

Deno.test("IPCStream can be handed on by a handler, item by item", async () => {
  let seen: AbortSignal | undefined;
  await using inner = sessionPair({
    count: async function* (request) {
      seen = request.signal;
      for (let i = 0;; i++) yield i;
    },
  });
  await using outer = sessionPair({ forward: () => openStream(inner.client, "count") });
  const items: unknown[] = [];
  for await (const item of openStream(outer.client, "forward")) {
    items.push(item);
    if (items.length === 1_000) break;
  }
  assertEquals(items, Array.from({ length: 1_000 }, (_, i) => i));
  await turn();
  assertEquals(seen?.aborted, true, "the end is handed on too");
});

Deno.test("IPCStream.itemTimeout ends a stream whose next item stays out, and its handler", async () => {
  let seen: AbortSignal | undefined;
  await using pair = sessionPair({
    watch: async function* (request) {
      seen = request.signal;
      // Longer than the limit: it does not count before the first answer.
      await new Promise((resolve) => setTimeout(resolve, 30));
      yield 1;
      yield 2;
      await new Promise<never>(() => {});
    },
  });
  const stream = openStream(pair.client, "watch", {}, { itemTimeout: 10 });
  assertEquals((await stream.next()).value, 1);
  assertEquals((await stream.next()).value, 2);
  await assertRejects(() => stream.next(), Deno.errors.TimedOut, "no item in 10 ms");
  await turn();
  assertEquals(seen?.aborted, true);
  assertEquals((await stream.next()).done, true);
});

Deno.test("IPCStream: a lost session ends the wait for an item with ConnectionLostError", async () => {
  const pair = sessionPair({
    watch: async function* () {
      yield 1;
      await new Promise<never>(() => {});
    },
  });
  const stream = openStream(pair.client, "watch");
  await stream.next();
  const next = assertRejects(() => stream.next(), ConnectionLostError);
  await turn();
  await pair.client.close();
  await next;
  await pair.server.ended;
});
