import { assertEquals } from "@std/assert";
import { aborted, facingRaw, turn } from "../../support/session/unit_session.ts";

/** A stream whose items the test hands out. */
function handOut() {
  const items: unknown[] = [];
  let wake = () => {};
  let over = false;
  let signal: AbortSignal | undefined;
  return {
    get signal() {
      return signal!;
    },
    give(...values: unknown[]) {
      items.push(...values);
      wake();
    },
    end() {
      over = true;
      wake();
    },
    handler(request: { signal: AbortSignal }) {
      signal = request.signal;
      return (async function* () {
        for (;;) {
          while (items.length > 0) yield items.shift();
          if (over) return;
          await new Promise<void>((resolve) => wake = resolve);
        }
      })();
    },
  };
}

const open = { jsonrpc: "2.0", id: "open", method: "watch" };

function next(id: number | string, token: unknown) {
  return { jsonrpc: "2.0", id, method: "$/enumerator/next", params: { token } };
}

Deno.test("a stream is opened by its first items, paged by $/enumerator/next and then finished", async () => {
  const source = handOut();
  const { peer, session } = facingRaw({ watch: source.handler });
  await peer.send(open);
  assertEquals(await peer.receiveUntilPong(), [], "no answer before the first item");
  source.give("a");
  const opened = await peer.receive();
  const { token } = opened.result;
  assertEquals(opened, {
    jsonrpc: "2.0",
    id: "open",
    result: { token, values: ["a"] },
    stream: true,
  });
  await peer.send(next(1, token));
  assertEquals(await peer.receiveUntilPong(), [], "next waits for items");
  source.give("b");
  assertEquals(await peer.receive(), {
    jsonrpc: "2.0",
    id: 1,
    result: { values: ["b"], finished: false },
  });
  source.give("c", "d");
  await turn();
  await peer.send(next(2, token));
  assertEquals((await peer.receive()).result, { values: ["c", "d"], finished: false });
  await peer.send({ ...next(3, token), params: [token] });
  source.end();
  assertEquals((await peer.receive()).result, { values: [], finished: true });
  await peer.send(next(4, token));
  assertEquals((await peer.receive()).error.code, -32001, "a finished stream is not open");
  assertEquals(source.signal.aborted, false, "an end is no cancelling");
  await session.close();
});

Deno.test("a stream that is over at once carries no token", async () => {
  const { peer, session } = facingRaw({
    none: () => (function* () {})(),
    later: () => (async function* () {})(),
  });
  for (const method of ["none", "later"]) {
    await peer.send({ jsonrpc: "2.0", id: 1, method });
    assertEquals(await peer.receive(), {
      jsonrpc: "2.0",
      id: 1,
      result: { values: [] },
      stream: true,
    });
  }
  await session.close();
});

Deno.test("$/enumerator/next of a stream that is not open is error -32001", async () => {
  const { peer, session } = facingRaw();
  for (const token of [99, "x", null, {}, [], true, "__proto__", undefined]) {
    await peer.send(next(1, token));
    const { id, error } = await peer.receive();
    assertEquals([id, error.code], [1, -32001], String(token));
  }
  await peer.send({ jsonrpc: "2.0", id: 2, method: "$/enumerator/next" });
  assertEquals((await peer.receive()).error.code, -32001);
  await session.close();
});

Deno.test("a second $/enumerator/next is refused while the first one waits", async () => {
  const source = handOut();
  const { peer, session } = facingRaw({ watch: source.handler });
  await peer.send(open);
  await turn();
  source.give("a");
  const { token } = (await peer.receive()).result;
  await peer.send(next(1, token), next(2, token));
  const refusal = await peer.receive();
  assertEquals([refusal.id, refusal.error.code], [2, -32600]);
  source.give("b");
  assertEquals(await peer.receive(), {
    jsonrpc: "2.0",
    id: 1,
    result: { values: ["b"], finished: false },
  });
  await session.close();
});

Deno.test("$/enumerator/abort fires the handler's signal and finishes the waiting next", async () => {
  for (const asRequest of [false, true]) {
    const source = handOut();
    const { peer, session } = facingRaw({ watch: source.handler });
    await peer.send(open);
    await turn();
    source.give("a");
    const { token } = (await peer.receive()).result;
    await peer.send(next(1, token));
    const abort = { jsonrpc: "2.0", method: "$/enumerator/abort", params: { token } };
    await peer.send(asRequest ? { ...abort, id: 2 } : abort);
    const answers = await peer.receiveUntilPong();
    assertEquals(source.signal.aborted, true);
    assertEquals(answers.find(({ id }) => id === 1)?.result, { values: [], finished: true });
    assertEquals(answers.find(({ id }) => id === 2)?.result, asRequest ? null : undefined);
    assertEquals(answers.length, asRequest ? 2 : 1);
    await peer.send(next(3, token));
    assertEquals((await peer.receive()).error.code, -32001);
    await session.close();
  }
});

Deno.test("cancelling a stream that has not answered yet ends it with error -32800", async () => {
  let ended = false;
  const { peer, session } = facingRaw({
    watch: (request) =>
      (async function* () {
        try {
          yield await aborted(request);
        } finally {
          ended = true;
        }
      })(),
  });
  await peer.send(open, { jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "open" } });
  const answers = await peer.receiveUntilPong();
  assertEquals(answers.map(({ id, error }) => [id, error?.code]), [["open", -32800]]);
  assertEquals(ended, true);
  await session.close();
});

Deno.test("an error comes after the items before it, as the answer to a next of its own", async () => {
  const { peer, session } = facingRaw({
    watch: async function* () {
      yield* [1, 2];
      await Promise.resolve();
      throw Object.assign(new Error("boom"), { code: 17 });
    },
  });
  await peer.send(open);
  const values: unknown[] = [];
  let { token, values: page } = (await peer.receive()).result;
  values.push(...page);
  for (let id = 1;; id++) {
    await peer.send(next(id, token));
    const { result, error } = await peer.receive();
    if (error !== undefined) {
      assertEquals([error.code, error.message], [17, "boom"]);
      break;
    }
    ({ values: page } = result);
    values.push(...page);
  }
  assertEquals(values, [1, 2]);
  await peer.send(next("after", token));
  assertEquals((await peer.receive()).error.code, -32001);
  await session.close();
});

Deno.test("two streams of one peer have their own tokens and positions", async () => {
  const [first, second] = [handOut(), handOut()];
  const { peer, session } = facingRaw({ first: first.handler, second: second.handler });
  await peer.send({ jsonrpc: "2.0", id: 1, method: "first" });
  await peer.send({ jsonrpc: "2.0", id: 2, method: "second" });
  await turn();
  second.give("s1");
  first.give("f1");
  const answers = [await peer.receive(), await peer.receive()];
  const tokenOf = (id: number) => answers.find((answer) => answer.id === id).result.token;
  await peer.send(next(3, tokenOf(1)), next(4, tokenOf(2)));
  await turn();
  first.give("f2");
  assertEquals(await peer.receive().then(({ id, result }) => [id, result.values]), [3, ["f2"]]);
  await peer.send({ jsonrpc: "2.0", method: "$/enumerator/abort", params: [tokenOf(1)] });
  await turn();
  assertEquals([first.signal.aborted, second.signal.aborted], [true, false]);
  second.give("s2");
  assertEquals(await peer.receive().then(({ id, result }) => [id, result.values]), [4, ["s2"]]);
  await session.close();
});
