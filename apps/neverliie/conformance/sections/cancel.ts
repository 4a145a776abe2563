/** Requests that nobody wants any more. */
import { type Check, section } from "../check.ts";
import { handlerEnds, handlerRuns, open } from "../pages.ts";

const CANCELLED = -32800;

export const cancel: Check[] = section("cancel", [
  [
    "answer",
    "The request still gets its one response: error -32800, at once, or its result if that left first.",
    async (t) => {
      const peer = await t.peer();
      const id = await peer.ask("kit.wait", { key: "cancelled" });
      await handlerRuns(t, peer, "cancelled");
      await peer.tell("$/cancelRequest", { id });
      peer.errorOf(await peer.answer(id, "kit.wait"), CANCELLED);
      await handlerEnds(t, peer, "cancelled");
      await peer.nothingElse("one response");
    },
  ],
  ["unknown", "The id of a request that is not in flight is ignored.", async (t) => {
    const peer = await t.peer();
    const id = await peer.ask("$/ping");
    await peer.answer(id);
    for (const gone of [id, 999, "text"]) await peer.tell("$/cancelRequest", { id: gone });
    await peer.tell("$/cancelRequest");
    await peer.nothingElse();
  }],
  [
    "closing",
    [
      "Closing the connection cancels all its requests and ends its streams.",
      "A client that closes its connection",
    ],
    async (t) => {
      const [peer, other] = [await t.peer(), await t.peer()];
      await peer.ask("kit.wait", { key: "closing" });
      await open(peer, { to: 1, hold: true, key: "closing stream" });
      await handlerRuns(t, other, "closing");
      await peer.close();
      await handlerEnds(t, other, "closing");
      await handlerEnds(t, other, "closing stream");
    },
  ],
  [
    "first items",
    "Until the first response, `$/cancelRequest` ends the call;",
    async (t) => {
      const peer = await t.peer();
      const id = await peer.ask("kit.count", { to: 0, hold: true, key: "no items" });
      await handlerRuns(t, peer, "no items");
      await peer.tell("$/cancelRequest", { id });
      peer.errorOf(await peer.answer(id, "kit.count"), CANCELLED);
      await handlerEnds(t, peer, "no items");
    },
  ],
  ["next", "`$/cancelRequest` for a `next` ends its stream.", async (t) => {
    const peer = await t.peer();
    const { token } = await open(peer, { to: 1, hold: true, key: "next" });
    const id = await peer.ask("$/enumerator/next", { token });
    await peer.tell("$/cancelRequest", { id });
    await peer.answer(id);
    await handlerEnds(t, peer, "next");
    await peer.error(-32001, "$/enumerator/next", { token });
  }],
]);
