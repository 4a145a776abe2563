import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { FrameDecoder } from "../../../lib/ipc/wire/codec.ts";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { ConnectionLostError, LimitExceededError } from "../../../lib/ipc/wire/errors.ts";
import { FrameDeadline } from "../../../lib/ipc/session/inbox.ts";
import { checkLimits, DEFAULT_LIMITS } from "../../../lib/ipc/session/limits.ts";
import { isDeeperThan } from "../../../lib/ipc/wire/message_reader.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import { StuckTransport } from "../../support/session/held_transports.ts";
import { aborted, dispatchTo, facingRaw, turn } from "../../support/session/unit_session.ts";

const utf8 = new TextEncoder();
const request = (id: number, method: string, params: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});

Deno.test("checkLimits fills in defaults and names a limit that is none", () => {
  assertEquals(checkLimits(), DEFAULT_LIMITS);
  assertEquals(checkLimits({ calls: 3 }).calls, 3);
  for (const value of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => checkLimits({ streams: value }), RangeError, `"streams" to ${value}`);
  }
});

Deno.test("isDeeperThan counts brackets outside of strings", () => {
  const deeper = (max: number, json: string) => isDeeperThan(max, utf8.encode(json));
  assertEquals(deeper(3, '[[{"a":[[]]}]]'), true);
  assertEquals(deeper(5, '[[{"a":[[]]}]]'), false);
  assertEquals(deeper(1, '["[[[[{{{{"]'), false);
  assertEquals(deeper(1, String.raw`["\"[[[[\\"]`), false);
  assertEquals(deeper(1, String.raw`["\\",[[]]]`), true);
  assertEquals(deeper(2, "[],".repeat(100)), false);
  assertEquals(deeper(1, '["a string that never ends [[[['), false);
  const text = utf8.encode(JSON.stringify({ a: 'x"y\\', b: [{ c: '\\\\"[' }] }));
  assertEquals([isDeeperThan(2, text), isDeeperThan(3, text)], [true, false]);
});

Deno.test("a large body that nests too deep is refused by its brackets alone, and the session goes on", async () => {
  const { peer, session } = facingRaw();
  const deep = `${"[".repeat(1_001)}${"]".repeat(1_001)}`;
  const padding = "x".repeat(64 << 10);
  await peer.send(
    JSON.stringify({ ...request(1, "ping"), padding }).replace(/}$/, `,"a":${deep}}`),
  );
  const refused = await peer.receive();
  assertEquals([refused.id, refused.error.code, refused.error.data], [null, -32005, {
    limit: "depth",
  }]);
  await peer.send(JSON.stringify({ ...request(2, "ping") }).replace(/}$/, `,"a":${deep}}`));
  assertEquals((await peer.receive()).result, "pong", "a short one takes no time to parse");
  await session.close();
});

Deno.test("calls: one too many is refused by its id, and a cancelled handler counts until it ends", async () => {
  const ends: (() => void)[] = [];
  const stubborn = () => new Promise<string>((resolve) => ends.push(() => resolve("done")));
  const { peer, session } = facingRaw({ stubborn }, { calls: 2 });
  await peer.send(request(1, "stubborn"), request(2, "stubborn"), request(3, "stubborn"));
  const refused = await peer.receive();
  assertEquals([refused.id, refused.error.code, refused.error.data], [3, -32005, {
    limit: "calls",
  }]);
  await peer.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 1 } });
  assertEquals((await peer.receive()).error.code, -32800);
  await peer.send(request(4, "stubborn"));
  assertEquals((await peer.receive()).error.code, -32005);
  ends[0]!();
  await turn();
  await peer.send(request(5, "ping"));
  assertEquals((await peer.receive()).result, "pong");
  ends[1]!();
  assertEquals((await peer.receive()).id, 2);
  await session.close();
});

Deno.test("streams: one too many is refused before its handler begins, and an ended one makes room", async () => {
  let begun = 0;
  const two = async function* () {
    begun++;
    yield 1;
    await new Promise(() => {});
  };
  const { peer, session } = facingRaw({ two }, { streams: 2 });
  await peer.send(request(1, "two"), request(2, "two"), request(3, "two"));
  const answers = [await peer.receive(), await peer.receive(), await peer.receive()];
  const refused = answers.find(({ id }) => id === 3);
  assertEquals([refused.error.code, refused.error.data, begun], [-32005, { limit: "streams" }, 2]);
  const { token } = answers.find(({ id }) => id === 1).result;
  await peer.send({ jsonrpc: "2.0", method: "$/enumerator/abort", params: { token } });
  await peer.send(request(4, "two"));
  assertEquals((await peer.receive()).result.values, [1]);
  await session.close();
});

Deno.test("streams: those that were left count on their own until their handlers have ended", async () => {
  const ends: (() => void)[] = [];
  const deaf = async function* () {
    try {
      yield 1;
      await new Promise<void>((resolve) => ends.push(resolve));
    } finally {
      await new Promise<void>((resolve) => ends.push(resolve));
    }
  };
  const noEnd = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });
  const { peer, session } = facingRaw({ deaf, no_end: noEnd }, { streams: 2 });
  await peer.send(request(1, "deaf"));
  const { token } = (await peer.receive()).result;
  await peer.send({ jsonrpc: "2.0", method: "$/enumerator/abort", params: { token } });
  // It is cancelled before its first item; nothing of it can be told to end.
  await peer.send(request(2, "no_end"));
  await peer.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 2 } });
  assertEquals((await peer.receive()).error.code, -32800);
  const refused = async (id: number) => {
    await peer.send(request(id, "deaf"));
    const answer = await peer.receive();
    assertEquals([answer.id, answer.error.data], [id, { limit: "streams" }]);
  };
  await refused(3);
  ends.shift()!();
  await turn();
  await refused(4);
  ends.shift()!();
  await turn();
  await peer.send(request(5, "deaf"));
  assertEquals((await peer.receive()).result.values, [1], "its clean-up is over as well");
  await session.close();
});

Deno.test("queued: answers beyond what may wait are refused in short, and reach a peer that reads again", async () => {
  const [left, right] = memoryPair();
  const stuck = new StuckTransport(right);
  const gate = Promise.withResolvers<void>();
  const server = new Connection(stuck, {
    dispatch: dispatchTo({
      async large() {
        await gate.promise;
        return "x".repeat(1 << 20);
      },
    }),
    limits: { ...DEFAULT_LIMITS, queued: 3 << 20 },
  });
  const client = new Connection(left);
  const calls = Array.from({ length: 8 }, () => client.call("large"));
  await turn();
  gate.resolve();
  await turn();
  stuck.release();
  const settled = await Promise.allSettled(calls);
  const refused = settled.filter(({ status }) => status === "rejected");
  assertEquals([settled.length, refused.length], [8, 6]);
  for (const { reason } of refused as PromiseRejectedResult[]) {
    assertInstanceOf(reason, LimitExceededError);
    assertEquals(reason.limit, "queued");
  }
  assert(stuck.written < 3 << 20);
  await client.close();
  await server.ended;
});

Deno.test("queued: a peer whose answers wait is not read, and is read again afterwards", async () => {
  const [left, right] = memoryPair();
  const stuck = new StuckTransport(right);
  let handled = 0;
  const server = new Connection(stuck, {
    dispatch: dispatchTo({
      large() {
        handled++;
        return "x".repeat(1 << 20);
      },
    }),
  });
  const client = new Connection(left);
  const calls = [];
  for (let i = 0; i < 40; i++) {
    calls.push(client.call("large"));
    await turn();
  }
  assertEquals(handled, 4, "up to the first that goes over 4 MiB");
  stuck.release();
  await Promise.all(calls);
  assertEquals(handled, 40);
  await client.close();
  await server.ended;
});

Deno.test("queued: calls to a peer that does not read are refused here, and later ones pass", async () => {
  const [left, right] = memoryPair();
  const stuck = new StuckTransport(left);
  const client = new Connection(stuck, { limits: { ...DEFAULT_LIMITS, queued: 10_000 } });
  const server = new Connection(right, { dispatch: dispatchTo({ echo: () => "ok" }) });
  const text = "x".repeat(4_000);
  const calls = [client.call("echo", { text }), client.call("echo", { text })];
  const error = await assertRejects(() => client.call("echo", { text }), LimitExceededError);
  assertEquals(error.limit, "queued");
  stuck.release();
  await Promise.all(calls);
  assertEquals((await client.call("echo", { text })).result, "ok");
  await client.close();
  await server.ended;
});

Deno.test("frameTime: a peer that stalls inside a frame is told and dropped, an idle one stays", async () => {
  const limits = { frameTime: 60 };
  for (const begun of ["Content-Le", "Content-Length: 10\r\n\r\n{"]) {
    const { peer, session } = facingRaw({ wait: (call: IncomingRequest) => aborted(call) }, limits);
    await peer.sendBytes(utf8.encode(begun));
    const answer = await peer.receive();
    assertEquals([answer.id, answer.error.data], [null, { limit: "frameTime" }]);
    assertEquals(await peer.receive(), null);
    assertEquals(session.open, false);
  }
  const { peer, session } = facingRaw({}, limits);
  await peer.sendBytes(utf8.encode("Content-Length: 41\r\n\r\n"));
  await peer.sendBytes(utf8.encode('{"jsonrpc":"2.0","id":1,"method":"ping"} '));
  assertEquals((await peer.receive()).result, "pong");
  await new Promise((resolve) => setTimeout(resolve, 150));
  await peer.send(request(2, "ping"));
  assertEquals((await peer.receive()).result, "pong", "idle for longer than a frame may take");
  await session.close();
});

Deno.test("FrameDeadline: frames that end in time are never late, however many there are", async () => {
  let late = 0;
  const deadline = new FrameDeadline(40, () => late++);
  for (let frame = 0; frame < 20; frame++) {
    deadline.begun(frame);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertEquals(late, 0);
  deadline.end();
});

Deno.test("the error of a dropped caller says what its peer complained of", async () => {
  const [left, right] = memoryPair();
  const server = new Connection(right, { limits: { ...DEFAULT_LIMITS, body: 100 } });
  const client = new Connection(left);
  const error = await assertRejects(
    () => client.call("any", { text: "x".repeat(200) }),
    ConnectionLostError,
  );
  assert(error.message.includes("is over the limit of 100"), error.message);
  await server.ended;
  // The decoder, too, tells a limit from nonsense.
  const decoder = new FrameDecoder({ header: 64, body: 5 });
  const thrown = assertThrows(() =>
    decoder.push(utf8.encode("Content-Length: 9\r\n\r\n"), () => {})
  );
  assertEquals((thrown as { limit?: unknown }).limit, "body");
});
