import { assert, assertEquals } from "@std/assert";
import { textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { FrameDecoder } from "../../../lib/ipc/wire/codec.ts";
import { FrameEncoder } from "../../../lib/ipc/wire/frame_encoder.ts";
import { takeAll } from "../../support/mesh/frames.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder();

function expected(body: string): string {
  return `Content-Length: ${utf8.encode(body).length}\r\n\r\n${body}`;
}

function decode(bytes: Uint8Array): string[] {
  const bodies: string[] = [];
  new FrameDecoder().push(bytes, (body) => bodies.push(textOf(body)));
  return bodies;
}

Deno.test("FrameEncoder writes the length in bytes at every number of digits", () => {
  // Where letters take several bytes, the length may have more digits than the text has letters.
  const lengths = [0, 1, 3, 4, 5, 9, 10, 33, 34, 49, 50, 99, 100, 250, 333, 334, 499, 500, 999];
  lengths.push(1_000, 3_333, 3_334, 9_999, 10_000, 21_845, 21_846, 33_334, 65_535, 65_536, 65_537);
  lengths.push(100_000, 333_334);
  for (const letter of ["a", "é", "€", "😀"]) {
    for (const length of lengths) {
      const body = letter.repeat(length);
      const encoder = new FrameEncoder();
      encoder.append(body);
      const bytes = takeAll(encoder);
      assert(text.decode(bytes) === expected(body), `${length} times ${letter}`);
    }
  }
});

Deno.test("FrameEncoder: letters of several bytes fill its buffer to the last byte", () => {
  // A length of so many letters has one digit less than the one in bytes.
  for (let letters = 920; letters < 1_000; letters++) {
    for (let wide = 1; wide < 100; wide++) {
      const body = "ü".repeat(wide).padEnd(letters, "x");
      const encoder = new FrameEncoder();
      encoder.append(body);
      const right = text.decode(takeAll(encoder)) === expected(body);
      assert(right, `${letters} letters, ${wide} of them wide`);
    }
  }
});

Deno.test("FrameEncoder collects frames of any size into one block", () => {
  const bodies = ["{}", "é".repeat(9), "x".repeat(70_000), "", "€".repeat(40_000), "end"];
  const encoder = new FrameEncoder();
  assertEquals(encoder.length, 0);
  for (const body of bodies) encoder.append(body);
  const { length } = encoder;
  const bytes = takeAll(encoder);
  assertEquals(bytes.length, length);
  assert(text.decode(bytes) === bodies.map(expected).join(""));
  assertEquals(encoder.length, 0);
});

Deno.test("FrameEncoder.take gives null when nothing waits, and keeps its buffers", () => {
  const encoder = new FrameEncoder();
  assertEquals(encoder.take(), null);
  encoder.append("a");
  const taken = encoder.take()!;
  assertEquals(encoder.take(), null);
  assertEquals(encoder.take(), null);
  encoder.append("b");
  assertEquals(decode(taken), ["a"]);
});

Deno.test("FrameEncoder.take: a view stays intact while the next block fills", () => {
  const encoder = new FrameEncoder();
  const sizes = [1, 900, 10, 5_000, 20_000, 3, 60_000, 7, 16_000, 17_000, 1];
  for (const [i, size] of sizes.entries()) {
    const letter = String.fromCharCode(97 + i);
    encoder.append(letter.repeat(size));
    const taken = encoder.take()!;
    // As much again as every buffer so far can hold, in many frames and in one.
    for (let j = 0; j < 50; j++) encoder.append("#".repeat(100));
    encoder.append("#".repeat(size));
    assertEquals(decode(taken), [letter.repeat(size)], `${size} bytes`);
    const next = encoder.take()!;
    assertEquals(decode(next).length, 51);
    assert(next.buffer !== taken.buffer);
  }
});

Deno.test("FrameEncoder writes a lone surrogate as the replacement character", () => {
  const encoder = new FrameEncoder();
  encoder.append("a\ud800b");
  assertEquals(decode(encoder.take()!), ["a\ufffdb"]);
});

Deno.test("FrameEncoder gives a large body out as a block of its own, in its turn", () => {
  const encoder = new FrameEncoder();
  const large = "x".repeat(200_000);
  const bytes = new Uint8Array(100_000);
  encoder.append("a");
  encoder.append(large);
  encoder.append("b");
  encoder.appendWithBytes("c", [bytes]);
  const blocks: Uint8Array[] = [];
  for (let left = encoder.length; left > 0; left = encoder.length) {
    const block = encoder.take()!;
    assertEquals(encoder.length, left - block.length);
    blocks.push(block.byteLength > 1_000 ? block : block.slice());
  }
  assertEquals(blocks.length, 4);
  assertEquals(blocks[1]!.length, large.length);
  assert(blocks[3] === bytes, "large bytes are not copied");
  const bodies: string[] = [];
  const decoder = new FrameDecoder();
  for (const block of blocks) {
    decoder.push(
      block,
      (json, tail) => bodies.push(textOf(json).slice(0, 5), `${tail?.length}`),
    );
  }
  assertEquals(bodies, ["a", "undefined", "xxxxx", "undefined", "b", "undefined", "c", "100000"]);
});
