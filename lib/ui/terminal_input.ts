/** The keyboard for a view, read by Deno itself. */
import { Readable } from "node:stream";
import { readInput } from "../system/standard_input.ts";

/** Bytes that are read at a time; what is pasted comes in several pieces. */
const SIZE = 4096;

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
    // A terminal that has gone reads as an end.
    readInput(new Uint8Array(SIZE)).then((bytes) => this.push(bytes), () => this.push(null));
  }
}
