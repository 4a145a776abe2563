/** What those get who wait while an app leaves. */
import { type Check, ownSection } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import type { OwnHost } from "../host.ts";
import { handlerRuns, open } from "../pages.ts";
import { asObject, type Message } from "../frame.ts";
import type { Peer } from "../peer.ts";
import type { Trial } from "../trial.ts";

const LEAVING = -32004;

/** Has the host leave, and waits until it hangs up. @returns what this peer was told meanwhile */
async function leave(t: Trial, own: OwnHost, peer: Peer): Promise<readonly Message[]> {
  await (await t.peer()).result("$/shutdown");
  await peer.end();
  await own.gone("the end of its process after $/shutdown");
  return peer.others;
}

/** The answer to a request. @throws {Skipped} where the host hung up without one */
function answerTo(id: number, told: readonly Message[]): Message {
  const answer = told.find(({ body }) => body["id"] === id);
  return answer ?? skip("it hangs up without an answer, as it may");
}

export const leaving: Check[] = ownSection("leaving", [
  [
    "calls",
    [
      "the app leaves; `data.begun` is `false` where it never looked at the request",
      "An app that leaves (by `$/shutdown`, a signal, or its own end) answers what it had begun, and what comes from then on, with error -32004, whose message says why:",
    ],
    async (t, own) => {
      const peer = await t.peer();
      const id = await peer.ask("kit.wait", { key: "leaving" });
      await handlerRuns(t, peer, "leaving");
      const error = peer.errorOf(answerTo(id, await leave(t, own, peer)), LEAVING);
      expect(error.message !== "", "why it leaves", error);
    },
  ],
  [
    "streams",
    "a waiting `$/enumerator/next` too, so that a cut stream is not taken for a whole one.",
    async (t, own) => {
      const peer = await t.peer();
      const { token } = await open(peer, { to: 1, hold: true, key: "cut" });
      const id = await peer.ask("$/enumerator/next", { token });
      peer.errorOf(answerTo(id, await leave(t, own, peer)), LEAVING);
    },
  ],
  [
    "last word",
    "Then it sends the same error with `id: null`, writes out what is under way, and closes.",
    async (t, own) => {
      const peer = await t.peer();
      await peer.result("$/ping");
      const told = await leave(t, own, peer);
      const last = told.at(-1) ?? skip("it hangs up without a word, as it may");
      same(last.body["id"], null, "the id of its last word");
      same(asObject(last.body["error"])?.["code"], LEAVING, "the code of its last word");
    },
  ],
]);
