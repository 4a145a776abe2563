/** A slow reader pauses the producer, and holds up nobody else. */
import { type Check, section } from "../check.ts";
import { expect, same } from "../outcome.ts";
import { next, open } from "../pages.ts";
import { asObject } from "../frame.ts";

/** How many items a producer may be ahead. */
const AHEAD = 256;
const PAGE = 1 << 20;
/** Items of which a page holds a part. */
const ITEMS = 24;
/** Questions to the host in which a producer that does not pause would have gone on. */
const LOOKS = 20;

export const flowControl: Check[] = section("flow control", [
  [
    "ahead",
    "The producer runs at most 256 items, or about 1 MiB of JSON, ahead of what was sent.",
    async (t) => {
      const peer = await t.peer();
      let sent = 0;
      let page = await open(peer, { to: 1e9, key: "ahead" });
      expect(page.token !== null, "a token, as the stream goes on", page.values.length);
      for (let round = 0; round < 3; round++) {
        if (round > 0) page = await next(peer, page.token);
        sent += page.values.length;
        for (let look = 0; look < LOOKS; look++) {
          const made = Number(asObject(await peer.result("kit.running"))?.["ahead"]);
          // (One more is under way.)
          expect(made <= sent + AHEAD + 1, `at most ${sent + AHEAD + 1} items made`, made);
        }
      }
      same(await peer.result("$/enumerator/abort", { token: page.token }), null);
    },
  ],
  [
    "pages",
    "A page holds about 1 MiB at most, and always at least one item.",
    async (t) => {
      const peer = await t.peer();
      const size = 100_000;
      let page = await open(peer, { to: ITEMS, size });
      let items = page.values.length;
      for (;;) {
        const most = PAGE / size + 2;
        expect(page.values.length <= most, "about 1 MiB in a page", page.values.length * size);
        if (page.token === null) break;
        page = await next(peer, page.token);
        items += page.values.length;
      }
      same(items, ITEMS, "the number of items");
      const large = await open(peer, { to: 1, size: 2 << 20 });
      const one = large.values.length > 0 ? large : await next(peer, large.token);
      same(one.values.length, 1, "the number of items where one is larger than a page");
    },
  ],
  [
    "others",
    "The protocol is symmetric: either side may send requests, and a connection stays open for any number of them.",
    async (t) => {
      const peer = await t.peer();
      const { token } = await open(peer, { to: 1e9, key: "others" });
      same(await peer.result("kit.add", [1, 2]), 3);
      same(await peer.result("$/enumerator/abort", { token }), null);
    },
  ],
]);
