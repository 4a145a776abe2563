import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { bounded } from "../../../lib/ipc/session/calling/pending_calls.ts";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import {
  aborted,
  facingRaw,
  openStream,
  RawPeer,
  sessionPair,
  turn,
} from "../../support/session/unit_session.ts";

Deno.test("deadline: a request tells in whole milliseconds how long its caller waits", async () => {
  const [left, right] = memoryPair();
  const session = new Connection(left);
  await using peer = new RawPeer(right);
  const now = performance.now();
  const options = [
    { timeout: 1_500.2 },
    { timeout: 0 },
    {},
    { timeout: Infinity },
    { timeout: 1_000, deadline: now + 100_000 },
    { timeout: 1_000, deadline: now - 1 },
  ];
  const calls = options.map((each) => session.call("m", {}, each).catch(() => {}));
  session.notify("n", {});
  const told = [];
  while (told.length < 7) {
    const { method, timeout } = await peer.receive();
    if (method !== "$/cancelRequest") told.push(timeout);
  }
  assert(told[4] > 50_000 && told[4] <= 100_000, `${told[4]} ms`);
  assertEquals(told.with(4, 0), [1_501, 0, undefined, undefined, 0, 0, undefined]);
  await session.close();
  await Promise.all(calls);
});

Deno.test("deadline: a silent caller's requests end in time, in their order, and others go on", async () => {
  const ended: string[] = [];
  const wait = (request: IncomingRequest) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    request.signal.addEventListener("abort", () => {
      ended.push(`${(request.params as unknown[])[0]} ${request.signal.reason.name}`);
      resolve();
    });
    return promise;
  };
  const { peer, session } = facingRaw({ wait });
  await using _ = peer;
  const request = (id: number, timeout?: number) => ({
    ...{ jsonrpc: "2.0", id, method: "wait", params: [id] },
    ...(timeout === undefined ? {} : { timeout }),
  });
  await peer.send(request(1), request(2, 40), request(3, 20), request(4, 60_000));
  const codes = [await peer.receive(), await peer.receive()].map(({ id, error }) => [id, error]);
  const late = (ms: number) => ({
    code: -32006,
    message: `Cannot call "wait": no answer in ${ms} ms`,
  });
  assertEquals(codes, [[3, late(20)], [2, late(40)]]);
  assertEquals(ended, ["3 TimeoutError", "2 TimeoutError"]);
  await peer.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 4 } });
  assertEquals((await peer.receive()).error.code, -32800);
  assertEquals(ended.at(-1), "4 AbortError");
  assertEquals(await peer.receiveUntilPong(), []);
  await session.close();
});

Deno.test("deadline: its caller gets the same error that it would give itself", async () => {
  const { peer, session } = facingRaw();
  await using _ = peer;
  const call = session.call("m", {}, { timeout: 60_000 });
  const { id } = await peer.receive();
  const error = { code: -32006, message: "it was late" };
  await peer.send({ jsonrpc: "2.0", id, error });
  await assertRejects(() => call, Deno.errors.TimedOut, "it was late");
  await session.close();
});

Deno.test("deadline: a stream has it until its first item", async () => {
  const seen: number[] = [];
  const { peer, session } = facingRaw({
    async *items(request: IncomingRequest) {
      seen.push(request.deadline);
      yield 1;
      seen.push(request.deadline);
      await aborted(request);
    },
    async *none(request: IncomingRequest) {
      await aborted(request);
      yield 1;
    },
  });
  await using _ = peer;
  await peer.send({ jsonrpc: "2.0", id: 1, method: "items", timeout: 20 });
  assertEquals((await peer.receive()).result, { token: 1, values: [1] });
  assert(Number.isFinite(seen[0]), String(seen[0]));
  assertEquals(seen[1], Infinity);
  await peer.send({ jsonrpc: "2.0", id: 2, method: "none", timeout: 60 });
  // The time of the first is over long before that of the second.
  assertEquals((await peer.receive()).error.code, -32006);
  await peer.send({ jsonrpc: "2.0", id: 3, method: "$/enumerator/next", params: [1] });
  assertEquals(await peer.receiveUntilPong(), []);
  await session.close();
});

Deno.test("within: options are bounded by the call that they are made for", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const given = { timeout: 7, signal };
  assertStrictEquals(bounded(given), given);
  const trace = { traceparent: "t" };
  const endless = bounded({ within: { signal, deadline: Infinity, trace } });
  assertEquals([endless.timeout, endless.latest, endless.trace], [undefined, undefined, trace]);
  assertStrictEquals(endless.signal, signal);
  const deadline = performance.now() + 60_000;
  const own = new AbortController();
  const within = { signal, deadline };
  const all = bounded({ within, signal: own.signal });
  assertEquals(all.latest, deadline);
  assert(all.timeout! > 50_000 && all.timeout! <= 60_000, `${all.timeout} ms`);
  assertEquals(bounded({ within, timeout: 5 }).timeout, 5);
  assert(bounded({ within, timeout: 600_000 }).timeout! <= 60_000);
  const over = { signal, deadline: performance.now() - 1 };
  assertThrows(() => bounded({ within: over }), Deno.errors.TimedOut, "has no time left");
  for (const deadline of [NaN, undefined as unknown as number]) {
    assertThrows(() => bounded({ within: { signal, deadline } }), TypeError, '"deadline"');
  }
  own.abort(1);
  assertEquals([all.signal!.aborted, bounded({ within }).signal!.aborted], [true, false]);
  controller.abort(2);
  await turn();
  assertEquals(bounded({ within }).signal!.reason, 2);
});

Deno.test("within: a call back, and a stream of the caller, end with the call", async () => {
  const heard: string[] = [];
  const back = {
    wait: async (request: IncomingRequest) => {
      heard.push(`${request.deadline < performance.now() + 60_000}`);
      await aborted(request);
      heard.push("call");
    },
    async *items(request: IncomingRequest) {
      yield 1;
      await aborted(request);
      heard.push("stream");
    },
  };
  await using pair = sessionPair({
    ask: (request) => request.caller.call("wait", {}, { within: request }),
    read: (request) => request.caller.stream("items", {}, { within: request }),
  }, back);
  const controller = new AbortController();
  const options = { timeout: 60_000, signal: controller.signal };
  const call = assertRejects(() => pair.client.call("ask", {}, options), Error, "enough");
  const stream = openStream(pair.client, "read", {}, options);
  assertEquals(await stream.next(), { value: 1, done: false });
  controller.abort(new Error("enough"));
  await call;
  while (heard.length < 3) await turn();
  assertEquals(heard.toSorted(), ["call", "stream", "true"]);
});
