/** How long a caller waits, as the host takes it. */
import { type Check, section } from "../check.ts";
import { asObject } from "../frame.ts";
import { expect, same, skip } from "../outcome.ts";
import { handlerEnds } from "../pages.ts";
import type { Peer } from "../peer.ts";

const TIME_OVER = -32006;
/** Milliseconds: short, as the checks wait for it. */
const SHORT = 100;
const LONG = 60_000;

/** Skips where the host does not know the member. */
async function needsTime(peer: Peer): Promise<number> {
  const left = await peer.result("kit.left", {}, { timeout: LONG });
  if (left === null) skip("it ignores `timeout`, as it may");
  expect(typeof left === "number", "a number of milliseconds", left);
  return left;
}

/** A stream that made its first item within its time, which is longer on a machine that is busy. */
async function heldStream(peer: Peer): Promise<{ token: unknown; time: number }> {
  for (let time = SHORT;; time *= 4) {
    const params = { to: 1, hold: true, key: "slow stream" };
    const message = await peer.call("kit.count", params, { timeout: time });
    if (asObject(message.body["error"])?.["code"] === TIME_OVER && time < LONG) continue;
    return { token: asObject(peer.resultOf(message, "kit.count"))?.["token"], time };
  }
}

export const deadlines: Check[] = section("deadlines", [
  [
    "left",
    [
      "`timeout` is what is left of the caller's time as the request leaves, never an instant: clocks are set.",
      "for how many milliseconds from now its caller waits for the answer",
      "An app counts from when it takes the request.",
    ],
    async (t) => {
      const left = await needsTime(await t.peer());
      expect(left > 0 && left <= LONG, `what is left of ${LONG} ms`, left);
    },
  ],
  [
    "over",
    [
      "the `timeout` of the request was over before it was answered",
      "A caller whose time is over cancels; where it does not, as it is frozen or held by a debugger, the app ends the request then: error -32006.",
    ],
    async (t) => {
      const peer = await t.peer();
      await needsTime(peer);
      const id = await peer.ask("kit.wait", { key: "late" }, { timeout: SHORT });
      peer.errorOf(await peer.answer(id, "kit.wait"), TIME_OVER);
      await handlerEnds(t, peer, "late");
    },
  ],
  ["stream", "A stream has the limit until its first item.", async (t) => {
    const peer = await t.peer();
    await needsTime(peer);
    const { token, time } = await heldStream(peer);
    const next = await peer.ask("$/enumerator/next", { token });
    // The stream's time is over before this one's, whose request came later.
    const empty = { to: 0, hold: true, key: "empty stream" };
    await peer.error(TIME_OVER, "kit.count", empty, { timeout: 2 * time });
    await peer.nothingElse("a stream that goes on once it has items");
    await peer.tell("$/enumerator/abort", { token });
    await peer.answer(next);
  }],
  [
    "none",
    "Where it is missing, or is no number of 0 or more, there is no limit.",
    async (t) => {
      const peer = await t.peer();
      same(await peer.result("kit.left"), null);
      for (const timeout of [-1, "5", null, [], true]) {
        same(await peer.result("kit.left", {}, { timeout }), null);
      }
    },
  ],
]);
