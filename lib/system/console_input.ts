/**
 * What is typed in this process's console on Windows.
 *
 * Deno reads a console as if it were a file. Its text comes then in an old code page of the system,
 * which has no place for most letters: https://github.com/denoland/deno/issues/18240
 */
import { kernel32 } from "./kernel32.ts";

const STD_INPUT_HANDLE = -10 >>> 0;
/** UTF-16 units that one read takes at most; a paste comes in several. */
const UNITS = 4096;

/**
 * Waits for text and puts it into `into`. Resolves to the number of UTF-16 units, which may end in
 * the middle of a character, or to null once nothing can be typed any more.
 */
export type ReadUnits = (into: Uint16Array<ArrayBuffer>) => Promise<number | null>;

/** Typed text as UTF-8, as it comes from a terminal elsewhere. One read at a time. */
export class ConsoleInput {
  readonly #readUnits: ReadUnits;
  readonly #units = new Uint16Array(new ArrayBuffer(UNITS * Uint16Array.BYTES_PER_ELEMENT));
  /** Keeps the first half of a character until the second comes. */
  readonly #decoder = new TextDecoder("utf-16le", { ignoreBOM: true });

  constructor(readUnits: ReadUnits = readConsole) {
    this.#readUnits = readUnits;
  }

  /**
   * The next characters, or null at the end.
   *
   * A read cannot be taken back: it holds one of Deno's threads, and the process too, until something
   * is typed. Who leaves without that ends the process by `Deno.exit`.
   */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const count = await this.#readUnits(this.#units);
      if (count === null) return null;
      const text = this.#decoder.decode(this.#units.subarray(0, count), { stream: true });
      if (text !== "") return new TextEncoder().encode(text);
    }
  }
}

/** https://learn.microsoft.com/windows/console/readconsole */
async function readConsole(into: Uint16Array<ArrayBuffer>): Promise<number | null> {
  const { GetStdHandle, ReadConsoleW } = kernel32();
  const count = new Uint32Array(new ArrayBuffer(Uint32Array.BYTES_PER_ELEMENT));
  const done = await ReadConsoleW(GetStdHandle(STD_INPUT_HANDLE), into, into.length, count, null);
  // It fails where there is no console any more: its window was closed.
  return done === 0 ? null : count[0]!;
}
