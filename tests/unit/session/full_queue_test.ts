/** Two sides of which one reads nothing, or neither: what waits is bounded, and nobody waits for ever. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { BYTES_TYPE } from "../../../lib/ipc/wire/codec.ts";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { ConnectionLostError } from "../../../lib/ipc/wire/errors.ts";
import { DEFAULT_LIMITS, SMALL_RESERVE } from "../../../lib/ipc/session/limits.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import { HandToHand, StuckTransport } from "../../support/session/held_transports.ts";
import { aborted, dispatchTo, turn } from "../../support/session/unit_session.ts";

Deno.test("queued: small answers to a peer that reads nothing are bounded, though a call of its own is open", async () => {
  const [left, right] = memoryPair();
  const stuck = new StuckTransport(right);
  const queued = 1 << 20;
  let handled = 0;
  const text = "x".repeat(1_000);
  const server = new Connection(stuck, {
    dispatch: dispatchTo({
      small() {
        handled++;
        return text;
      },
    }),
    limits: { ...DEFAULT_LIMITS, queued },
  });
  // Whoever waits for an answer goes on reading, or two such sides would wait for each other.
  const waiting = server.call("never").catch((error) => error);
  const client = new Connection(left, { dispatch: dispatchTo({ never: aborted }) });
  let ended = false;
  void server.ended.then(() => ended = true);
  for (let round = 0; round < 100 && !ended; round++) {
    for (let i = 0; i < 1_000; i++) client.call("small").catch(() => {});
    await turn();
  }
  const why = await server.ended;
  assertInstanceOf(why, ConnectionLostError);
  assert(why.message.includes("asks on and reads nothing"), why.message);
  assertInstanceOf(await waiting, ConnectionLostError);
  // What one read brings is handled to its end: a thousand requests.
  const most = (queued + SMALL_RESERVE) / text.length + 1_000;
  assert(handled > queued / text.length && handled < most, `${handled} answers`);
  await client.ended;
});

/** Two sessions without any buffer between them, of which each answers with 1 MiB. */
function handToHand() {
  const large = "x".repeat(1 << 20);
  const methods = { large: () => large, small: () => "small" };
  const ends = HandToHand.pair();
  const sides = ends.map((end) => new Connection(end, { dispatch: dispatchTo(methods) }));
  return { ends, left: sides[0]!, right: sides[1]! };
}

Deno.test("two sides with full queues that wait for each other's answers go on", async () => {
  const { left, right } = handToHand();
  const calls = [left, right].flatMap((side) =>
    Array.from({ length: 20 }, () => side.call("large"))
  );
  const replies = await Promise.all(calls);
  assertEquals(replies.filter(({ result }) => (result as string).length === 1 << 20).length, 40);
  await left.close();
  await right.ended;
});

Deno.test("two sides with full queues that have given up their calls go on with the next call", async () => {
  const { ends, left, right } = handToHand();
  // Each reads what is asked of it, and nothing of what it is answered.
  for (const end of ends) end.pauseAfter(1);
  const controller = new AbortController();
  const { signal } = controller;
  const given = [left, right].flatMap((side) =>
    Array.from({ length: 20 }, () => assertRejects(() => side.call("large", {}, { signal })))
  );
  await turn();
  controller.abort();
  await Promise.all(given);
  for (const end of ends) end.resume();
  await turn();
  // Neither waits for an answer, and 20 MiB wait for each: both may have stopped reading.
  assertEquals((await right.call("small", {}, { timeout: 20_000 })).result, "small");
  assertEquals((await left.call("small", {}, { timeout: 20_000 })).result, "small");
  await left.close();
  await right.ended;
});

Deno.test("large bytes of a call that was given up leave as they were, while their block waits", async () => {
  const [left, right] = memoryPair();
  const stuck = new StuckTransport(left);
  const sums: number[] = [];
  const server = new Connection(right, {
    dispatch: dispatchTo({
      "$/ping": () => ({ accept: [BYTES_TYPE] }),
      sum: ({ params }: IncomingRequest) => {
        const { data } = params as { data: Uint8Array };
        return sums.push(data.reduce((sum, byte) => sum + byte, 0));
      },
    }),
  });
  const client = new Connection(stuck);
  stuck.release();
  await client.greet();
  stuck.hold();
  const controller = new AbortController();
  const data = new Uint8Array(200_000).fill(1);
  const first = client.call("sum", { data: new Uint8Array(100_000) });
  const given = assertRejects(() => client.call("sum", { data }, { signal: controller.signal }));
  await turn();
  controller.abort();
  await given;
  data.fill(7);
  stuck.release();
  await first;
  assertEquals((await client.call("sum", { data: data.subarray(0, 100_000) })).result, 3);
  assertEquals(sums, [0, 200_000, 700_000]);
  await client.close();
  await server.ended;
});
