/** A start of what runs already. */
import { type Check, ownSection } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import { asObject } from "../frame.ts";
import type { Peer } from "../peer.ts";

async function pidOf(peer: Peer): Promise<unknown> {
  return asObject(await peer.result("$/ping"))?.["pid"];
}

export const secondInstance: Check[] = ownSection("second instance", [
  [
    "ends",
    "If somebody else holds it, the app runs already: end, and perhaps tell it by `$/secondInstance`.",
    async (t, own) => {
      const peer = await t.peer();
      const pid = await pidOf(peer);
      await own.startAgain([]);
      same(await pidOf(peer), pid, "the process that goes on");
      same(await pidOf(await t.peer()), pid, "the process that listens");
    },
  ],
  [
    "told",
    "tells it that it was started again, with these arguments",
    async (t, own) => {
      const peer = await t.peer();
      await peer.result("kit.starts");
      const args = ["again", "Grüße & more"];
      await own.startAgain(args);
      const starts = await peer.result("kit.starts");
      expect(Array.isArray(starts), "a list of starts", starts);
      if (starts.length === 0) skip("a second start hands nothing over, as it may");
      const last = starts.at(-1);
      expect(Array.isArray(last), "the arguments of a start", last);
      same(last.slice(-args.length), args, "the last of its arguments");
    },
  ],
  [
    "method",
    "A second start, which hands its arguments over and hangs up, sends `$/secondInstance` at once.",
    async (t) => {
      const peer = await t.peer();
      const pid = await pidOf(await t.peer());
      const start = { args: ["by", "hand"], cwd: Deno.cwd(), pid: Deno.pid };
      const message = await peer.call("$/secondInstance", start);
      if (asObject(message.body["error"])?.["code"] === -32601) {
        skip("it does not answer $/secondInstance, as it may");
      }
      const result = asObject(peer.resultOf(message, "$/secondInstance"));
      same(result?.["pid"], pid, "the process of the running app");
    },
  ],
]);
