/**
 * Requests as JSON text. Pure.
 *
 * @module
 */

import { pack, type Packed, places } from "./bytes.ts";
import type { Params, TraceContext } from "./message.ts";

/** Writes the requests of one session. */
export class RequestText {
  /** The last method, which mostly is the next one too, and as JSON. */
  #method = "";
  #quoted = '""';

  /**
   * A request and the bytes behind it.
   *
   * @param id `null` for a notification
   * @throws {TypeError} on params that JSON cannot hold
   */
  text(
    id: number | null,
    method: string,
    params: Params | undefined,
    peerTakesBytes: boolean,
    trace: TraceContext | undefined,
  ): Packed {
    if (method !== this.#method) {
      this.#method = method;
      this.#quoted = JSON.stringify(method);
    }
    const named = id === null ? "" : `"id":${id},`;
    // The context goes in as members of the request itself.
    const members = trace === undefined ? "" : JSON.stringify(trace).slice(1, -1);
    const context = members === "" ? "" : `,${members}`;
    const head = `{"jsonrpc":"2.0",${named}"method":${this.#quoted}${context}`;
    if (params === undefined) return { text: `${head}}`, parts: [] };
    const { text, parts } = pack(params, peerTakesBytes);
    return { text: `${head},"params":${text}${places(parts, "params")}}`, parts };
  }
}
