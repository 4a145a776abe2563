/**
 * Bytes to frames: LSP base-protocol headers (`Content-Length: N\r\n\r\n`) before each body. Pure,
 * no I/O. The way back is in frame_encoder.ts.
 *
 * @see https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol
 * @module
 */

import { ChunkText } from "./chunk_text.ts";

/** The content type of a frame whose JSON is followed by bytes; a peer that takes it says so. */
export const BYTES_TYPE = "application/vnd.neverliie.bytes";

/** How large the parts of a frame may be, in bytes. */
export interface FrameLimits {
  /** All header lines of a frame together. */
  header: number;
  /** One body. */
  body: number;
}

/** The limits of a decoder that is given none. */
export const DEFAULT_FRAME_LIMITS: FrameLimits = { header: 4 << 10, body: 64 << 20 };

/** The peer sent something that is no frame, or one over a limit. The connection cannot go on. */
export class FrameError extends Error {
  override readonly name = "FrameError";
  /** The limit that was broken, where one was. */
  readonly limit: keyof FrameLimits | null;

  constructor(message: string, limit: keyof FrameLimits | null = null) {
    super(message);
    this.limit = limit;
  }
}

const CR = 13;
const LF = 10;
const DIGIT_0 = 48;
/** A body of up to this many bytes gets its memory when its header is read. */
const AT_ONCE = 2 << 20;
/** From this many missing bytes on it is worth while to read straight into the body. */
const READ_IN_PLACE = 16 << 10;
const ascii = new TextDecoder("latin1");
const LENGTH_PREFIX = new TextEncoder().encode("Content-Length: ");

/**
 * Takes a frame: its JSON, and the bytes behind that in a frame of {@linkcode BYTES_TYPE}. The JSON
 * is text where that is at hand, else UTF-8 in a view that is valid only during the call. The bytes
 * are the receiver's to keep.
 */
export type Deliver = (json: Uint8Array | string, tail: Uint8Array | null) => void;

/** Cuts a stream of bytes into frame bodies. */
export class FrameDecoder {
  readonly #limits: FrameLimits;
  /** Bytes of an unfinished header, or of an unfinished body once `#bodyLength` is known. */
  #held = new Uint8Array(0);
  #heldLength = 0;
  #bodyLength = -1;
  /** How much of the body is JSON where bytes follow it, else -1. */
  #jsonLength = -1;

  constructor(limits: FrameLimits = DEFAULT_FRAME_LIMITS) {
    this.#limits = limits;
  }

  /**
   * Takes the next bytes and calls `deliver` for each frame that they complete.
   *
   * @throws {FrameError} on a broken header or one over a limit; nothing more may be pushed then.
   */
  push(chunk: Uint8Array, deliver: Deliver): void {
    const texts = new ChunkText(chunk);
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
      const start = at;
      const json = this.#jsonLength;
      const whole = this.#heldLength === 0;
      at += missing;
      let body: Uint8Array;
      if (whole) {
        const text = json < 0 ? texts.between(start, at) : null;
        if (text !== null) {
          this.#bodyLength = -1;
          deliver(text, null);
          continue;
        }
        body = chunk.subarray(start, at);
      } else {
        this.#hold(chunk.subarray(start, at));
        body = this.#held.subarray(0, this.#heldLength);
        // The next frame gets a buffer of its own: this one may be large, or given away.
        this.#held = new Uint8Array(0);
      }
      this.#heldLength = 0;
      this.#bodyLength = -1;
      this.#jsonLength = -1;
      if (json < 0) deliver(body, null);
      // A chunk's memory is the transport's.
      else deliver(body.subarray(0, json), whole ? body.slice(json) : body.subarray(json));
    }
  }

  /**
   * Where the rest of a large body belongs, so that a transport may read into it: what `push` then
   * gets is not copied again. `undefined` while nothing large is awaited.
   */
  get space(): Uint8Array<ArrayBuffer> | undefined {
    const missing = this.#bodyLength - this.#heldLength;
    if (this.#bodyLength < 0 || missing < READ_IN_PLACE) return undefined;
    if (this.#held.length === this.#heldLength) this.#grow(this.#heldLength + 1);
    return this.#held.subarray(this.#heldLength, this.#bodyLength);
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
    if (part.length > room) {
      throw new FrameError(`a header is over ${this.#limits.header} bytes`, "header");
    }
    this.#hold(part);
    if (complete) {
      const header = ascii.decode(this.#held.subarray(0, this.#heldLength));
      this.#heldLength = 0;
      this.#held = new Uint8Array(0);
      const { length, json } = parseHeader(header);
      this.#bodyLength = this.#checkLength(length);
      if (json > length) throw new FrameError("more JSON than the frame has bytes");
      this.#jsonLength = json;
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
      const { body } = this.#limits;
      throw new FrameError(`a body of ${length} bytes is over the limit of ${body}`, "body");
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
    if (bytes.buffer !== this.#held.buffer) {
      if (needed > this.#held.length) this.#grow(needed);
      this.#held.set(bytes, this.#heldLength);
    }
    this.#heldLength = needed;
  }

  #grow(needed: number): void {
    const body = Math.max(this.#bodyLength, 256);
    // Beyond a size, it grows with what arrives: a large announced length alone costs no memory.
    const size = body <= AT_ONCE ? body : Math.min(body, Math.max(needed * 2, AT_ONCE));
    const grown = new Uint8Array(Math.max(size, needed));
    grown.set(this.#held.subarray(0, this.#heldLength));
    this.#held = grown;
  }
}

/** The body's length that a header block gives, and its JSON's where bytes follow that, else -1. */
function parseHeader(block: string): { length: number; json: number } {
  let length: number | undefined;
  let json = -1;
  for (const line of block.split("\r\n")) {
    if (line === "") continue;
    const colon = line.indexOf(":");
    if (colon <= 0) throw new FrameError(`not a header line: ${JSON.stringify(line.slice(0, 80))}`);
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "content-length") {
      // (However many digits: a length that is over the limit is told as such.)
      if (!/^[0-9]+$/.test(value)) {
        throw new FrameError(`not a Content-Length: ${JSON.stringify(value.slice(0, 80))}`);
      }
      if (length !== undefined) throw new FrameError("two Content-Length headers in one frame");
      length = Number(value);
    } else if (name === "content-type") {
      const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(value)?.[1]?.toLowerCase();
      if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") {
        throw new FrameError(`cannot read charset ${JSON.stringify(charset)}: send UTF-8`);
      }
      if (value.toLowerCase().startsWith(BYTES_TYPE)) {
        const size = /;\s*json=([0-9]{1,10})\s*$/.exec(value)?.[1];
        if (size === undefined) {
          throw new FrameError(`expected "${BYTES_TYPE}; json=LENGTH" as the Content-Type`);
        }
        json = Number(size);
      }
    }
  }
  if (length === undefined) throw new FrameError("a frame without Content-Length");
  return { length, json };
}
