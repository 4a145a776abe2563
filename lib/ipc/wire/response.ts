/**
 * Responses as JSON text. Pure.
 *
 * @module
 */

import { pack, type Packed, packedList, places } from "./bytes.ts";
import type { WireError } from "./errors.ts";
import type { RequestId } from "./message.ts";

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
