/**
 * Frames to text. Most frames are short and ASCII, and many come in one chunk: decoding them
 * together takes a fraction of what decoding each of them does. Pure.
 *
 * @module
 */

/** Bytes that are decoded together, and the longest frame that is decoded so. */
const WINDOW = 8 << 10;
/** Much faster than one that refuses what is no UTF-8; a byte order mark counts as a letter. */
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { fatal: true });
/** What stands in for bytes that are no UTF-8, and seldom is meant. */
const REPLACEMENT = "\uFFFD";

/** The text of what lies in one chunk, decoded piece by piece. */
export class ChunkText {
  readonly #chunk: Uint8Array;
  /** What is decoded, and where it lies in the chunk. */
  #text: string | null = null;
  #from = 0;
  #to = 0;

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk;
  }

  /**
   * The bytes from `from` to `to` as text, later ones in each call; `null` where they are many, or
   * not all ASCII as are those next to them.
   */
  between(from: number, to: number): string | null {
    if (to > this.#to) {
      if (to - from > WINDOW) return null;
      this.#from = from;
      this.#to = Math.min(from + WINDOW, this.#chunk.length);
      const text = lenient.decode(this.#chunk.subarray(from, this.#to));
      // As many letters as bytes, none of which stands for a broken one: each byte is a letter.
      const plain = text.length === this.#to - from && !text.includes(REPLACEMENT);
      this.#text = plain ? text : null;
    }
    return this.#text === null ? null : this.#text.slice(from - this.#from, to - this.#from);
  }
}

/**
 * The text of a frame's JSON, where that is not at hand.
 *
 * @throws {TypeError} where the bytes are no UTF-8.
 */
export function textOf(bytes: Uint8Array | string): string {
  if (typeof bytes === "string") return bytes;
  const text = lenient.decode(bytes);
  const doubtful = text.includes(REPLACEMENT) || text.startsWith("\uFEFF");
  return doubtful ? strict.decode(bytes) : text;
}
