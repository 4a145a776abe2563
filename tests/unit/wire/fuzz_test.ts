import { assert, assertEquals, assertThrows } from "@std/assert";
import { FrameDecoder, FrameError } from "../../../lib/ipc/wire/codec.ts";
import { FrameEncoder } from "../../../lib/ipc/wire/frame_encoder.ts";
import fc from "fast-check";
import { fuzzCodec } from "../../support/chaos/fuzz_codec.ts";
import { bytesOf, fatal, sessions } from "../../support/chaos/fuzz_frames.ts";

const SEED = 20_260_102;
/** Frames here; tests/chaos has many times as many. */
const FRAMES = 10_000;
/** A byte order mark may be meant. */
const keepingMark = new TextDecoder("utf-8", { ignoreBOM: true });

Deno.test("fuzz: the codec delivers or refuses every frame, however its bytes are cut", () => {
  assert(fuzzCodec(SEED, FRAMES) >= FRAMES);
});

Deno.test("fuzz: what the encoder writes, the decoder reads, split at every byte", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary" }), { minLength: 1, maxLength: 4 }),
      (texts) => {
        const encoder = new FrameEncoder();
        for (const text of texts) encoder.append(text);
        const bytes = encoder.take()!.slice();
        // What UTF-8 cannot hold (half a surrogate pair) is replaced when it is written.
        const expected = texts.map((text) => text.toWellFormed());
        for (let at = 0; at <= bytes.length; at++) {
          const decoder = new FrameDecoder();
          const got: string[] = [];
          const take = (body: Uint8Array | string) =>
            got.push(typeof body === "string" ? body : keepingMark.decode(body));
          decoder.push(bytes.subarray(0, at), take);
          decoder.push(bytes.subarray(at), take);
          assertEquals(got, expected);
          assert(decoder.idle);
        }
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("fuzz: no header that is none gets through, split at every byte", () => {
  fc.assert(
    fc.property(fatal, (bytes) => {
      for (let at = 0; at <= bytes.length; at += Math.max(1, bytes.length >> 6)) {
        const decoder = new FrameDecoder();
        assertThrows(() => {
          decoder.push(bytes.subarray(0, at), () => {});
          decoder.push(bytes.subarray(at), () => {});
        }, FrameError);
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("fuzz: the same seed draws the same bytes", () => {
  // Ids go on counting; everything else is the seed's.
  const drawn = () =>
    sessions(SEED, 20).map((one) =>
      new TextDecoder("latin1").decode(bytesOf(one)).replaceAll(/f\d+/g, "f").replaceAll(
        /Content-Length: \d+/g,
        "",
      )
    );
  assertEquals(drawn(), drawn());
});
