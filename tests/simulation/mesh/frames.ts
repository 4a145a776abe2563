/**
 * Messages in the bytes of one direction of a connection, read beside the product.
 *
 * @module
 */

/** A message of JSON-RPC, as far as the checks look at it. */
export interface Seen {
  id?: number | null;
  method?: string;
  params?: { call?: number; id?: number; token?: number };
  result?: { token?: number; values?: unknown[]; finished?: boolean } | null;
  error?: { code: number };
  stream?: boolean;
}

/** One character a byte, so that lengths are those of the wire. */
const decoder = new TextDecoder("latin1");

/** Puts pieces together to messages. */
export class FrameReader {
  #text = "";

  /** The messages that are whole with these bytes. (Words beyond ASCII are not looked at.) */
  push(bytes: Uint8Array): Seen[] {
    this.#text += decoder.decode(bytes);
    const found: Seen[] = [];
    for (;;) {
      const end = this.#text.indexOf("\r\n\r\n");
      if (end < 0) return found;
      const length = Number(/Content-Length: (\d+)/.exec(this.#text.slice(0, end))?.[1]);
      if (this.#text.length < end + 4 + length) return found;
      found.push(JSON.parse(this.#text.slice(end + 4, end + 4 + length)));
      this.#text = this.#text.slice(end + 4 + length);
    }
  }
}
