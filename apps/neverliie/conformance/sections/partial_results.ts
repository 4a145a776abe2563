/** Streams as progress, for peers that know LSP and no paging. */
import { type Check, section } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import { handlerEnds } from "../pages.ts";
import { asObject, type Message } from "../frame.ts";
import type { Peer } from "../peer.ts";

/** Asks for a stream as progress. @returns its items, and the response behind them */
async function progress(
  peer: Peer,
  params: Record<string, unknown>,
): Promise<{ items: unknown[]; response: Message }> {
  const partialResultToken = "p";
  const id = await peer.ask("kit.count", { ...params, partialResultToken });
  const response = await peer.answer(id, "kit.count");
  if (asObject(response.body["result"])?.["values"] !== undefined) {
    skip("it sends no partial results, as it may");
  }
  return { items: itemsOf(peer), response };
}

/** The items of the progress that came so far. */
function itemsOf(peer: Peer): unknown[] {
  return peer.others.splice(0).flatMap(({ body }) => {
    const { token, value } = asObject(body["params"]) ?? {};
    same([body["method"], token, "id" in body], ["$/progress", "p", false], "progress");
    expect(Array.isArray(value), "an array as its value", body);
    return value;
  });
}

export const partialResults: Check[] = section("partial results", [
  [
    "items",
    [
      "The items then come as notifications, and the response, an empty array, after the last of them:",
      "`value` is always an array: the items that were there.",
    ],
    async (t) => {
      const peer = await t.peer();
      const { items, response } = await progress(peer, { to: 600 });
      same(items, Array.from({ length: 600 }, (_, i) => i + 1), "the items");
      same(peer.resultOf(response, "kit.count"), [], "the response");
      await peer.nothingElse();
    },
  ],
  [
    "failure",
    "An error comes as the response, after the items before it.",
    async (t) => {
      const peer = await t.peer();
      const { items, response } = await progress(peer, { to: 2, fail: "in the end" });
      same(items, [1, 2], "the items");
      same(peer.errorOf(response, -32603).message, "in the end", "the error");
    },
  ],
  [
    "cancel",
    "`$/cancelRequest` ends the stream; after its response (-32800) no progress follows.",
    async (t) => {
      const peer = await t.peer();
      await progress(peer, { to: 0 });
      const params = { to: 2, hold: true, key: "progress", partialResultToken: "p" };
      const id = await peer.ask("kit.count", params);
      const first = await peer.next("progress");
      same(first?.body["method"], "$/progress", "the first message");
      await peer.tell("$/cancelRequest", { id });
      peer.errorOf(await peer.answer(id), -32800);
      itemsOf(peer);
      await handlerEnds(t, peer, "progress");
      await peer.nothingElse();
    },
  ],
  [
    "no stream",
    "A method that does not stream answers as ever.",
    async (t) => {
      const peer = await t.peer();
      await progress(peer, { to: 0 });
      const params = { a: 1, b: 2, partialResultToken: "p" };
      same(await peer.result("kit.add", params), 3);
      await peer.nothingElse();
    },
  ],
]);
