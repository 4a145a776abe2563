import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { MethodNotFoundError, RemoteError } from "../../../lib/ipc/wire/errors.ts";
import type { Params } from "../../../lib/ipc/wire/message.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import { facingRaw, sessionPair, turn } from "../../support/session/unit_session.ts";

async function resultOf(connection: Connection, method: string, params?: Record<string, unknown>) {
  return (await connection.call(method, params)).result;
}

/** Objects in objects, so many levels of them. */
function nested(levels: number, last: unknown): Record<string, unknown> {
  let value: Record<string, unknown> = { last };
  for (let level = 1; level < levels; level++) value = { in: value };
  return value;
}

Deno.test("Connection.call gives each of 1,000 calls its own answer, whatever their order", async () => {
  const answers: ((value: unknown) => void)[] = [];
  await using pair = sessionPair({
    hold: () => new Promise((resolve) => answers.push(resolve)),
  });
  const settled: number[] = [];
  const calls = Array.from({ length: 1_000 }, async (_, i) => {
    const { result } = await pair.client.call("hold", { i });
    settled.push(i);
    return result;
  });
  await turn();
  assertEquals([answers.length, pair.client.pendingCalls], [1_000, 1_000]);
  // 7 and 1,000 have no common divisor: every call is answered once, far from the order of calling.
  const order = Array.from({ length: 1_000 }, (_, i) => i * 7 % 1_000);
  for (const i of order) answers[i]!({ answer: i });
  const results = await Promise.all(calls);
  assertEquals(results.every((result, i) => (result as { answer: number }).answer === i), true);
  assertEquals(settled, order);
  assertEquals(pair.client.pendingCalls, 0);
});

Deno.test("Connection.call: a slow one does not hold up the others", async () => {
  const slow = Promise.withResolvers<string>();
  await using pair = sessionPair({ slow: () => slow.promise, quick: () => "quick" });
  const first = resultOf(pair.client, "slow");
  for (let i = 0; i < 10; i++) assertEquals(await resultOf(pair.client, "quick"), "quick");
  assertEquals(pair.client.pendingCalls, 1);
  slow.resolve("slow");
  assertEquals(await first, "slow");
});

Deno.test("Connection.call brings results over as they are, nothing as null", async () => {
  let next: unknown;
  await using pair = sessionPair({ get: () => next, later: () => Promise.resolve(next) });
  const values = [null, 0, -0.5, "", false, [], {}, [null], { a: { b: ["ż😀\0"] } }, [[1], [2]]];
  for (next of values) {
    assertEquals(await resultOf(pair.client, "get"), next);
    assertEquals(await resultOf(pair.client, "later"), next);
  }
  next = undefined;
  assertEquals(await resultOf(pair.client, "get"), null);
  assertEquals(await resultOf(pair.client, "later"), null);
  const cases: [unknown, unknown][] = [
    [new Map([[1, 2]]), {}],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [{ a: undefined, b: 0 }, { b: 0 }],
    [-0, 0],
  ];
  for (const [given, expected] of cases) {
    next = given;
    const { result, stream } = await pair.client.call("get");
    assertEquals([result, stream], [expected, false]);
  }
});

Deno.test("Connection.call passes params by name, by position and none at all", async () => {
  const seen: unknown[] = [];
  await using pair = sessionPair({ see: ({ params }) => void seen.push(params) });
  await pair.client.call("see", { a: 1, b: undefined });
  await pair.client.call("see", [1, "x", null]);
  await pair.client.call("see");
  assertEquals(seen, [{ a: 1 }, [1, "x", null], undefined]);
});

Deno.test("Connection.call carries megabytes of multi-byte text both ways", async () => {
  await using pair = sessionPair({
    twice: ({ params }) => (params as { text: string }).text.repeat(2),
  });
  const text = "zażółć 😀 ".repeat(100_000);
  assert(await resultOf(pair.client, "twice", { text }) === text.repeat(2));
});

Deno.test("Connection: a __proto__ in params stays a member and reaches no prototype", async () => {
  let seen: unknown;
  const { peer, session } = facingRaw({ see: ({ params }) => void (seen = params) });
  const params = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
  await peer.send(`{"jsonrpc":"2.0","id":1,"method":"see","params":${params}}`);
  assertEquals(await peer.receive(), { jsonrpc: "2.0", id: 1, result: null });
  assertEquals(Object.getPrototypeOf(seen), Object.prototype);
  assertEquals(Object.keys(seen as object), ["__proto__", "constructor"]);
  assertEquals(({} as { polluted?: boolean }).polluted, undefined);
  await session.close();
});

Deno.test("Connection.call rejects with MethodNotFoundError where the peer has no such method", async () => {
  await using pair = sessionPair({ there: () => 1 });
  for (const method of ["gone", "__proto__", "constructor", "toString", ""]) {
    const error = await assertRejects(() => pair.client.call(method), MethodNotFoundError);
    assertEquals(error.code, -32601);
  }
  const [left, right] = memoryPair();
  const [silent, asking] = [new Connection(left), new Connection(right)];
  await assertRejects(() => asking.call("any"), MethodNotFoundError, 'no method "any"');
  await silent.close();
});

Deno.test("Connection.call rejects with the handler's message, code and data, not its stack", async () => {
  const boom = () => Object.assign(new Error("boom"), { code: 17, data: { at: "ż" } });
  const methods = {
    sync: () => {
      throw boom();
    },
    later: () => Promise.reject(boom()),
    text: () => Promise.reject("only text"),
  };
  await using pair = sessionPair(methods);
  for (const method of ["sync", "later"]) {
    const error = await assertRejects(() => pair.client.call(method), RemoteError, "boom");
    assertEquals([error.code, error.data, error.message], [17, { at: "ż" }, "boom"]);
  }
  await assertRejects(() => pair.client.call("text"), RemoteError, "only text");

  const { peer, session } = facingRaw(methods);
  await peer.send({ jsonrpc: "2.0", id: 1, method: "sync" });
  const answer = await peer.receive();
  assertEquals(Object.keys(answer), ["jsonrpc", "id", "error"]);
  assertEquals(answer.error, { code: 17, message: "boom", data: { at: "ż" } });
  await session.close();
});

Deno.test("Connection: a result that is no JSON rejects its call alone", async () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  const broken = {
    toJSON() {
      throw new Error("will not be written");
    },
  };
  await using pair = sessionPair({
    big: () => ({ n: 1n }),
    bigger: () => 1n,
    nan: () => ({ list: [1, { "a b": NaN }] }),
    infinite: () => Promise.resolve(-Infinity),
    inDate: () => ({ fine: new Date(NaN), not: [Infinity] }),
    deepNaN: () => nested(150, NaN),
    cycle: () => Promise.resolve(cycle),
    broken: () => broken,
    data: () => Promise.reject(Object.assign(new Error("x"), { data: 1n })),
    fine: () => 1,
  });
  const cases = {
    big: "a BigInt at n: JSON has none; send it as text",
    bigger: "a BigInt: JSON has none",
    nan: "NaN at list[1].a b: JSON has no such number; send null or a text instead",
    infinite: "-Infinity: JSON has no such number",
    inDate: "Infinity at not[0]: ",
    deepNaN: "NaN at last: ",
    cycle: "circular",
    broken: "will not be written",
    data: "x (its data cannot be sent: a BigInt: ",
  };
  for (const [method, why] of Object.entries(cases)) {
    const fine = resultOf(pair.client, "fine");
    const error = await assertRejects(() => pair.client.call(method), RemoteError, why);
    assertEquals(error.code, -32603);
    assertEquals(await fine, 1);
  }
});

Deno.test("Connection.call rejects params that are no JSON and sends nothing", async () => {
  await using pair = sessionPair({ fine: () => 1 });
  const refused = (params: Params, why: string) =>
    assertRejects(
      () => pair.client.call("fine", params),
      TypeError,
      `Cannot send the params of "fine": ${why}`,
    );
  await refused({ n: 1n }, "a BigInt at n: ");
  await refused([0, NaN], "NaN at [1]: ");
  await refused({ a: { b: [Infinity] }, bytes: new Uint8Array(1) }, "Infinity at a.b[0]: ");
  await refused(nested(100_000, 1), "it is nested too deep to be written as JSON");
  await turn();
  assertEquals([pair.client.pendingCalls, pair.transport.writes], [0, 0]);
  assertEquals(await resultOf(pair.client, "fine"), 1);
});

Deno.test("Connection.notify reaches the handler, and no answer comes back", async () => {
  const seen: IncomingRequest[] = [];
  const { peer, session } = facingRaw({
    note: (request) => {
      seen.push(request);
      return "dropped";
    },
  });
  await peer.send({ jsonrpc: "2.0", method: "note", params: { a: 1 } });
  assertEquals(await peer.receiveUntilPong(), []);
  assertEquals(seen.map(({ id, params }) => [id, params]), [[null, { a: 1 }]]);
  await session.close();

  await using pair = sessionPair({ note: (request) => void seen.push(request) });
  pair.client.notify("note", [2]);
  await turn();
  assertEquals([seen[1]?.params, pair.client.pendingCalls], [[2], 0]);
});

Deno.test("Connection: both sides call and answer on one session, in the middle of a call too", async () => {
  const pair = sessionPair(
    {
      sum: async ({ params }) => {
        const { n } = params as { n: number };
        if (n === 0) return 0;
        const { result } = await pair.server.call("sum", { n: n - 1 });
        return (result as number) + n;
      },
    },
    {
      sum: async ({ params }) => {
        const { n } = params as { n: number };
        if (n === 0) return 0;
        const { result } = await pair.client.call("sum", { n: n - 1 });
        return (result as number) + n;
      },
    },
  );
  await using _pair = pair;
  assertEquals(await resultOf(pair.client, "sum", { n: 100 }), 5_050);
  // Both number their calls from 1: equal ids must not meet.
  const [there, here] = await Promise.all([
    resultOf(pair.client, "sum", { n: 9 }),
    resultOf(pair.server, "sum", { n: 8 }),
  ]);
  assertEquals([there, here], [45, 36]);
});

Deno.test("Connection sends the messages of a turn in one write, and many of them in two", async () => {
  await using pair = sessionPair({ get: () => 1 });
  const calls = (length: number) =>
    Promise.all(Array.from({ length }, () => pair.client.call("get")));
  await calls(20);
  assertEquals(pair.transport.writes, 1);
  // The first 2 KiB leave while the others are made.
  await calls(200);
  assertEquals(pair.transport.writes, 3);
});

Deno.test("Connection.call takes an error of any shape from a foreign peer", async () => {
  const { peer, session } = facingRaw();
  const cases: [unknown, string, number][] = [
    [{ code: 5, message: "m" }, "m", 5],
    [{ code: "5", message: "m" }, "m", -32603],
    [{}, "without a message", -32603],
    ["text", "without a message", -32603],
    [[], "without a message", -32603],
    [false, "without a message", -32603],
  ];
  for (const [error, message, code] of cases) {
    const call = assertRejects(() => session.call("any"), RemoteError, message);
    const { id } = await peer.receive();
    await peer.send({ jsonrpc: "2.0", id, error });
    const caught = await call;
    assertInstanceOf(caught, RemoteError);
    assertEquals(caught.code, code);
  }
  await session.close();
});
