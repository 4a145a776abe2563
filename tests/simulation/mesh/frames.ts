/**
 * Messages in the bytes of one direction of a connection, read beside the product.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** A message of JSON-RPC, as far as the checks look at it. */
export interface Seen {
  id?: number | null;
  method?: string;
  params?: { call?: number; id?: number; token?: number };
  result?: { token?: number; values?: unknown[]; finished?: boolean } | null;
  error?: { code: number };
  stream?: boolean;
}

const decoder = new TextDecoder();
const [CR, LF] = [13, 10];

/** Reads what is sent, and knows what of it has arrived: these are the same bytes, later. */
export class FrameReader {
  /** What was sent since the last whole message. */
  #pieces: Uint8Array[] = [];
  #size = 0;
  /** The length of these from which on it is worth to look at them. */
  #needed = 1;
  /** How many bytes make up the messages that were sent whole. */
  #sent = 0;
  #arrived = 0;
  /** Messages that have not arrived, each with the number of bytes until its end. */
  readonly #underway: { message: Seen; end: number }[] = [];

  /** The messages that are sent whole with these bytes. */
  send(bytes: Uint8Array): Seen[] {
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    const found: Seen[] = [];
    if (this.#size < this.#needed) return found;
    const all = this.#pieces.length === 1 ? bytes : Buffer.concat(this.#pieces);
    let at = 0;
    for (;;) {
      const body = bodyOf(all, at);
      this.#needed = body === null ? all.length - at + 1 : body.end - at;
      if (body === null || body.end > all.length) break;
      const message: Seen = JSON.parse(decoder.decode(all.subarray(body.start, body.end)));
      this.#sent += body.end - at;
      this.#underway.push({ message, end: this.#sent });
      found.push(message);
      at = body.end;
    }
    this.#pieces = [all.subarray(at)];
    this.#size = all.length - at;
    return found;
  }

  /** The messages that have arrived whole with so many bytes. */
  arrive(count: number): Seen[] {
    this.#arrived += count;
    const found: Seen[] = [];
    while (this.#underway.length > 0 && this.#underway[0]!.end <= this.#arrived) {
      found.push(this.#underway.shift()!.message);
    }
    return found;
  }
}

/** Where the body of a message is that begins at `at`; `null` while its header is not whole. */
function bodyOf(bytes: Uint8Array, at: number): { start: number; end: number } | null {
  for (let cr = bytes.indexOf(CR, at); cr >= 0; cr = bytes.indexOf(CR, cr + 1)) {
    if (bytes[cr + 1] !== LF || bytes[cr + 2] !== CR || bytes[cr + 3] !== LF) continue;
    const header = String.fromCharCode(...bytes.subarray(at, cr));
    const start = cr + 4;
    return { start, end: start + Number(/Content-Length: (\d+)/.exec(header)?.[1]) };
  }
  return null;
}
