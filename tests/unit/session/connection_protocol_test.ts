import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { FrameError } from "../../../lib/ipc/wire/codec.ts";
import { ConnectionLostError } from "../../../lib/ipc/wire/errors.ts";
import { aborted, facingRaw, turn } from "../../support/session/unit_session.ts";

const utf8 = new TextEncoder();

function frame(body: Uint8Array): Uint8Array {
  const header = utf8.encode(`Content-Length: ${body.length}\r\n\r\n`);
  const whole = new Uint8Array(header.length + body.length);
  whole.set(header);
  whole.set(body, header.length);
  return whole;
}

Deno.test("Connection answers a bad message with one error and lives on", async () => {
  const { peer, session } = facingRaw();
  const cases: [string, number, number | string | null][] = [
    ["", -32700, null],
    ["{", -32700, null],
    ["{} {}", -32700, null],
    ["{'a':1}", -32700, null],
    ["NaN", -32700, null],
    ["[]", -32600, null],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, null],
    ["5", -32600, null],
    ["null", -32600, null],
    ["{}", -32600, null],
    ['{"jsonrpc":"1.0","id":4,"method":"ping"}', -32600, 4],
    ['{"jsonrpc":"2.0","id":5,"method":{}}', -32600, 5],
    ['{"jsonrpc":"2.0","id":"six","method":"ping","params":6}', -32600, "six"],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, null],
    ['{"jsonrpc":"2.0","id":{"a":1},"method":"ping"}', -32600, null],
    ['{"jsonrpc":"2.0","method":"ping","params":"x"}', -32600, null],
  ];
  for (const [body, code, id] of cases) {
    await peer.send(body);
    const answers = await peer.receiveUntilPong();
    assertEquals(answers.length, 1, body);
    assertEquals([answers[0].error.code, answers[0].id], [code, id], body);
  }
  assert(session.open);
  await session.close();
});

Deno.test("Connection answers a body that is not UTF-8 with one error and lives on", async () => {
  const { peer, session } = facingRaw();
  const bodies = [[0xff], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [
    0xfe,
    0xff,
    0,
    0x7b,
  ]];
  for (const body of bodies) {
    await peer.sendBytes(frame(Uint8Array.from(body)));
    const answers = await peer.receiveUntilPong();
    assertEquals(answers.map(({ id, error }) => [id, error.code]), [[null, -32700]]);
  }
  await session.close();
});

Deno.test("Connection reads messages that arrive in any pieces", async () => {
  const { peer, session } = facingRaw({ echo: ({ params }) => params });
  const message = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "echo", params: ["ż😀"] });
  const bytes = frame(utf8.encode(message));
  for (let cut = 1; cut < bytes.length; cut++) {
    await peer.sendBytes(bytes.subarray(0, cut));
    await peer.sendBytes(bytes.subarray(cut));
    assertEquals((await peer.receive()).result, ["ż😀"], `cut at ${cut}`);
  }
  await session.close();
});

Deno.test("Connection drops a peer that sends no frame, after one error that says why", async () => {
  const limits = { header: 128, body: 1_000 };
  const cases: [string, string, number][] = [
    ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not a header line", -32700],
    ["Content-Length: x\r\n\r\n", "not a Content-Length", -32700],
    ["Content-Length: 1001\r\n\r\n", "over the limit", -32005],
    ["X".repeat(129), "over 128 bytes", -32005],
    ["\x16\x03\x01", "expected a header line", -32700],
  ];
  for (const [sent, why, code] of cases) {
    let signal: AbortSignal | undefined;
    const { peer, session } = facingRaw({
      wait: (request) => {
        signal = request.signal;
        return aborted(request);
      },
    }, limits);
    const own = session.call("any");
    const lost = assertRejects(() => own, ConnectionLostError, why);
    await peer.receive();
    await peer.send({ jsonrpc: "2.0", id: 1, method: "wait" });
    await peer.sendBytes(utf8.encode(sent));
    const answer = await peer.receive();
    assertEquals([answer.id, answer.error.code], [null, code]);
    assert(answer.error.message.includes(why), answer.error.message);
    assertEquals(await peer.receive(), null, "nothing more, and the end");
    await lost;
    assertInstanceOf(await session.ended, FrameError);
    assertEquals([session.open, signal?.aborted], [false, true]);
  }
});

Deno.test("Connection answers what came before a broken frame in the same bytes", async () => {
  const { peer, session } = facingRaw();
  const good = frame(utf8.encode('{"jsonrpc":"2.0","id":1,"method":"ping"}'));
  const bad = utf8.encode("nonsense\r\n\r\n");
  const both = new Uint8Array(good.length + bad.length);
  both.set(good);
  both.set(bad, good.length);
  await peer.sendBytes(both);
  assertEquals((await peer.receive()).result, "pong");
  assertEquals((await peer.receive()).error.code, -32700);
  assertEquals(await peer.receive(), null);
  await session.ended;
});

Deno.test("Connection refuses an id that is in use, and still answers its first owner", async () => {
  const answer = Promise.withResolvers<string>();
  const { peer, session } = facingRaw({ hold: () => answer.promise });
  await peer.send({ jsonrpc: "2.0", id: 1, method: "hold" });
  await peer.send({ jsonrpc: "2.0", id: 1, method: "hold" });
  await peer.send({ jsonrpc: "2.0", id: "1", method: "ping" });
  const refusal = await peer.receive();
  assertEquals([refusal.id, refusal.error.code], [1, -32600]);
  assertEquals((await peer.receive()).id, "1", "a text is another id than a number");
  answer.resolve("first");
  assertEquals(await peer.receive(), { jsonrpc: "2.0", id: 1, result: "first" });
  await peer.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  assertEquals((await peer.receive()).result, "pong", "an answered id may be used again");
  await session.close();
});

Deno.test("Connection answers a cancelled request once, whatever its handler does later", async () => {
  const end = Promise.withResolvers<string>();
  const fail = Promise.withResolvers<string>();
  const { peer, session } = facingRaw({ end: () => end.promise, fail: () => fail.promise });
  await peer.send({ jsonrpc: "2.0", id: 1, method: "end" });
  await peer.send({ jsonrpc: "2.0", id: "two", method: "fail" });
  await peer.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 1 } });
  await peer.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: ["two"] });
  for (const id of [1, "two"]) {
    const answer = await peer.receive();
    assertEquals([answer.id, answer.error.code], [id, -32800]);
  }
  await peer.send({ jsonrpc: "2.0", id: 1, method: "ping" });
  assertEquals((await peer.receive()).result, "pong", "its id is free again");
  end.resolve("late");
  fail.reject(new Error("late"));
  await turn();
  assertEquals(await peer.receiveUntilPong(), []);
  await session.close();
});

Deno.test("Connection ignores the cancelling of what it does not know", async () => {
  const { peer, session } = facingRaw();
  for (const params of [{ id: 99 }, { id: null }, { id: {} }, {}, [], [1], null, undefined]) {
    await peer.send({ jsonrpc: "2.0", method: "$/cancelRequest", params });
    await peer.send({ jsonrpc: "2.0", method: "$/enumerator/abort", params });
  }
  assertEquals(await peer.receiveUntilPong(), []);
  await session.close();
});

Deno.test("Connection keeps notifications of the protocol from the handlers", async () => {
  const seen: string[] = [];
  const see = ({ method }: { method: string }) => void seen.push(method);
  const { peer, session } = facingRaw({ "$/hello": see, "$/progress": see, note: see });
  for (const method of ["$/hello", "$/progress", "$/unknown", "note"]) {
    await peer.send({ jsonrpc: "2.0", method, params: {} });
  }
  assertEquals([await peer.receiveUntilPong(), seen], [[], ["note"]]);
  await session.close();
});

Deno.test("Connection ignores answers to calls that it never made", async () => {
  const { peer, session } = facingRaw();
  for (const id of [1, "1", null, -5]) {
    await peer.send({ jsonrpc: "2.0", id, result: { token: 5, values: [] } });
    await peer.send({ jsonrpc: "2.0", id, error: { code: 1, message: "m" } });
  }
  assertEquals(await peer.receiveUntilPong(), []);
  await session.close();
});

Deno.test("Connection aborts the stream in an answer that comes after its call was cancelled", async () => {
  const { peer, session } = facingRaw();
  const controller = new AbortController();
  const call = session.call("watch", {}, { signal: controller.signal });
  const { id } = await peer.receive();
  controller.abort(new Error("enough"));
  await assertRejects(() => call, Error, "enough");
  assertEquals(await peer.receive(), {
    jsonrpc: "2.0",
    method: "$/cancelRequest",
    params: { id },
  });
  await peer.send({ jsonrpc: "2.0", id, result: { token: 8, values: [1] }, stream: true });
  assertEquals(await peer.receive(), {
    jsonrpc: "2.0",
    method: "$/enumerator/abort",
    params: { token: 8 },
  });
  await peer.send({ jsonrpc: "2.0", id, result: { values: [1] }, stream: true });
  assertEquals(await peer.receiveUntilPong(), []);
  await session.close();
});
