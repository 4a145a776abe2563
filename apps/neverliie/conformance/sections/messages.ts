/** Requests, responses and notifications. */
import { type Check, section } from "../check.ts";
import { skipWithoutStreams } from "../pages.ts";
import { expect, same, skip } from "../outcome.ts";

export const messages: Check[] = section("messages", [
  [
    "ids",
    "an `id` (a number within ±(2^53 - 1), or a string of up to 256 characters, unique among the requests in flight)",
    async (t) => {
      const peer = await t.peer();
      for (const id of [0, -1, 2 ** 53 - 1, "", "1", "ü".repeat(256)]) {
        await peer.send({ jsonrpc: "2.0", id, method: "$/ping" });
        peer.resultOf(await peer.answer(id), "$/ping");
      }
    },
  ],
  ["id in use", "an `id` in use", async (t) => {
    const peer = await t.peer();
    const id = await peer.ask("kit.wait", { key: "in use" });
    await peer.send({ jsonrpc: "2.0", id, method: "$/ping" });
    peer.errorOf(await peer.answer(id, "kit.wait"), -32600);
  }],
  [
    "any order",
    "Responses come in any order.",
    async (t) => {
      const peer = await t.peer();
      const id = await peer.ask("kit.wait", { key: "order" });
      // Who waits for one holds up no other.
      await peer.result("$/ping");
      await peer.tell("$/cancelRequest", { id });
      await peer.answer(id, "kit.wait");
    },
  ],
  [
    "one of both",
    "A **response** has the `id` and exactly one of `result` and `error`.",
    async (t) => {
      const peer = await t.peer();
      const { body } = await peer.call("$/ping");
      expect("result" in body && !("error" in body), "a result and no error", body);
      const failed = await peer.call("$/no such method");
      expect("error" in failed.body && !("result" in failed.body), "an error alone", failed.body);
    },
  ],
  ["null", "`result` is always there on success, `null` for nothing.", async (t) => {
    const peer = await t.peer();
    const answer = await peer.call("$/enumerator/abort", { token: "no such stream" });
    skipWithoutStreams(answer);
    same(peer.resultOf(answer, "$/enumerator/abort"), null);
  }],
  ["notification", "It gets no response.", async (t) => {
    const peer = await t.peer();
    await peer.tell("kit.add", [1, 2]);
    await peer.tell("kit.fail", { message: "nobody hears of it" });
    await peer.tell("no such method");
    await peer.nothingElse();
  }],
  [
    "members",
    [
      "So ignore members and events that you do not know.",
      "A request or notification may have members `traceparent` and `tracestate` beside `params`",
      "A server that does not trace ignores them.",
    ],
    async (t) => {
      const peer = await t.peer();
      const beside = {
        someMember: [1],
        attempt: 2,
        traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
      };
      same(await peer.result("kit.add", [1, 2], beside), 3);
    },
  ],
  [
    "protocol",
    [
      "Other `$/` requests get -32601, and notifications of that kind that a peer does not know are ignored.",
      "a new `$/` method, which older ones refuse with -32601",
    ],
    async (t) => {
      const peer = await t.peer();
      await peer.tell("$/somethingNew", { anything: 1 });
      await peer.error(-32601, "$/somethingNew");
      await peer.nothingElse();
    },
  ],
  ["response to nothing", "a response to nothing", async (t) => {
    const peer = await t.peer();
    await peer.send({ jsonrpc: "2.0", id: 4711, result: "nobody asked" });
    await peer.nothingElse();
  }],
  [
    "calling back",
    [
      "either side may send requests",
      "Each side numbers its own requests, so an `id` of yours and one of the peer's may be equal and have nothing to do with each other.",
    ],
    async (t) => {
      const peer = await t.peer();
      const id = await peer.ask("kit.call_back", { method: "shout", params: { text: "a" } });
      const asked = await peer.next("the request that calls back");
      const { body } = asked ?? {};
      const code = (body?.["error"] as { code?: unknown } | undefined)?.code;
      if (code === -32601) skip("the app does not offer kit.call_back");
      same([body?.["method"], body?.["params"]], ["shout", { text: "a" }], "what it asks back");
      // Its id may be the one that its caller waits for.
      await peer.send({ jsonrpc: "2.0", id: body!["id"], result: "A" });
      same(peer.resultOf(await peer.answer(id), "kit.call_back"), "A");
    },
  ],
]);
