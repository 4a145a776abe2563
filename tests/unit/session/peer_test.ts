import { assertEquals, assertRejects } from "@std/assert";
import {
  ConnectionLostError,
  MethodNotFoundError,
  RemoteError,
} from "../../../lib/ipc/wire/errors.ts";
import type { Peer } from "../../../lib/ipc/session/peer.ts";
import { aborted, sessionPair } from "../../support/session/unit_session.ts";

Deno.test("Peer: a handler calls its caller back over the same connection", async () => {
  await using pair = sessionPair({
    order: async ({ params, caller }) => {
      const price = await caller.call<number>("price_of", params);
      return { price, again: await caller.call("price_of", params) };
    },
  }, { price_of: ({ params }) => (params as { count: number }).count * 3 });
  const { result } = await pair.client.call("order", { count: 2 });
  assertEquals(result, { price: 6, again: 6 });
});

Deno.test("Peer: errors of the caller's methods reach the handler, and a missing one is named", async () => {
  await using pair = sessionPair({
    ask: async ({ caller }) => {
      const failed = await assertRejects(() => caller.call("fail"), RemoteError, "no");
      await assertRejects(() => caller.call("nope"), MethodNotFoundError);
      return [failed.code, failed.data];
    },
  }, {
    fail: () => {
      throw Object.assign(new Error("no"), { code: 5, data: [1] });
    },
  });
  assertEquals((await pair.client.call("ask")).result, [5, [1]]);
});

Deno.test("Peer: streams go both ways", async () => {
  await using pair = sessionPair({
    sum: async ({ caller }) => {
      let sum = 0;
      for await (const value of caller.stream<number>("values")) sum += value;
      return sum;
    },
    wrong: ({ caller }) => caller.call("values"),
    first: async ({ caller }) => {
      for await (const value of caller.stream<number>("values")) return value;
    },
  }, {
    values: function* () {
      for (let i = 1; i <= 1_000; i++) yield i;
    },
  });
  assertEquals((await pair.client.call("sum")).result, 500_500);
  assertEquals((await pair.client.call("first")).result, 1);
  await assertRejects(() => pair.client.call("wrong"), RemoteError, "it streams, use stream()");
});

Deno.test("Peer: a call back has a time-out and a signal, and the caller's handler hears of them", async () => {
  const heard: string[] = [];
  await using pair = sessionPair({
    late: ({ caller }) => caller.call("wait", { name: "late" }, { timeout: 1 }),
    cancelled: ({ caller }) =>
      caller.call("wait", { name: "cancelled" }, {
        signal: AbortSignal.abort(new Error("enough")),
      }),
    with_own: (request) => request.caller.call("wait", { name: "own" }, request),
  }, {
    wait: async (request) => {
      await aborted(request);
      heard.push((request.params as { name: string }).name);
    },
  });
  await assertRejects(() => pair.client.call("late"), RemoteError, "no answer in 1 ms");
  await assertRejects(() => pair.client.call("cancelled"), RemoteError, "enough");
  const controller = new AbortController();
  const own = pair.client.call("with_own", {}, { signal: controller.signal });
  while (pair.server.pendingCalls === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  controller.abort(new Error("the user left"));
  await assertRejects(() => own, Error, "the user left");
  while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(heard, ["late", "own"], "what was cancelled at once was never sent");
});

Deno.test("Peer: a handler may keep its caller, and is told once that has left", async () => {
  const callers: Peer[] = [];
  const pair = sessionPair({ subscribe: ({ caller }) => callers.push(caller) }, {
    note: ({ params }) => params,
  });
  await pair.client.call("subscribe");
  assertEquals(await callers[0]!.call("note", ["later"]), ["later"]);
  await pair[Symbol.asyncDispose]();
  await assertRejects(() => callers[0]!.call("note"), ConnectionLostError);
});
