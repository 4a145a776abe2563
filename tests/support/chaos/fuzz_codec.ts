/**
 * The codec under fuzzing: it delivers or throws a FrameError, however the bytes are cut.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { FrameDecoder, FrameError } from "../../../lib/ipc/wire/codec.ts";
import { DEFAULT_LIMITS } from "../../../lib/ipc/session/limits.ts";
import { readMessage } from "../../../lib/ipc/wire/message_reader.ts";
import { bytesOf, cut, sessions } from "./fuzz_frames.ts";

/** Each session is decoded whole, cut where it was drawn to be, and in small pieces. */
const TIMES = 3;
/** Bytes of such a piece. */
const SMALL = 61;

/** What decoding came to. */
interface Decoded {
  bodies: string[];
  error: string | null;
}

function decode(pieces: readonly Uint8Array[]): Decoded {
  const decoder = new FrameDecoder();
  const bodies: string[] = [];
  try {
    for (const piece of pieces) {
      decoder.push(piece, (json, tail) => {
        const read = readMessage(json, tail, DEFAULT_LIMITS.depth);
        bodies.push(read.kind === "unreadable" ? `${read.code} ${read.id}` : read.kind);
      });
    }
  } catch (error) {
    assertInstanceOf(error, FrameError);
    return { bodies, error: error.message };
  }
  return { bodies, error: null };
}

/** Fuzzes the codec; returns how many frames it was given, each session's three times. */
export function fuzzCodec(seed: number, atLeast: number): number {
  let frames = 0;
  for (let round = 0; frames < atLeast; round++) {
    for (const one of sessions(seed + round, 100)) {
      const bytes = bytesOf(one);
      const whole = decode([bytes]);
      const name = `seed ${seed + round}, a session that ends with ${one.end.kind}`;
      assertEquals(decode(cut(bytes, one.cuts)), whole, name);
      const pieces = [];
      for (let at = 0; at < bytes.length; at += SMALL) pieces.push(bytes.subarray(at, at + SMALL));
      assertEquals(decode(pieces), whole, name);
      assert(whole.bodies.length >= one.frames.length, name);
      if (one.end.kind === "fatal") assert(whole.error !== null, name);
      if (one.end.kind === "order") assertEquals(whole.error, null, name);
      frames += (one.frames.length + 1) * TIMES;
    }
  }
  return frames;
}
