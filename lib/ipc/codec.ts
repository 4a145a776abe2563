/**
 * Bytes to frames and back: LSP base-protocol headers (`Content-Length: N\r\n\r\n`) before each
 * body. Pure, no I/O.
 *
 * @see https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol
 * @module
 */

/** How large the parts of a frame may be, in bytes. */
export interface FrameLimits {
  /** All header lines of a frame together. */
  header: number;
  /** One body. */
  body: number;
}

/** Headers of 4 KiB, bodies of 64 MiB. */
export const DEFAULT_FRAME_LIMITS: FrameLimits = { header: 4 << 10, body: 64 << 20 };

/** The peer sent something that is no frame, or one over a limit. The connection cannot go on. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const CR = 13;
const LF = 10;
const DIGIT_0 = 48;
const ascii = new TextDecoder("latin1");
const encoder = new TextEncoder();
const LENGTH_PREFIX = encoder.encode("Content-Length: ");

/** Cuts a stream of bytes into frame bodies. */
export class FrameDecoder {
  readonly #limits: FrameLimits;
  /** Bytes of an unfinished header, or of an unfinished body once `#bodyLength` is known. */
  #held = new Uint8Array(0);
  #heldLength = 0;
  #bodyLength = -1;

  constructor(limits: FrameLimits = DEFAULT_FRAME_LIMITS) {
    this.#limits = limits;
  }

  /**
   * Takes the next bytes and calls `deliver` for each body that they complete. A body is a view
   * that is valid only during the call.
   *
   * @throws {FrameError} on a broken header or one over a limit; nothing more may be pushed then.
   */
  push(chunk: Uint8Array, deliver: (body: Uint8Array) => void): void {
    let at = 0;
    while (at < chunk.length || this.#bodyLength === 0) {
      if (this.#bodyLength < 0) {
        at = this.#readHeader(chunk, at);
        continue;
      }
      const missing = this.#bodyLength - this.#heldLength;
      if (chunk.length - at < missing) {
        this.#hold(chunk.subarray(at));
        return;
      }
      let body: Uint8Array;
      if (this.#heldLength === 0) {
        body = chunk.subarray(at, at + missing);
      } else {
        this.#hold(chunk.subarray(at, at + missing));
        body = this.#held.subarray(0, this.#heldLength);
        // The next frame gets a buffer of its own: this one may be large.
        this.#held = new Uint8Array(0);
      }
      at += missing;
      this.#heldLength = 0;
      this.#bodyLength = -1;
      deliver(body);
    }
  }

  /** Whether the stream may end here: between two frames. */
  get idle(): boolean {
    return this.#bodyLength < 0 && this.#heldLength === 0;
  }

  /** Reads a header from `at` on; returns where the body begins, or the chunk's end. */
  #readHeader(chunk: Uint8Array, at: number): number {
    if (this.#heldLength === 0) {
      const end = this.#readPlainHeader(chunk, at);
      if (end > 0) return end;
    }
    // Seldom: split over chunks, or with further headers. Byte by byte up to the empty line.
    const room = this.#limits.header - this.#heldLength;
    let end = at;
    while (end < chunk.length && !this.#endsHeader(chunk, at, end)) end++;
    const complete = end < chunk.length;
    const part = chunk.subarray(at, complete ? end + 1 : end);
    if (part.length > room) throw new FrameError(`a header is over ${this.#limits.header} bytes`);
    this.#hold(part);
    if (complete) {
      const header = ascii.decode(this.#held.subarray(0, this.#heldLength));
      this.#heldLength = 0;
      this.#held = new Uint8Array(0);
      this.#bodyLength = this.#checkLength(parseHeader(header));
    } else {
      this.#checkFirstBytes();
    }
    return at + part.length;
  }

  /** The common header, whole in one chunk. Returns where its body begins, 0 when it is not that. */
  #readPlainHeader(chunk: Uint8Array, at: number): number {
    const prefix = LENGTH_PREFIX.length;
    if (chunk.length - at < prefix + 5) return 0;
    for (let i = 0; i < prefix; i++) if (chunk[at + i] !== LENGTH_PREFIX[i]) return 0;
    let length = 0;
    let i = at + prefix;
    const lastDigit = i + 10;
    for (; i < chunk.length && i < lastDigit; i++) {
      const digit = chunk[i]! - DIGIT_0;
      if (digit < 0 || digit > 9) break;
      length = length * 10 + digit;
    }
    if (i === at + prefix) return 0;
    if (
      chunk[i] !== CR || chunk[i + 1] !== LF || chunk[i + 2] !== CR || chunk[i + 3] !== LF
    ) return 0;
    this.#bodyLength = this.#checkLength(length);
    return i + 4;
  }

  /** Whether the byte at `end` finishes `\r\n\r\n`, looking back into what is held. */
  #endsHeader(chunk: Uint8Array, start: number, end: number): boolean {
    if (chunk[end] !== LF) return false;
    const before = (back: number): number | undefined => {
      const i = end - back;
      return i >= start ? chunk[i] : this.#held[this.#heldLength - (start - i)];
    };
    return this.#heldLength + end - start >= 3 && before(1) === CR && before(2) === LF &&
      before(3) === CR;
  }

  #checkLength(length: number): number {
    if (length > this.#limits.body) {
      throw new FrameError(`a body of ${length} bytes is over the limit of ${this.#limits.body}`);
    }
    return length;
  }

  /** A peer that speaks another protocol is told so by its first bytes, not by a time-out. */
  #checkFirstBytes(): void {
    for (let i = 0; i < this.#heldLength; i++) {
      const byte = this.#held[i]!;
      if (byte === CR || byte === LF) break;
      if (byte < 0x20 || byte > 0x7e) {
        throw new FrameError("expected a header line such as Content-Length: 123");
      }
    }
  }

  #hold(bytes: Uint8Array): void {
    const needed = this.#heldLength + bytes.length;
    if (needed > this.#held.length) {
      // Grows with what arrives, so that a large announced length alone costs no memory.
      const size = Math.max(
        needed,
        Math.min(this.#held.length * 2, Math.max(this.#bodyLength, 256)),
      );
      const grown = new Uint8Array(size);
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#heldLength);
    this.#heldLength = needed;
  }
}

/** The body length that a header block gives. */
function parseHeader(block: string): number {
  let length: number | undefined;
  for (const line of block.split("\r\n")) {
    if (line === "") continue;
    const colon = line.indexOf(":");
    if (colon <= 0) throw new FrameError(`not a header line: ${JSON.stringify(line.slice(0, 80))}`);
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "content-length") {
      if (!/^[0-9]{1,10}$/.test(value)) {
        throw new FrameError(`not a Content-Length: ${JSON.stringify(value.slice(0, 80))}`);
      }
      if (length !== undefined) throw new FrameError("two Content-Length headers in one frame");
      length = Number(value);
    } else if (name === "content-type") {
      const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(value)?.[1]?.toLowerCase();
      if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") {
        throw new FrameError(`cannot read charset ${JSON.stringify(charset)}: send UTF-8`);
      }
    }
  }
  if (length === undefined) throw new FrameError("a frame without Content-Length");
  return length;
}

/** Largest text that is encoded in place; a larger one would triple the buffer for nothing. */
const IN_PLACE = 64 << 10;
/** Buffers over this many bytes are given back after use. */
const KEEP = 16 << 10;

/**
 * Collects frames into one buffer, so that all messages of a turn leave in one write. Two buffers
 * take turns: one is being written while the other fills.
 */
export class FrameEncoder {
  #filling = new Uint8Array(0);
  #spare = new Uint8Array(0);
  #length = 0;

  /** Appends one frame with `text` as its body. */
  append(text: string): void {
    if (text.length > IN_PLACE) {
      const body = encoder.encode(text);
      const at = this.#reserve(body.length + 48) + this.#header(this.#length, body.length);
      this.#filling.set(body, at);
      this.#length = at + body.length;
      return;
    }
    const start = this.#reserve(text.length * 3 + 48);
    // Nearly all text is ASCII: assume its length in bytes and move the body where it is not.
    const guess = headerLength(text.length);
    const { written } = encoder.encodeInto(text, this.#filling.subarray(start + guess));
    const actual = headerLength(written);
    if (actual !== guess) {
      this.#filling.copyWithin(start + actual, start + guess, start + guess + written);
    }
    this.#header(start, written);
    this.#length = start + actual + written;
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /**
   * The frames collected so far, or `null` when there are none. The view is valid until the
   * next `take`.
   */
  take(): Uint8Array | null {
    if (this.#length === 0) return null;
    const full = this.#filling;
    const bytes = full.subarray(0, this.#length);
    this.#filling = this.#spare;
    this.#spare = full.length > KEEP ? new Uint8Array(0) : full;
    this.#length = 0;
    return bytes;
  }

  #reserve(bytes: number): number {
    const needed = this.#length + bytes;
    if (needed > this.#filling.length) {
      const grown = new Uint8Array(Math.max(needed, this.#filling.length * 2, 1 << 10));
      grown.set(this.#filling.subarray(0, this.#length));
      this.#filling = grown;
    }
    return this.#length;
  }

  /** Writes the header for a body of `length` bytes; returns the header's own length. */
  #header(at: number, length: number): number {
    const buffer = this.#filling;
    buffer.set(LENGTH_PREFIX, at);
    const size = headerLength(length);
    let i = at + size - 4;
    buffer[i] = CR;
    buffer[i + 1] = LF;
    buffer[i + 2] = CR;
    buffer[i + 3] = LF;
    do {
      buffer[--i] = DIGIT_0 + length % 10;
      length = Math.floor(length / 10);
    } while (length > 0);
    return size;
  }
}

function headerLength(body: number): number {
  let digits = 1;
  for (let rest = body; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  return LENGTH_PREFIX.length + digits + 4;
}
