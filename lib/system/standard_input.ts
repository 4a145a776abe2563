/** Reading standard input, also where another program has set it not to wait. */
import { pause } from "./waiting.ts";

/** Milliseconds until the next try, where there is nothing to read yet. */
const RETRY = 10;

/** What could be read into the buffer: a part of it, or `null` at the end. */
export async function readInput(
  buffer: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  for (;;) {
    try {
      const count = await Deno.stdin.read(buffer);
      return count === null ? null : buffer.subarray(0, count);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await pause(RETRY);
    }
  }
}

/** All of it. */
export async function readAllInput(): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(64 << 10);
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let bytes; (bytes = await readInput(buffer)) !== null;) pieces.push(bytes.slice());
  return await new Blob(pieces).bytes();
}
