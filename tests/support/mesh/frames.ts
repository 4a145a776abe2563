import { joinedBytes } from "../../../apps/joined_bytes.ts";
import type { FrameEncoder } from "../../../lib/ipc/wire/frame_encoder.ts";

/** All that an encoder collected, in one block of its own. */
export function takeAll(encoder: FrameEncoder): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let block = encoder.take(); block !== null; block = encoder.take()) {
    blocks.push(block.slice());
  }
  return joinedBytes(blocks);
}
