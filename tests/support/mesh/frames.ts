import type { FrameEncoder } from "../../../lib/ipc/wire/frame_encoder.ts";

/** All that an encoder collected, in one block of its own. */
export function takeAll(encoder: FrameEncoder): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let block = encoder.take(); block !== null; block = encoder.take()) {
    blocks.push(block.slice());
  }
  const whole = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
}
