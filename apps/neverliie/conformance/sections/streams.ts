/** Streams: pages of items, which the caller asks for one by one. */
import { type Check, section } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import { handlerEnds, open, rest, skipWithoutStreams } from "../pages.ts";
import { asObject } from "../frame.ts";

const UNKNOWN_STREAM = -32001;
const numbers = (to: number) => Array.from({ length: to }, (_, i) => i + 1);

export const streams: Check[] = section("streams", [
  ["items", "Otherwise ask for more, one request at a time:", async (t) => {
    const peer = await t.peer();
    same(await rest(peer, await open(peer, { to: 1000 })), numbers(1000), "all items");
  }],
  [
    "first page",
    "`values` are the first items, one at least unless the stream is empty: the response waits for them.",
    async (t) => {
      const peer = await t.peer();
      const { values } = await open(peer, { to: 3 });
      same(values.length > 0 && values[0], 1, "the first item");
    },
  ],
  ["empty", "Without `token` the stream is complete.", async (t) => {
    const peer = await t.peer();
    same(await rest(peer, await open(peer, { to: 0 })), []);
  }],
  [
    "marked",
    "**The member `stream`** stands beside `result`, not in it.",
    async (t) => {
      const peer = await t.peer();
      const { body } = await peer.call("kit.count", { to: 1 });
      const inside = asObject(body["result"]);
      expect(inside !== null && !("stream" in inside), "no stream inside of result", body);
      if (!("stream" in body)) skip("it does not mark streams, as it may");
      same(body["stream"], true, "the member stream");
      const plain = await peer.call("kit.echo", { token: 1, values: [1] });
      expect(!("stream" in plain.body), "no stream beside a plain result", plain.body);
    },
  ],
  [
    "finished",
    ["After `finished: true` the token is gone.", "A further `next` is error -32001."],
    async (t) => {
      const peer = await t.peer();
      const first = await open(peer, { to: 1000 });
      if (first.token === null) skip("1,000 items came in the first page");
      await rest(peer, first);
      await peer.error(UNKNOWN_STREAM, "$/enumerator/next", { token: first.token });
    },
  ],
  ["no such token", "no open stream has this token", async (t) => {
    const peer = await t.peer();
    const answer = await peer.call("$/enumerator/next", { token: "none" });
    skipWithoutStreams(answer);
    peer.errorOf(answer, UNKNOWN_STREAM);
  }],
  [
    "failure",
    [
      "If the handler fails, the error comes as the response to `next` (or to the first request), after all items before it.",
      "The token is then gone too.",
      "Whatever a handler throws is answered in this form, from threads and streams, too:",
    ],
    async (t) => {
      const peer = await t.peer();
      let page = await open(peer, { to: 500, fail: "in the end" });
      expect(page.token !== null, "a token, as the stream is not complete", page);
      const items = [...page.values];
      for (;;) {
        const message = await peer.call("$/enumerator/next", { token: page.token });
        if ("error" in message.body) {
          same(peer.errorOf(message, -32603).message, "in the end");
          break;
        }
        const values = asObject(message.body["result"])?.["values"];
        expect(Array.isArray(values) && values.length > 0, "items, or the error", message.body);
        for (const value of values) items.push(value);
        page = { ...page, values };
      }
      same(items, numbers(500), "all items before the error");
      await peer.error(UNKNOWN_STREAM, "$/enumerator/next", { token: page.token });
    },
  ],
  [
    "one at a time",
    "two `$/enumerator/next` for one stream at a time",
    async (t) => {
      const peer = await t.peer();
      const { token } = await open(peer, { to: 1, hold: true, key: "twice" });
      expect(token !== null, "a token, as the stream goes on", token);
      await peer.ask("$/enumerator/next", { token });
      await peer.error(-32600, "$/enumerator/next", { token });
    },
  ],
  [
    "waits",
    "`next` waits until there is an item or the end; there is no time-out.",
    async (t) => {
      const peer = await t.peer();
      const { token } = await open(peer, { to: 1, hold: true, key: "waits" });
      await peer.ask("$/enumerator/next", { token });
      await peer.nothingElse("no answer while there is neither an item nor the end");
    },
  ],
  [
    "abort",
    [
      "To end a stream early, send `$/enumerator/abort` with the token, as a notification or as a request (its result is `null`, also for an unknown token).",
      "A `next` in flight is then answered with no values and `finished: true`.",
    ],
    async (t) => {
      const peer = await t.peer();
      const { token } = await open(peer, { to: 1, hold: true, key: "aborted" });
      const id = await peer.ask("$/enumerator/next", { token });
      await peer.tell("$/enumerator/abort", { token });
      same(peer.resultOf(await peer.answer(id), "next"), { values: [], finished: true });
      await peer.error(UNKNOWN_STREAM, "$/enumerator/next", { token });
      await handlerEnds(t, peer, "aborted");
      const other = await open(peer, { to: 1e9, key: "asked" });
      same(await peer.result("$/enumerator/abort", { token: other.token }), null);
      await handlerEnds(t, peer, "asked");
      same(await peer.result("$/enumerator/abort", { token: "none" }), null);
    },
  ],
  [
    "positions",
    "Parameters of these two methods may also be given by position: `[1]`.",
    async (t) => {
      const peer = await t.peer();
      const { token } = await open(peer, { to: 1e9, key: "positions" });
      const result = asObject(await peer.result("$/enumerator/next", [token]));
      expect(Array.isArray(result?.["values"]), "a page", result);
      same(await peer.result("$/enumerator/abort", [token]), null);
      await peer.error(UNKNOWN_STREAM, "$/enumerator/next", [token]);
    },
  ],
  [
    "several",
    "Call the method as usual.",
    async (t) => {
      const peer = await t.peer();
      const [a, b] = [await open(peer, { to: 600 }), await open(peer, { to: 700 })];
      same((await rest(peer, b)).length, 700, "items of one stream");
      same((await rest(peer, a)).length, 600, "items of the other");
    },
  ],
]);
