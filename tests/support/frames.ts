import type { FrameEncoder } from "../../lib/ipc/frame_encoder.ts";

/** All that an encoder collected, in one block of its own. */
export function takeAll(encoder: FrameEncoder): Uint8Array {
  const whole = new Uint8Array(encoder.length);
  let at = 0;
  for (let block = encoder.take(); block !== null; block = encoder.take()) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
}
