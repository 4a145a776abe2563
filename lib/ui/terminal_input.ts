/** The keyboard for a view, read by Deno itself. */
import { Readable } from "node:stream";

/** Bytes that are read at a time; what is pasted comes in several pieces. */
const SIZE = 4096;
/** Milliseconds until the next try, where another program made the terminal answer at once. */
const RETRY = 10;

/**
 * Standard input as Ink wants it. `process.stdin` opens the terminal once more by its name, to read
 * it without waiting. Where that may not be, as after `su`, because the terminal is another user's,
 * each of its reads stops the whole program until a key comes. `Deno.stdin` waits in a thread.
 *
 * A read cannot be taken back: a program that has shown a view ends by `Deno.exit`, or it waits for
 * one more key.
 */
export class TerminalInput extends Readable {
  readonly isTTY = true;

  /** Whether keys come as they are pressed, and none of them means anything to the system. */
  setRawMode(raw: boolean): this {
    Deno.stdin.setRaw(raw);
    return this;
  }

  /** Nothing can be done about the read that waits; Ink asks all the same. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    readKeys().then((bytes) => this.push(bytes), () => this.push(null));
  }
}

/** The next keys; `null` at the end. */
async function readKeys(): Promise<Uint8Array | null> {
  const buffer = new Uint8Array(SIZE);
  for (;;) {
    try {
      const count = await Deno.stdin.read(buffer);
      return count === null ? null : buffer.subarray(0, count);
    } catch (error) {
      // A terminal that has gone reads as an end.
      if (!(error instanceof Deno.errors.WouldBlock)) return null;
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}
