import { joinedBytes } from "../../../apps/joined_bytes.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { FrameDecoder, FrameError, type FrameLimits } from "../../../lib/ipc/wire/codec.ts";
import { FrameEncoder } from "../../../lib/ipc/wire/frame_encoder.ts";

const utf8 = new TextEncoder();

function frame(body: string, headers = ""): Uint8Array {
  const bytes = utf8.encode(body);
  return utf8.encode(`${headers}Content-Length: ${bytes.length}\r\n\r\n${body}`);
}

const concat = (...parts: Uint8Array[]) => joinedBytes(parts);

/** Bodies decoded from chunks; the decoder must be between two frames afterwards. */
function decode(chunks: Iterable<Uint8Array>, limits?: FrameLimits): string[] {
  const decoder = new FrameDecoder(limits);
  const bodies: string[] = [];
  for (const chunk of chunks) decoder.push(chunk, (body) => bodies.push(textOf(body)));
  assert(decoder.idle, "an unfinished frame is left");
  return bodies;
}

function* bytewise(bytes: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i++) yield bytes.slice(i, i + 1);
}

Deno.test("FrameDecoder joins frames that are split at any byte", () => {
  const bodies = ['{"a":1}', "", "zażółć 😀 gęślą", "x".repeat(300), "{}"];
  const whole = concat(
    frame(bodies[0]!),
    frame(bodies[1]!),
    frame(bodies[2]!, "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n"),
    frame(bodies[3]!),
    frame(bodies[4]!, "X-Trace: 00-ab: cd\r\n"),
  );
  for (let cut = 0; cut <= whole.length; cut++) {
    assertEquals(decode([whole.slice(0, cut), whole.slice(cut)]), bodies, `cut at ${cut}`);
  }
  assertEquals(decode(bytewise(whole)), bodies, "byte by byte");
});

Deno.test("FrameDecoder delivers every frame of one chunk, in order", () => {
  const bodies = Array.from({ length: 500 }, (_, i) => `{"id":${i}}`);
  assertEquals(decode([concat(...bodies.map((body) => frame(body)))]), bodies);
});

Deno.test("FrameDecoder delivers an empty body without waiting for more bytes", () => {
  const bodies: string[] = [];
  const decoder = new FrameDecoder();
  decoder.push(frame(""), (body) => bodies.push(textOf(body)));
  assertEquals(bodies, [""]);
  decoder.push(concat(frame(""), frame("")), (body) => bodies.push(textOf(body)));
  assertEquals(bodies, ["", "", ""]);
  for (const byte of bytewise(frame(""))) decoder.push(byte, () => bodies.push("split"));
  assertEquals(bodies.length, 4);
  decoder.push(new Uint8Array(0), () => bodies.push("of nothing"));
  assertEquals(bodies.length, 4);
});

Deno.test("FrameDecoder.idle tells whether the stream may end here", () => {
  const decoder = new FrameDecoder();
  assert(decoder.idle);
  const whole = frame("{}");
  for (let i = 0; i < whole.length; i++) {
    decoder.push(whole.subarray(i, i + 1), () => {});
    assertEquals(decoder.idle, i === whole.length - 1, `after ${i + 1} bytes`);
  }
});

Deno.test("FrameDecoder reads headers as the base protocol allows them", () => {
  const blocks = [
    "Content-Length: 2\r\n\r\n",
    "content-length:2\r\n\r\n",
    "CONTENT-LENGTH:   2  \r\n\r\n",
    "Content-Length: 0000000002\r\n\r\n",
    "Content-Length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
    "Content-Type: application/vscode-jsonrpc;charset=utf8\r\nContent-Length: 2\r\n\r\n",
    'Content-Type: application/json; Charset = "UTF-8"\r\nContent-Length: 2\r\n\r\n',
    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n",
    "X-Any: a:b:c\r\nContent-Length: 2\r\nX-None:\r\n\r\n",
  ];
  for (const block of blocks) {
    const bytes = utf8.encode(`${block}{}`);
    assertEquals(decode([bytes]), ["{}"], JSON.stringify(block));
    assertEquals(decode(bytewise(bytes)), ["{}"], `byte by byte: ${JSON.stringify(block)}`);
  }
});

Deno.test("FrameDecoder refuses what is no frame, whole or byte by byte", () => {
  const cases: [string, string][] = [
    ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not a header line"],
    ['{"jsonrpc":"2.0"}\r\n\r\n', "without Content-Length"],
    ["\r\n\r\n", "without Content-Length"],
    ["Host: x\r\n\r\n", "without Content-Length"],
    [": 5\r\n\r\n", "not a header line"],
    ["Content-Length\r\n\r\n", "not a header line"],
    ["Content-Length: \r\n\r\n", "not a Content-Length"],
    ["Content-Length: -1\r\n\r\n", "not a Content-Length"],
    ["Content-Length: +1\r\n\r\n", "not a Content-Length"],
    ["Content-Length: 1.5\r\n\r\n", "not a Content-Length"],
    ["Content-Length: 1e3\r\n\r\n", "not a Content-Length"],
    ["Content-Length: 0x10\r\n\r\n", "not a Content-Length"],
    ["Content-Length: 1 2\r\n\r\n", "not a Content-Length"],
    ["Content-Length: 12345678901\r\n\r\n", "over the limit"],
    [`Content-Length: ${"9".repeat(400)}\r\n\r\n`, "over the limit"],
    ["Content-Length: 2\nX-Any: a\r\n\r\n", "not a Content-Length"],
    ["Content-Length: 2\r\nContent-Length: 2\r\n\r\n", "two Content-Length"],
    ["Content-Length: 2\r\nContent-Type: a/b; charset=utf-16\r\n\r\n", 'charset "utf-16"'],
    ["Content-Length: 9999999999\r\n\r\n", "over the limit"],
    ["\x16\x03\x01\x02", "expected a header line"],
    ["\x00\x00\x00\x02{}", "expected a header line"],
  ];
  for (const [sent, why] of cases) {
    const bytes = utf8.encode(sent);
    assertThrows(() => decode([bytes]), FrameError, why, JSON.stringify(sent));
    assertThrows(() => decode(bytewise(bytes)), FrameError, why, JSON.stringify(sent));
  }
});

Deno.test("FrameDecoder keeps the header limit to the byte", () => {
  const limits = { header: 64, body: 100 };
  const block = (size: number) => {
    const rest = "Content-Length: 2\r\n\r\n";
    return utf8.encode(`X: ${"a".repeat(size - rest.length - 5)}\r\n${rest}{}`);
  };
  assertEquals(decode([block(64)], limits), ["{}"]);
  assertEquals(decode(bytewise(block(64)), limits), ["{}"]);
  assertThrows(() => decode([block(65)], limits), FrameError, "a header is over 64 bytes");
  assertThrows(() => decode(bytewise(block(65)), limits), FrameError, "over 64 bytes");
  const endless = new FrameDecoder(limits);
  endless.push(utf8.encode("X".repeat(64)), () => {});
  assertThrows(() => endless.push(utf8.encode("X"), () => {}), FrameError, "over 64 bytes");
});

Deno.test("FrameDecoder keeps the body limit to the byte, before any of the body is there", () => {
  const limits = { header: 64, body: 100 };
  assertEquals(decode([frame("x".repeat(100))], limits), ["x".repeat(100)]);
  for (const headers of ["", "X: y\r\n"]) {
    const decoder = new FrameDecoder(limits);
    const header = utf8.encode(`${headers}Content-Length: 101\r\n\r\n`);
    const error = assertThrows(() => decoder.push(header, () => {}), FrameError);
    assertStringIncludes(error.message, "a body of 101 bytes is over the limit of 100");
  }
});

Deno.test("FrameDecoder counts a multi-byte body in bytes", () => {
  const body = "€".repeat(50);
  assertEquals(decode([frame(body)], { header: 64, body: 150 }), [body]);
  assertThrows(() => decode([frame(body)], { header: 64, body: 149 }), FrameError);
});

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

Deno.test("FrameEncoder and FrameDecoder: 20,000 seeded frames survive random cuts", () => {
  const random = seeded(20_000);
  const below = (limit: number) => Math.floor(random() * limit);
  const letters = ["a", "7", '"', "é", "ł", "€", "語", "😀", "\n", "\0"];
  const encoder = new FrameEncoder();
  const sent: string[] = [];
  const parts: Uint8Array[] = [];
  const collect = () => {
    const taken = encoder.take();
    if (taken !== null) parts.push(taken.slice());
  };
  for (let i = 0; i < 20_000; i++) {
    const length = random() < 0.002 ? below(70_000) : below(130);
    const letter = letters[below(letters.length)]!;
    const body = letter.repeat(length) + (random() < 0.5 ? "z" : "");
    sent.push(body);
    if (random() < 0.05) {
      collect();
      parts.push(frame(body, `X-Number: ${i}\r\n`));
    } else encoder.append(body);
    if (random() < 0.3) collect();
  }
  collect();
  const whole = concat(...parts);
  const decoder = new FrameDecoder();
  let received = 0;
  for (let at = 0; at < whole.length;) {
    const size = random() < 0.01 ? below(200_000) : 1 + below(400);
    decoder.push(whole.subarray(at, at + size), (body) => {
      const expected = sent[received++];
      if (textOf(body) !== expected) throw new Error(`frame ${received - 1} differs`);
    });
    at += size;
  }
  assertEquals(received, sent.length);
  assert(decoder.idle);
});
