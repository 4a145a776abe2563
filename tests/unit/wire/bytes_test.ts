import { Buffer } from "node:buffer";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { pack, type Packed, places, takesBytes, unpack } from "../../../lib/ipc/wire/bytes.ts";
import { BYTES_TYPE, FrameDecoder, FrameError } from "../../../lib/ipc/wire/codec.ts";
import { ConnectionLostError, ErrorCode, RemoteError } from "../../../lib/ipc/wire/errors.ts";
import { FrameEncoder } from "../../../lib/ipc/wire/frame_encoder.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import { takeAll } from "../../support/mesh/frames.ts";
import { openStream, RawPeer, sessionPair } from "../../support/session/unit_session.ts";

const some = (...numbers: number[]) => Uint8Array.from(numbers);

/** A message with the packed value as its member `value`, and the bytes behind it. */
function messageOf(packed: Packed): { text: string; tail: Uint8Array[] } {
  const text = `{"value":${packed.text}${places(packed.parts, "value")}}`;
  return { text, tail: packed.parts.map(({ bytes }) => bytes) };
}

/** What arrives of a value, through a frame in pieces of `size` bytes. */
function roundTrip(value: unknown, size: number): unknown {
  const { text, tail } = messageOf(pack(value, true));
  const encoder = new FrameEncoder();
  encoder.append('{"before":1}');
  encoder.appendWithBytes(text, tail);
  encoder.append('{"after":1}');
  const wire = takeAll(encoder);
  const arrived: unknown[] = [];
  const decoder = new FrameDecoder();
  for (let at = 0; at < wire.length; at += size) {
    // The transport's buffer is used again: what is kept of it must be a copy.
    const chunk = wire.slice(at, at + size);
    decoder.push(chunk, (json, behind) => {
      const message = JSON.parse(textOf(json));
      if (behind !== null) unpack(message, behind);
      arrived.push(message);
    });
    chunk.fill(255);
  }
  assertEquals(arrived.length, 3);
  assertEquals([arrived[0], arrived[2]], [{ before: 1 }, { after: 1 }]);
  return (arrived[1] as { value: unknown }).value;
}

Deno.test("pack: bytes at any place arrive as they were, cut at any size", () => {
  const value = {
    name: "Grüße",
    top: some(1, 2, 3),
    list: [some(), "x", null, [some(9)], { deep: some(0, 255) }],
    "": some(7),
    "a/b~": some(8),
    floats: new Float32Array([1.5]),
    buffer: some(4, 5).buffer,
  };
  for (const size of [1, 2, 3, 7, 50, 100_000]) {
    assertEquals(roundTrip(value, size), {
      ...value,
      floats: new Uint8Array(new Float32Array([1.5]).buffer),
      buffer: some(4, 5),
    });
  }
  assertEquals(roundTrip(some(1, 2), 100_000), some(1, 2));
  const large = new Uint8Array(300_000).map((_, i) => i * 7);
  assertEquals(roundTrip([large, large], 64 << 10), [large, large]);
});

Deno.test("pack: a value without bytes is JSON as ever, and is not copied or changed", () => {
  const date = new Date(0);
  for (const value of [1, "x", null, [], {}, { a: [1, { b: null }] }, { date }, [date]]) {
    assertEquals(pack(value, true), { text: JSON.stringify(value), parts: [] });
  }
  assertEquals(pack(undefined, true).text, "null");
  const mixed = { keep: { date }, bytes: some(1) };
  pack(mixed, true);
  assertEquals(mixed, { keep: { date }, bytes: some(1) });
});

Deno.test("pack: bytes are base64 text for a peer that does not take them", () => {
  const { text, parts } = pack({ data: some(104, 105), n: 1 }, false);
  assertEquals(JSON.parse(text), { data: "aGk=", n: 1 });
  assertEquals(parts, []);
});

Deno.test("pack: a Buffer of Node is bytes, with and without a peer that takes them", () => {
  const value = { data: Buffer.from("hi"), list: [Buffer.from("hi")] };
  const { text, parts } = pack(value, true);
  assertEquals(JSON.parse(text), { data: null, list: [null] });
  assertEquals(parts.map(({ bytes }) => [...bytes]), [[104, 105], [104, 105]]);
  assertEquals(JSON.parse(pack(value, false).text), { data: "aGk=", list: ["aGk="] });
  assertEquals(pack(Buffer.from("hi"), false).text, '"aGk="');
  let deep: unknown = Buffer.from("hi");
  for (let i = 0; i < 1_000; i++) deep = [deep];
  assertStringIncludes(pack(deep, true).text, '["aGk="]');
});

Deno.test("pack: a cycle is an error, however many ways lead round; depth is not", () => {
  const cycle: Record<string, unknown> = {};
  cycle["a"] = cycle["b"] = cycle["c"] = cycle;
  assertThrows(() => pack(cycle, true), TypeError);
  let deep: unknown = some(104, 105);
  for (let i = 0; i < 1_000; i++) deep = [deep];
  assertStringIncludes(pack(deep, true).text, '["aGk="]');
});

Deno.test("unpack refuses places that do not fit, and follows own members only", () => {
  const refused = (message: unknown, tail: Uint8Array, why: string) =>
    assertThrows(() => unpack(message, tail), RangeError, why);
  refused({}, some(1), "needs");
  refused([], some(), "needs");
  refused({ bytes: [1] }, some(1), "must be [path, length]");
  refused({ bytes: [[["a"], -1]], a: null }, some(1), "must be [path, length]");
  refused({ bytes: [[["a"], 2]], a: null }, some(1), "fewer bytes");
  refused({ bytes: [[["a"], 1]], a: null }, some(1, 2), "more bytes");
  refused({ bytes: [[["a"], 1]], a: 5 }, some(1), "no null at");
  refused({ bytes: [[[], 1]] }, some(1), "no null at");
  refused({ bytes: [[["a", {}], 1]], a: [] }, some(1), "no null at");
  refused({ bytes: [[["__proto__", "polluted"], 1]] }, some(1), "no null at");
  refused({ bytes: [[["constructor", "prototype"], 1]] }, some(1), "no null at");
  assert(!("polluted" in {}));
  const own = JSON.parse('{"a":{"__proto__":null},"bytes":[[["a","__proto__"],1]]}');
  unpack(own, some(1));
  assertEquals(Object.getPrototypeOf(own.a), Object.prototype);
  assertEquals(Object.getOwnPropertyDescriptor(own.a, "__proto__")?.value, some(1));
});

Deno.test("FrameDecoder refuses a frame with bytes whose JSON has no length, or too much", () => {
  for (const type of [BYTES_TYPE, `${BYTES_TYPE}; json=x`, `${BYTES_TYPE}; json=3`]) {
    const bytes = new TextEncoder().encode(`Content-Length: 2\r\nContent-Type: ${type}\r\n\r\n{}`);
    assertThrows(() => new FrameDecoder().push(bytes, () => {}), FrameError);
  }
});

Deno.test("Connection: bytes in params, results and items between peers that greeted", async () => {
  await using pair = sessionPair({
    "$/ping": () => ({ accept: [BYTES_TYPE] }),
    echo: ({ params }: IncomingRequest) => params,
    *same() {
      // One buffer for all items: each arrives as it was when it was yielded.
      const buffer = some(0);
      for (; buffer[0]! < 3; buffer[0]!++) yield { buffer };
    },
  });
  const { client } = pair;
  assertEquals((await client.call("echo", { data: some(1) })).result, { data: "AQ==" });
  await client.greet();
  assertEquals((await client.call("echo", { data: some(1) })).result, { data: some(1) });
  assertEquals((await client.call("echo", [some(1), some()])).result, [some(1), some()]);
  const items = await Array.fromAsync(openStream(client, "same"));
  assertEquals(items, [0, 1, 2].map((n) => ({ buffer: some(n) })));
});

Deno.test("Connection: large bytes that are taken away before they left end the session", async () => {
  const sizes: number[] = [];
  await using pair = sessionPair({
    "$/ping": () => ({ accept: [BYTES_TYPE] }),
    size: ({ params }: IncomingRequest) => {
      sizes.push((params as { data: Uint8Array }).data.length);
      return sizes.at(-1);
    },
  });
  const { client } = pair;
  await client.greet();
  const data = new Uint8Array(1 << 20);
  assertEquals((await client.call("size", { data })).result, data.length);
  const call = client.call("size", { data });
  structuredClone(data.buffer, { transfer: [data.buffer] });
  // What is sent behind it would be read as the rest of its frame.
  const behind = client.call("size", { data: new Uint8Array(200_000) });
  await assertRejects(() => call, ConnectionLostError, "transferred");
  await assertRejects(() => behind, ConnectionLostError);
  assertEquals(sizes, [1 << 20]);
});

Deno.test("FrameDecoder.space: a large body is read into place, whatever part came before", () => {
  const body = new Uint8Array(300_000).map((_, i) => i);
  const header = new TextEncoder().encode(`Content-Length: ${body.length}\r\n\r\n`);
  for (const before of [0, 1, 1_000, 250_000, 299_999]) {
    const decoder = new FrameDecoder();
    let arrived: Uint8Array | null = null;
    const push = (chunk: Uint8Array) =>
      decoder.push(chunk, (json) => arrived = (json as Uint8Array).slice());
    assertEquals(decoder.space, undefined);
    push(Uint8Array.from([...header, ...body.subarray(0, before)]));
    for (let at = before; at < body.length;) {
      const space = decoder.space;
      const count = Math.min(70_001, body.length - at, space?.length ?? Infinity);
      const chunk = space?.subarray(0, count) ?? new Uint8Array(count);
      chunk.set(body.subarray(at, at += count));
      push(chunk);
    }
    assertEquals(arrived, body);
    assert(decoder.idle && decoder.space === undefined);
  }
});

Deno.test("Connection: a frame whose bytes do not fit is refused, and the session goes on", async () => {
  const [left, right] = memoryPair();
  const server = new Connection(right, { dispatch: ({ params }) => params });
  await using peer = new RawPeer(left);
  const encoder = new FrameEncoder();
  const request =
    '{"jsonrpc":"2.0","id":1,"method":"echo","params":{},"bytes":[[["params","x"],1]]}';
  encoder.appendWithBytes(request, [some(1)]);
  await peer.sendBytes(takeAll(encoder));
  const { id, error } = await peer.receive();
  assertEquals([id, error.code], [1, ErrorCode.InvalidRequest]);
  await peer.send({ jsonrpc: "2.0", id: 2, method: "echo", params: { still: "there" } });
  assertEquals((await peer.receive()).result, { still: "there" });
  await server.close();
});

Deno.test("takesBytes reads only what a greeting may say", () => {
  assert(takesBytes({ accept: ["x", BYTES_TYPE] }));
  for (const ping of [null, undefined, [], {}, { accept: BYTES_TYPE }, { accept: ["x"] }]) {
    assert(!takesBytes(ping));
  }
});

Deno.test("Connection: params that are bytes themselves are refused", async () => {
  const [left, right] = memoryPair();
  const server = new Connection(right, { dispatch: () => "handled" });
  await using peer = new RawPeer(left);
  const encoder = new FrameEncoder();
  const request = '{"jsonrpc":"2.0","id":1,"method":"x","params":null,"bytes":[[["params"],1]]}';
  encoder.appendWithBytes(request, [some(1)]);
  await peer.sendBytes(takeAll(encoder));
  assertEquals((await peer.receive()).error.code, ErrorCode.InvalidRequest);
  await server.close();
});

Deno.test("Connection: an error too large to send is told short, and the session goes on", async () => {
  await using pair = sessionPair({
    fail: () => {
      throw new Error("x".repeat(70 << 20));
    },
    fine: () => 1,
  });
  await assertRejects(() => pair.client.call("fail"), RemoteError, "xxx");
  assertEquals((await pair.client.call("fine")).result, 1);
});
