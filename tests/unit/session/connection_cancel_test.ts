import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import { aborted, sessionPair, turn } from "../../support/session/unit_session.ts";

/** Handlers that never answer by themselves, and the requests they were given. */
function waiting() {
  const requests: IncomingRequest[] = [];
  const fired: string[] = [];
  return {
    requests,
    fired,
    methods: {
      wait: async (request: IncomingRequest) => {
        requests.push(request);
        await aborted(request);
        fired.push(request.method);
      },
      ignore: (request: IncomingRequest) => {
        requests.push(request);
        return new Promise<void>(() => {});
      },
      quick: () => "quick",
    },
  };
}

Deno.test("Connection.call with a fired signal rejects with its reason and sends nothing", async () => {
  await using pair = sessionPair({});
  for (const reason of [new Error("mine"), "text", 0, null]) {
    const signal = AbortSignal.abort(reason);
    const caught = await pair.client.call("any", {}, { signal }).catch((error) => [error]);
    assertEquals(caught, [reason]);
  }
  const byDefault = pair.client.call("any", {}, { signal: AbortSignal.abort() });
  await assertRejects(() => byDefault, DOMException, "aborted");
  await turn();
  assertEquals([pair.transport.writes, pair.client.pendingCalls], [0, 0]);
});

Deno.test("Connection.call: a signal that fires rejects at once and reaches the handler", async () => {
  const { methods, requests, fired } = waiting();
  await using pair = sessionPair(methods);
  for (const method of ["wait", "ignore"]) {
    const controller = new AbortController();
    const call = pair.client.call(method, {}, { signal: controller.signal });
    const other = pair.client.call("ignore");
    other.catch(() => {});
    await turn();
    const reason = new Error("enough");
    controller.abort(reason);
    assertStrictEquals(await call.catch((error) => error), reason);
    await turn();
    assertEquals([requests.at(-2)!.signal.aborted, requests.at(-1)!.signal.aborted], [true, false]);
    assert(pair.client.open && pair.server.open);
  }
  assertEquals(fired, ["wait"], "in the middle of its await");
  assertEquals(pair.client.pendingCalls, 2, "the other calls wait on");
  assertEquals((await pair.client.call("quick")).result, "quick");
});

Deno.test("Connection.call: a signal that fires in the turn of the call still reaches the handler", async () => {
  const { methods, requests } = waiting();
  await using pair = sessionPair(methods);
  const controller = new AbortController();
  const call = pair.client.call("wait", {}, { signal: controller.signal });
  controller.abort(new Error("at once"));
  await assertRejects(() => call, Error, "at once");
  await turn();
  assertEquals(requests.map(({ signal }) => signal.aborted), [true]);
});

Deno.test("Connection.call: a signal that fires after the answer changes nothing", async () => {
  await using pair = sessionPair({ quick: () => "quick" });
  const controller = new AbortController();
  const { result } = await pair.client.call("quick", {}, { signal: controller.signal });
  const { writes } = pair.transport;
  controller.abort(new Error("late"));
  await turn();
  assertEquals([result, pair.transport.writes], ["quick", writes]);
});

Deno.test("Connection.call leaves no listener on the signal, however the call ends", async () => {
  const { methods } = waiting();
  let listeners = 0;
  const controller = new AbortController();
  const { signal } = controller;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  {
    await using pair = sessionPair(methods);
    for (let i = 0; i < 100; i++) await pair.client.call("quick", {}, { signal });
    await pair.client.call("gone", {}, { signal }).catch(() => {});
    await pair.client.call("quick", { n: 1n }, { signal }).catch(() => {});
    await pair.client.call("ignore", {}, { signal, timeout: 1 }).catch(() => {});
    assertEquals(listeners, 0);
    pair.client.call("ignore", {}, { signal }).catch(() => {});
    assertEquals(listeners, 1);
  }
  assertEquals(listeners, 0, "the session's end");
});

Deno.test("Connection.call: a time-out rejects, names the method and cancels the handler", async () => {
  const { methods, requests, fired } = waiting();
  await using pair = sessionPair(methods);
  const call = pair.client.call("wait", {}, { timeout: 5 });
  const { message } = await assertRejects(() => call, Deno.errors.TimedOut);
  assertEquals(message, 'Cannot call "wait": no answer in 5 ms');
  await turn();
  assertEquals([fired, requests[0]!.signal.aborted], [["wait"], true]);
  assertEquals(pair.client.pendingCalls, 0);
});

Deno.test("Connection.call: each call has its own time-out, in whatever order they are made", async () => {
  const { methods } = waiting();
  await using pair = sessionPair(methods);
  const ended: number[] = [];
  const timeouts = [60_000, 30, 10, 50, 20, 40, Infinity];
  // From one instant on: a busy machine may take its time between two calls, and to fire a timer.
  const now = performance.now();
  const calls = timeouts.map((timeout) =>
    pair.client.call("ignore", {}, { timeout, deadline: now + timeout }).catch(() => {
      ended.push(timeout);
    })
  );
  await Promise.all(calls.slice(1, 6));
  assertEquals(ended, [10, 20, 30, 40, 50]);
  assertEquals(pair.client.pendingCalls, 2);
});

Deno.test("Connection.call: calls whose time is over when a busy process looks end in their order", async () => {
  const { methods } = waiting();
  await using pair = sessionPair(methods);
  const ended: number[] = [];
  const now = performance.now();
  const calls = [20, 5, 10].map((timeout) =>
    pair.client.call("ignore", {}, { timeout, deadline: now + timeout }).catch(() => {
      ended.push(timeout);
    })
  );
  while (performance.now() < now + 30);
  await Promise.all(calls);
  assertEquals(ended, [5, 10, 20]);
});

Deno.test("Connection.call: time and signal together end a call once", async () => {
  const { methods } = waiting();
  await using pair = sessionPair(methods);
  const signal = AbortSignal.timeout(3);
  const ends = await Promise.allSettled([
    pair.client.call("ignore", {}, { timeout: 1, signal }),
    pair.client.call("ignore", {}, { timeout: 60_000, signal }),
  ]);
  assertEquals(ends.map(({ status }) => status), ["rejected", "rejected"]);
  assertEquals(pair.client.pendingCalls, 0);
});

Deno.test("Connection.call: an answer that comes too late is dropped", async () => {
  const answer = Promise.withResolvers<string>();
  await using pair = sessionPair({ hold: () => answer.promise, quick: () => "quick" });
  await assertRejects(() => pair.client.call("hold", {}, { timeout: 1 }), Deno.errors.TimedOut);
  answer.resolve("late");
  assertEquals((await pair.client.call("quick")).result, "quick");
});

Deno.test("IncomingRequest.signal that is asked for late tells of the cancelling", async () => {
  const go = Promise.withResolvers<void>();
  const late = Promise.withResolvers<boolean>();
  await using pair = sessionPair({
    hold: async (request) => {
      await go.promise;
      late.resolve(request.signal.aborted);
    },
  });
  const controller = new AbortController();
  const call = pair.client.call("hold", {}, { signal: controller.signal });
  await turn();
  controller.abort();
  await assertRejects(() => call, DOMException);
  await turn();
  go.resolve();
  assertEquals(await late.promise, true);
});
