/**
 * Newline-delimited JSON: one message a line, for shells and for peers without a header parser.
 * A connection whose first byte is `{` speaks it, in both directions. Pure, no I/O.
 *
 * @see https://github.com/ndjson/ndjson-spec
 * @module
 */

import { DEFAULT_FRAME_LIMITS, type Deliver, FrameError, type FrameLimits } from "./codec.ts";

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const BRACE = 123;
const encoder = new TextEncoder();
/** Buffers over this many bytes are given back after use. */
const KEEP = 16 << 10;

/** Whether a connection that begins with these bytes speaks in lines: no header begins with `{`. */
export function beginsLine(bytes: Uint8Array): boolean {
  return bytes[0] === BRACE;
}

/** Cuts a stream of bytes into lines; has the shape of {@link FrameDecoder}. */
export class LineDecoder {
  readonly #limit: number;
  /** The bytes of an unfinished line. */
  #held = new Uint8Array(0);
  #heldLength = 0;

  /** A line's length is not known beforehand: nothing is read into place. */
  readonly space: undefined;

  /** @param limits a line may be as long as a body, without its end */
  constructor(limits: FrameLimits = DEFAULT_FRAME_LIMITS) {
    this.#limit = limits.body;
  }

  /**
   * Takes the next bytes and calls `deliver` for each line that they complete, without its `\n` or
   * `\r\n`. Blank lines are passed over. A body is a view that is valid only during the call.
   *
   * @throws {FrameError} on a line over the limit; nothing more may be pushed then.
   */
  push(chunk: Uint8Array, deliver: Deliver): void {
    let at = 0;
    for (let end; (end = chunk.indexOf(LF, at)) >= 0; at = end + 1) {
      let line = chunk.subarray(at, end);
      if (this.#heldLength > 0) {
        this.#hold(line);
        line = this.#held.subarray(0, this.#heldLength);
        // The next line gets a buffer of its own: this one may be large, and is being read.
        this.#held = new Uint8Array(0);
        this.#heldLength = 0;
      }
      if (line.at(-1) === CR) line = line.subarray(0, -1);
      this.#check(line.length);
      if (!isBlank(line)) deliver(line, null);
    }
    if (at < chunk.length) this.#hold(chunk.subarray(at));
  }

  /** Whether the stream may end here: between two lines. */
  get idle(): boolean {
    return this.#heldLength === 0;
  }

  #check(length: number): void {
    if (length > this.#limit) {
      throw new FrameError(`a line of ${length} bytes is over the limit of ${this.#limit}`, "body");
    }
  }

  #hold(bytes: Uint8Array): void {
    const needed = this.#heldLength + bytes.length;
    // One more than the limit may be the line's carriage return.
    this.#check(needed - 1);
    if (needed > this.#held.length) {
      const grown = new Uint8Array(Math.max(needed, this.#held.length * 2, 256));
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = needed;
  }
}

/** Collects messages into one buffer, each as a line; has the shape of `FrameEncoder`. */
export class LineEncoder {
  #filling = new Uint8Array(0);
  #spare = new Uint8Array(0);
  #length = 0;

  /** Appends one message. Its text has no line break: JSON escapes those in strings. */
  append(text: string): void {
    // Three bytes a character at most. A large text is measured first, not to triple the buffer.
    const body = text.length > KEEP ? encoder.encode(text) : null;
    const needed = this.#length + (body?.length ?? text.length * 3) + 1;
    if (needed > this.#filling.length) {
      const grown = new Uint8Array(Math.max(needed, this.#filling.length * 2, 1 << 10));
      grown.set(this.#filling.subarray(0, this.#length));
      this.#filling = grown;
    }
    if (body !== null) {
      this.#filling.set(body, this.#length);
      this.#length += body.length;
    } else {
      this.#length += encoder.encodeInto(text, this.#filling.subarray(this.#length)).written;
    }
    this.#filling[this.#length++] = LF;
  }

  /** Lines hold no bytes of anybody's. */
  keepBytes(): void {}

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** The lines collected so far, or `null` when there are none; valid until the next `take`. */
  take(): Uint8Array | null {
    if (this.#length === 0) return null;
    const full = this.#filling;
    const bytes = full.subarray(0, this.#length);
    this.#filling = this.#spare;
    this.#spare = full.length > KEEP ? new Uint8Array(0) : full;
    this.#length = 0;
    return bytes;
  }
}

function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === SPACE || byte === TAB || byte === CR);
}
