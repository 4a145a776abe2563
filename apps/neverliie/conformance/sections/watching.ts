/** What an app is asked, as those are told who watch it. */
import { type Check, section } from "../check.ts";
import { asObject, type Body } from "../frame.ts";
import { expect, same, skip } from "../outcome.ts";
import { Events, handlerEnds, handlerRuns } from "../pages.ts";
import type { Peer } from "../peer.ts";

/** Begins to watch. @throws {Skipped} where the app cannot be watched */
async function watch(peer: Peer, params: Body = {}): Promise<Events> {
  const message = await peer.call("$/watch", params);
  if (asObject(message.body["error"])?.["code"] === -32601) skip("it cannot be watched, as it may");
  const events = new Events(peer, peer.resultOf(message, "$/watch"));
  const { event, at, pid } = await events.next();
  same([event, typeof at, typeof pid], ["watching", "number", "number"], "the first event");
  return events;
}

/** The next event of that kind that is of a method. */
function told(events: Events, event: string, method: string): Promise<Body> {
  return first(events, (one) => one["event"] === event && one["method"] === method);
}

/**
 * How the `kit.wait` of that key is told to have begun, by events with params. Others of those who
 * have just left may be about to end.
 */
function waitTold(events: Events, key: string): Promise<Body> {
  return first(events, (one) =>
    one["event"] === "began" && one["method"] === "kit.wait" &&
    asObject(one["params"])?.["key"] === key);
}

/** The next event that fits. */
async function first(events: Events, fits: (event: Body) => boolean): Promise<Body> {
  for (;;) {
    const one = await events.next();
    if (fits(one)) return one;
  }
}

/** Whether a method is the protocol's own. */
function isOwn(method: unknown): boolean {
  return typeof method === "string" && method.startsWith("$/");
}

export const watching: Check[] = section("watching", [
  [
    "calls",
    [
      "`names` are the names of the params (at most 50), or how many positions there are.",
      '`outcome` is `"answered"`, `"failed"` (then `error` is `{ code, message }`) or `"cancelled"`;',
    ],
    async (t) => {
      const [peer, caller] = [await t.peer(), await t.peer()];
      const events = await watch(peer);
      await caller.result("kit.add", { a: 1, b: 2 });
      const began = await told(events, "began", "kit.add");
      same(began["names"], ["a", "b"], "the names of its params");
      expect(!("params" in began), "no params, as nobody asked for them", began);
      const ended = await told(events, "ended", "kit.add");
      same([ended["call"], ended["outcome"]], [began["call"], "answered"], "its end");
      await caller.call("kit.fail", { message: "told", code: 7 });
      const failed = await told(events, "ended", "kit.fail");
      same([failed["outcome"], failed["error"]], ["failed", { code: 7, message: "told" }]);
    },
  ],
  [
    "from",
    "`from` is `{ name, pid }` as the caller's `$/ping` had it, or `null`.",
    async (t) => {
      const [peer, caller] = [await t.peer(), await t.peer()];
      const events = await watch(peer, { params: true });
      await caller.result("$/ping", { name: null, pid: 4711 });
      await caller.result("kit.add", { a: 1, b: 2 });
      const began = await told(events, "began", "kit.add");
      same(began["from"], { name: null, pid: 4711 }, "who called");
      same(began["params"], { a: 1, b: 2 }, "the params that were asked for");
    },
  ],
  ["protocol", "The protocol's own methods are left out.", async (t) => {
    const [peer, caller] = [await t.peer(), await t.peer()];
    const events = await watch(peer);
    await caller.result("$/ping");
    await caller.result("kit.add", [1, 2]);
    const event = await first(events, ({ method }) => method === "kit.add" || isOwn(method));
    same(event["method"], "kit.add", "the first that is told, of these two");
  }],
  [
    "running",
    "What runs already follows `watching` as `began` with `running: true`,",
    async (t) => {
      const [peer, caller] = [await t.peer(), await t.peer()];
      await caller.ask("kit.wait", { key: "watched" });
      await handlerRuns(t, peer, "watched");
      const events = await watch(peer, { params: true });
      same((await waitTold(events, "watched"))["running"], true, "that it ran already");
    },
  ],
  [
    "cancelling",
    [
      "`$/cancelCall {call, pid?}` ends the call or stream of that number: its handler's signal fires, and its caller gets error -32800,",
      "`cancelled` is `false` where no such call runs, or where `pid` is not the process that answers.",
    ],
    async (t) => {
      const [peer, caller, other] = [await t.peer(), await t.peer(), await t.peer()];
      const events = await watch(peer, { params: true });
      const id = await caller.ask("kit.wait", { key: "ended" });
      await handlerRuns(t, other, "ended");
      const { call } = await waitTold(events, "ended");
      same(await other.result("$/cancelCall", { call: 1e9 }), { cancelled: false });
      same(await other.result("$/cancelCall", { call, pid: 1 }), { cancelled: false });
      same(await other.result("$/cancelCall", { call }), { cancelled: true });
      caller.errorOf(await caller.answer(id, "kit.wait"), -32800);
      await handlerEnds(t, other, "ended");
      const ended = await first(events, (one) => one["event"] === "ended" && one["call"] === call);
      same(ended["outcome"], "cancelled", "its outcome");
    },
  ],
]);
