/** What an app tells whoever listens. */
import { type Check, section } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import { asObject, type Body } from "../frame.ts";
import { Events } from "../pages.ts";
import type { Peer } from "../peer.ts";

const NEWS = "kit.news";
const TICKS = "kit.ticks";

/** Subscribes, and takes the first event. */
async function subscribe(
  peer: Peer,
  topic: string,
  options: Body = {},
): Promise<Events> {
  const message = await peer.call("$/subscribe", { topic, ...options });
  if (asObject(message.body["error"])?.["code"] === -32601) {
    skip(`it has no topic ${topic}: topics may be left out`);
  }
  const subscription = new Events(peer, peer.resultOf(message, "$/subscribe"));
  const first = await subscription.next();
  same([first["event"], typeof first["pid"]], ["subscribed", "number"], "the first event");
  return subscription;
}

/** Has the app emit values, all before it answers. */
async function emit(peer: Peer, topic: string, values: unknown[]): Promise<void> {
  await peer.result("kit.emit", { topic, values });
}

/**
 * The values of a subscription up to that one, and how many were told as dropped.
 *
 * @param together whether it takes several in one event
 */
async function valuesUpTo(
  subscription: Events,
  last: unknown,
  together = false,
): Promise<{ values: unknown[]; dropped: number }> {
  const values: unknown[] = [];
  let dropped = 0;
  while (values.at(-1) !== last) {
    const event = await subscription.next();
    if (event["event"] === "dropped") dropped += Number(event["count"]);
    else if (together && event["event"] === "values") {
      const several = event["values"];
      expect(Array.isArray(several), "a list of values", event);
      for (const value of several as unknown[]) values.push(value);
    } else {
      same(event["event"], "value", "an event");
      values.push(event["value"]);
    }
  }
  return { values, dropped };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

export const topics: Check[] = section("topics", [
  [
    "values",
    [
      "the first item, at once: nothing that the app emits from now on is left out",
      "what the app emitted, in the order of emitting; `null` for nothing",
    ],
    async (t) => {
      const peer = await t.peer();
      const subscription = await subscribe(peer, TICKS);
      await emit(peer, TICKS, [1, null, { text: "Grüße" }, "end"]);
      const { values } = await valuesUpTo(subscription, "end");
      same(values, [1, null, { text: "Grüße" }, "end"], "the values");
    },
  ],
  [
    "together",
    [
      "several of them, in order; only with `together: true`",
      "An app that does not know the member sends each as an event of its own.",
    ],
    async (t) => {
      const peer = await t.peer();
      const subscription = await subscribe(peer, TICKS, { together: true });
      await emit(peer, TICKS, upTo(100));
      const { values, dropped } = await valuesUpTo(subscription, 100, true);
      same([values, dropped], [upTo(100), 0], "values, dropped");
    },
  ],
  [
    "retained",
    "A topic that is told as `retain: true` sends its latest value at once, behind `subscribed`, unless there is none yet.",
    async (t) => {
      const peer = await t.peer();
      await subscribe(peer, NEWS);
      await emit(peer, NEWS, ["old", "latest"]);
      const late = await subscribe(await t.peer(), NEWS);
      same(await late.next(), { event: "value", value: "latest" }, "the retained value");
      const other = await t.peer();
      await emit(other, TICKS, ["nobody hears it"]);
      const ticks = await subscribe(other, TICKS);
      await emit(other, TICKS, ["heard"]);
      same((await ticks.next())["value"], "heard", "the value of a topic without retain");
    },
  ],
  [
    "refusals",
    "A topic that there is not is error -32601, a wrong `overflow` or `queue` -32602.",
    async (t) => {
      const peer = await t.peer();
      await subscribe(peer, TICKS);
      await peer.error(-32601, "$/subscribe", { topic: "no such topic" });
      for (const wrong of [{ overflow: "some" }, { queue: 0 }, { queue: 10_001 }, { queue: 1.5 }]) {
        await peer.error(-32602, "$/subscribe", { topic: TICKS, ...wrong });
      }
    },
  ],
  [
    "dropped",
    [
      "stands for so many values that the subscriber was too slow for",
      "What an app makes ahead of being asked (as many values as wait, 256 at most) comes on top of the queue.",
    ],
    async (t) => {
      const peer = await t.peer();
      const queue = 5;
      const subscription = await subscribe(peer, TICKS, { queue, overflow: "drop-oldest" });
      await emit(peer, TICKS, upTo(100));
      const { values, dropped } = await valuesUpTo(subscription, 100);
      same(values.length + dropped, 100, "the number of values, those that were dropped counted");
      // (One may be on its way to the next page.)
      expect(values.length <= 2 * queue + 1, `at most ${2 * queue + 1} values`, values);
      const sorted = values.every((value, at) =>
        at === 0 || Number(values[at - 1]) < Number(value)
      );
      expect(sorted, "values in their order", values);
      same(values.slice(-queue), upTo(100).slice(-queue), "the newest values");
    },
  ],
  ["latest", '`"latest"`, for which one value waits;', async (t) => {
    const peer = await t.peer();
    const subscription = await subscribe(peer, TICKS, { overflow: "latest" });
    await emit(peer, TICKS, upTo(100));
    const { values } = await valuesUpTo(subscription, 100);
    expect(values.length <= 3, "one older value at most, and then the newest", values);
  }],
  [
    "end",
    '`"end"`, for which the stream ends behind what waited, with -32005 and `data: { "limit": "queue" }`.',
    async (t) => {
      const peer = await t.peer();
      const { token } = await subscribe(peer, TICKS, { queue: 3, overflow: "end" });
      await emit(peer, TICKS, upTo(100));
      for (let count = 0;; count++) {
        const message = await peer.call("$/enumerator/next", { token });
        if ("error" in message.body) {
          const { data } = peer.errorOf(message, -32005);
          same(data, { limit: "queue" }, "the error's data");
          break;
        }
        expect(count < 100, "the end of the stream", message.body);
      }
    },
  ],
  [
    "abort",
    "`$/subscribe` opens a [stream](#streams) of it, paged, ended and cancelled like any other:",
    async (t) => {
      const peer = await t.peer();
      const { token } = await subscribe(peer, TICKS);
      same(await peer.result("$/enumerator/abort", { token }), null);
      await peer.error(-32001, "$/enumerator/next", { token });
      // Who listens no more is in nobody's way.
      await emit(peer, TICKS, [1]);
    },
  ],
  [
    "no end",
    "The stream has no end of its own.",
    async (t) => {
      const peer = await t.peer();
      const { token } = await subscribe(peer, TICKS);
      await peer.ask("$/enumerator/next", { token });
      await emit(await t.peer(), NEWS, ["another topic"]);
      await peer.nothingElse("no answer while nothing is emitted");
    },
  ],
  ["nobody waits", "The app waits for no subscriber.", async (t) => {
    const [slow, peer] = [await t.peer(), await t.peer()];
    await subscribe(slow, TICKS);
    const quick = await subscribe(peer, TICKS, { queue: 10_000 });
    await emit(peer, TICKS, upTo(3_000));
    const { values, dropped } = await valuesUpTo(quick, 3_000);
    same([values.length, dropped], [3_000, 0], "values, dropped");
  }],
]);
