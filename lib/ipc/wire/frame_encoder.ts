/**
 * Frames to bytes: the header that codec.ts reads, before each body. Pure, no I/O.
 *
 * @module
 */

import { BYTES_TYPE } from "./codec.ts";

const CR = 13;
const LF = 10;
const DIGIT_0 = 48;
const encoder = new TextEncoder();
const LENGTH_PREFIX = encoder.encode("Content-Length: ");

/** Bytes that a header has at most, or more. */
const HEADER_MAX = 48;
/** Largest text that is encoded in place; a larger one might triple the buffer for nothing. */
const IN_PLACE = 64 << 10;
/** Bytes from this many on are not copied, but leave in a write of their own. */
const APART = 64 << 10;
/** Why a frame with large bytes could not be finished. */
export const TAKEN_AWAY = "bytes were transferred or resized while they were being sent";
/** Buffers over this many bytes are given back after use. */
const KEEP = 16 << 10;
/** Texts of up to so many letters are encoded together, about so many letters at a time. */
const SHORT = 4 << 10;
const TOGETHER = 8 << 10;

/** Bytes that leave in a write of their own. */
interface Block {
  bytes: Uint8Array;
  length: number;
  /** Whether they are a caller's own, which has them back when its call has settled. */
  lent: boolean;
}

/**
 * Collects frames into one buffer, so that all messages of a turn leave in one write. Two buffers
 * take turns: one is being written while the other fills.
 */
export class FrameEncoder {
  #filling = new Uint8Array(0);
  #spare = new Uint8Array(0);
  #length = 0;
  /** Blocks that go before what is in {@link #filling}. */
  readonly #sealed: Block[] = [];
  #sealedLength = 0;
  /** Short texts that are not encoded yet, and the frames that they make if they are ASCII. */
  #texts: string[] = [];
  #frames = "";

  /** Appends one frame with `text` as its body. */
  append(text: string): void {
    if (text.length > SHORT) return this.#append(text);
    this.#texts.push(text);
    this.#frames += `Content-Length: ${text.length}\r\n\r\n${text}`;
    if (this.#frames.length >= TOGETHER) this.#encodeShort();
  }

  /** Encodes the short texts: together, which nearly always is right, or each by itself. */
  #encodeShort(): void {
    const frames = this.#frames;
    if (frames === "") return;
    const texts = this.#texts;
    this.#frames = "";
    this.#texts = [];
    const start = this.#reserve(frames.length);
    const { read, written } = encoder.encodeInto(frames, this.#filling.subarray(start));
    // As many bytes as letters: all of it is ASCII, and each length what its frame says.
    if (read === frames.length && written === frames.length) this.#length = start + written;
    else for (const text of texts) this.#append(text);
  }

  #append(text: string): void {
    this.#encodeShort();
    if (text.length > IN_PLACE) {
      const body = encoder.encode(text);
      this.#length = this.#reserve(HEADER_MAX) + this.#header(this.#length, body.length);
      this.#addBlock(body, false);
      return;
    }
    // Nearly all text is ASCII: as many bytes as letters, or else at most three for each.
    let start = this.#reserve(text.length + HEADER_MAX);
    const guess = headerLength(text.length);
    // Behind the body there is room left for its header to be longer than was guessed.
    const end = guess - HEADER_MAX;
    let { read, written } = encoder.encodeInto(text, this.#filling.subarray(start + guess, end));
    if (read < text.length) {
      start = this.#reserve(text.length * 3 + HEADER_MAX);
      ({ written } = encoder.encodeInto(text, this.#filling.subarray(start + guess, end)));
    }
    const actual = headerLength(written);
    if (actual !== guess) {
      this.#filling.copyWithin(start + actual, start + guess, start + guess + written);
    }
    this.#header(start, written);
    this.#length = start + actual + written;
  }

  /** Appends one frame with `text` and the bytes behind it as its body. Large bytes are not copied. */
  appendWithBytes(text: string, tail: readonly Uint8Array[]): void {
    this.#encodeShort();
    const json = encoder.encode(text);
    const behind = tail.reduce((sum, bytes) => sum + bytes.length, 0);
    const type = `Content-Type: ${BYTES_TYPE}; json=${json.length}`;
    const length = json.length + behind;
    this.#put(encoder.encode(`Content-Length: ${length}\r\n${type}\r\n\r\n`));
    this.#put(json);
    for (const bytes of tail) {
      if (bytes.length < APART) this.#put(bytes);
      else this.#addBlock(bytes, true);
    }
  }

  /** Copies the large bytes that wait: from now on, whoever gave them may change them. */
  keepBytes(): void {
    for (const block of this.#sealed) {
      if (block.lent) block.bytes = block.bytes.slice();
      block.lent = false;
    }
  }

  /** Appends bytes that belong to a frame. */
  #put(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#filling.set(bytes, at);
    this.#length = at + bytes.length;
  }

  /** Adds a large block as it is: copying it behind the others would cost more than a write. */
  #addBlock(bytes: Uint8Array, lent: boolean): void {
    if (this.#length > 0) {
      this.#seal(this.#filling.subarray(0, this.#length), false);
      this.#filling = new Uint8Array(0);
      this.#length = 0;
    }
    this.#seal(bytes, lent);
  }

  #seal(bytes: Uint8Array, lent: boolean): void {
    this.#sealed.push({ bytes, length: bytes.length, lent });
    this.#sealedLength += bytes.length;
  }

  /** Bytes that wait; a letter of the last few KiB counts as one. */
  get length(): number {
    return this.#sealedLength + this.#length + this.#frames.length;
  }

  /**
   * The next block of the frames collected so far, or `null` when there is none: one block for all
   * of them, but for large values. The view is valid until the next `take`.
   *
   * @throws {TypeError} when somebody took the memory of large bytes away meanwhile: their frame
   * cannot be finished.
   */
  take(): Uint8Array | null {
    this.#encodeShort();
    const sealed = this.#sealed.shift();
    if (sealed !== undefined) {
      this.#sealedLength -= sealed.length;
      if (sealed.bytes.length !== sealed.length) throw new TypeError(TAKEN_AWAY);
      return sealed.bytes;
    }
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
