/**
 * Responses as JSON text. Pure.
 *
 * @module
 */

import { type Packed, packedList, places } from "./bytes.ts";
import type { WireError } from "./errors.ts";
import type { RequestId } from "./message.ts";

/** A response with a result; `mark` is put behind it as it is. */
export function success(id: RequestId | null, { text, parts }: Packed, mark = ""): string {
  const bytes = places(parts, "result");
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${text}${mark}${bytes}}`;
}

/** A response with an error. */
export function failure(id: RequestId | null, error: WireError): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}

/** The member `values` of a page. */
export function page(items: readonly Packed[]): Packed {
  const { text, parts } = packedList(items, "values");
  return { text: `"values":${text}`, parts };
}
