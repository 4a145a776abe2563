/**
 * Messages as JSON text: requests, responses, pages of streams. Pure.
 *
 * @module
 */

import { pack, type Packed, packedList, places } from "./bytes.ts";
import { messageOf, type WireError } from "./errors.ts";
import type { Params, RequestId, RequestMembers } from "./message.ts";

/** Writes the requests of one session. */
export class RequestWriter {
  /** The last method, which mostly is the next one too, and as JSON. */
  #method = "";
  #quoted = '""';

  /**
   * A request and the bytes behind it.
   *
   * @param id `null` for a notification
   * @param timeout milliseconds that its caller waits; no limit unless given
   * @throws {TypeError} on params that JSON cannot hold
   */
  write(
    id: number | null,
    method: string,
    params: Params | undefined,
    peerTakesBytes: boolean,
    beside?: RequestMembers,
    timeout: number = Infinity,
  ): Packed {
    if (method !== this.#method) {
      this.#method = method;
      this.#quoted = JSON.stringify(method);
    }
    const named = id === null ? "" : `"id":${id},`;
    // They go in as members of the request itself.
    const members = beside === undefined ? "" : JSON.stringify(beside).slice(1, -1);
    const context = members === "" ? "" : `,${members}`;
    // In whole milliseconds, rounded up: nobody is to be late before the caller is.
    const time = timeout < Number.MAX_SAFE_INTEGER ? `,"timeout":${wholeOf(timeout)}` : "";
    const head = `{"jsonrpc":"2.0",${named}"method":${this.#quoted}${context}${time}`;
    if (params === undefined) return { text: `${head}}`, parts: [] };
    const { text, parts } = this.#pack(params, peerTakesBytes);
    return { text: `${head},"params":${text}${places(parts, "params")}}`, parts };
  }

  #pack(params: Params, peerTakesBytes: boolean): Packed {
    try {
      return pack(params, peerTakesBytes);
    } catch (thrown) {
      const why = `Cannot send the params of ${this.#quoted}: ${messageOf(thrown)}`;
      throw new TypeError(why, { cause: thrown });
    }
  }
}

function wholeOf(milliseconds: number): number {
  return Math.max(0, Math.ceil(milliseconds));
}

/** A response with a result; `mark` is put behind it as it is. */
export function success(id: RequestId | null, { text, parts }: Packed, mark = ""): Packed {
  const bytes = places(parts, "result");
  const written = typeof id === "number" ? id : JSON.stringify(id);
  return { text: `{"jsonrpc":"2.0","id":${written},"result":${text}${mark}${bytes}}`, parts };
}

/**
 * A response with an error. Bytes in its data are text.
 *
 * @throws what the data throws that JSON cannot hold
 */
export function failure(id: RequestId | null, { code, message, data }: WireError): Packed {
  const more = data === undefined ? "" : `,"data":${pack(data, false).text}`;
  const error = `{"code":${code},"message":${JSON.stringify(message)}${more}}`;
  return { text: `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${error}}`, parts: [] };
}

/** The member `values` of a page. */
export function page(items: readonly Packed[]): Packed {
  const { text, parts } = packedList(items, "values");
  return { text: `"values":${text}`, parts };
}
