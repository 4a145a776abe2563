/**
 * Streams for peers that know LSP's partial results and nothing of paging: a request that carries a
 * `partialResultToken` gets its items as `$/progress` notifications.
 *
 * @see https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#partialResults
 * @module
 */

import { type Packed, packedList, places } from "../../wire/bytes.ts";
import { asRecord } from "../../base/record.ts";
import { isRequestId, type Params, type RequestId } from "../../wire/message.ts";
import type { PageSource } from "./stream_source.ts";

const MEMBER = "partialResultToken";

/**
 * Takes the partial result token out of a request's parameters; `null` where it has none. It tells
 * how to answer, so the handler does not see it.
 */
export function takePartialResultToken(params: Params | undefined | null): RequestId | null {
  const named = asRecord(params) as Record<string, unknown> | null;
  const token = named?.[MEMBER];
  if (named === null || !isRequestId(token)) return null;
  delete named[MEMBER];
  return token;
}

/**
 * Sends the items of a stream as they come, those that are there in one notification. Resolves when
 * all have left or nobody wants them any more.
 *
 * The peer cannot ask to pause, so the transport is the flow control: items are taken from the
 * source once those before them have left, and the source pauses its handler.
 *
 * @param pack makes an item ready to be sent
 * @param send sends a message: JSON text, and the bytes behind it
 * @param drained resolves when all that was sent has left
 * @param wanted whether the request still waits for its answer
 * @throws what the handler threw
 */
export async function sendPartialResults(
  source: PageSource,
  token: RequestId,
  pack: (item: unknown) => Packed,
  send: (message: Packed) => void,
  drained: () => Promise<void>,
  wanted: () => boolean,
): Promise<void> {
  const head = `{"jsonrpc":"2.0","method":"$/progress","params":{"token":${JSON.stringify(token)}`;
  for (;;) {
    const { values, finished } = await source.page(pack);
    if (!wanted()) return;
    if (values.length > 0) {
      const { text, parts } = packedList(values);
      const bytes = places(parts, "params", "value");
      send({ text: `${head},"value":${text}}${bytes}}`, parts });
    }
    if (finished) return;
    await drained();
  }
}
