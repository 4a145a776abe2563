import { assert, assertEquals, assertLess, assertRejects, assertStrictEquals } from "@std/assert";
import type { Connection } from "../../../lib/ipc/session/connection.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import type { IPCStream } from "../../../lib/ipc/session/calling/stream.ts";
import { aborted, openStream, sessionPair, turn } from "../../support/session/unit_session.ts";

/** One streaming method, and what became of its handler. */
function watched(...first: unknown[]) {
  const state = { started: 0, fired: 0, cleaned: 0 };
  return {
    state,
    async *watch(request: IncomingRequest) {
      state.started++;
      try {
        yield* first;
        await aborted(request);
        state.fired++;
      } finally {
        state.cleaned++;
      }
    },
  };
}

const stopped = new Error("stopped");

/** Every way to leave a stream from outside while its handler awaits. */
const leave: Record<string, (connection: Connection) => Promise<unknown>> = {
  async "break"(connection) {
    for await (const _item of openStream(connection, "watch")) break;
  },
  async "an error in the loop"(connection) {
    const loop = async () => {
      for await (const _item of openStream(connection, "watch")) throw stopped;
    };
    assertStrictEquals(await loop().catch((error) => error), stopped);
  },
  async "return()"(connection) {
    const stream = openStream(connection, "watch");
    await stream.next();
    assertEquals(await stream.return(), { value: undefined, done: true });
  },
  async "cancel()"(connection) {
    const stream = openStream(connection, "watch");
    await stream.next();
    stream.cancel();
    stream.cancel();
    assertEquals((await stream.next()).done, true);
  },
  async "cancel() during next()"(connection) {
    const stream = openStream(connection, "watch");
    for (let i = 0; i < 3; i++) await stream.next();
    const next = stream.next();
    await turn();
    stream.cancel();
    assertEquals((await next).done, true);
  },
  async "await using"(connection) {
    await using stream = openStream(connection, "watch");
    await stream.next();
  },
  async "its signal"(connection) {
    const controller = new AbortController();
    const stream = openStream(connection, "watch", {}, { signal: controller.signal });
    for (let i = 0; i < 3; i++) await stream.next();
    const next = stream.next();
    next.catch(() => {});
    await turn();
    controller.abort(stopped);
    assertStrictEquals(await next.catch((error) => error), stopped);
  },
  async "its signal while items wait"(connection) {
    const controller = new AbortController();
    const stream = openStream(connection, "watch", {}, { signal: controller.signal });
    await stream.next();
    await turn();
    controller.abort(stopped);
    assertStrictEquals(await stream.next().catch((error) => error), stopped);
  },
};

for (const [how, end] of Object.entries(leave)) {
  Deno.test(`IPCStream: ${how} fires the handler's signal in the middle of its await`, async () => {
    const { state, watch } = watched(1, 2, 3);
    await using pair = sessionPair({ watch });
    await end(pair.client);
    await turn();
    assertEquals(state, { started: 1, fired: 1, cleaned: 1 });
    assertEquals(pair.client.pendingCalls, 0);
    assert(pair.client.open && pair.server.open);
  });
}

const early: Record<string, (stream: IPCStream, controller: AbortController) => void> = {
  "cancel()": (stream) => stream.cancel(),
  "return()": (stream) => void stream.return(),
  "its signal": (_stream, controller) => controller.abort(stopped),
};

for (const [how, end] of Object.entries(early)) {
  for (const [when, wait] of [["in the same turn", false], ["while it waits", true]] as const) {
    Deno.test(`IPCStream: ${how} before the first answer, ${when}, fires the signal`, async () => {
      const { state, watch } = watched();
      await using pair = sessionPair({ watch });
      const controller = new AbortController();
      const stream = openStream(pair.client, "watch", {}, { signal: controller.signal });
      const next = stream.next().catch((error) => error);
      if (wait) await turn();
      end(stream, controller);
      const result = await next;
      if (how === "its signal") assertStrictEquals(result, stopped);
      else assertEquals(result, { value: undefined, done: true });
      await turn();
      assertEquals([state.started, state.fired, state.cleaned], Array(3).fill(state.started));
      assertEquals(pair.client.pendingCalls, 0);
    });
  }
}

Deno.test("IPCStream with a fired signal rejects with its reason and opens nothing", async () => {
  const { state, watch } = watched(1);
  await using pair = sessionPair({ watch });
  const stream = openStream(pair.client, "watch", {}, { signal: AbortSignal.abort(stopped) });
  assertStrictEquals(await stream.next().catch((error) => error), stopped);
  await turn();
  assertEquals([state.started, pair.transport.writes], [0, 0]);
});

Deno.test("IPCStream: its signal firing after the end changes nothing", async () => {
  const controller = new AbortController();
  await using pair = sessionPair({ count: () => [1, 2].values() });
  const stream = openStream(pair.client, "count", {}, { signal: controller.signal });
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  const { writes } = pair.transport;
  controller.abort(stopped);
  await turn();
  assertEquals([items, await stream.next()], [[1, 2], { value: undefined, done: true }]);
  assertEquals(pair.transport.writes, writes);
});

Deno.test("IPCStream: its producer pauses while nobody reads, and goes on when somebody does", async () => {
  let made = 0;
  await using pair = sessionPair({
    sync: function* () {
      for (;;) yield made++;
    },
    async: async function* () {
      for (;;) yield made++;
    },
  });
  for (const method of ["sync", "async"]) {
    made = 0;
    const stream = openStream<number>(pair.client, method);
    await stream.next();
    await turn();
    const ahead = made;
    assertLess(ahead, 1_000, method);
    for (let i = 0; i < 20; i++) await turn();
    assertEquals(made, ahead, `${method} is paused`);
    for (let i = 1; i < 5_000; i++) assertEquals((await stream.next()).value, i);
    await turn();
    assertLess(made - 5_000, 1_000, method);
    stream.cancel();
    await turn();
    const atEnd = made;
    for (let i = 0; i < 5; i++) await turn();
    assertEquals(made, atEnd, `${method} has ended`);
  }
});

Deno.test("IPCStream: a cancelled handler that ignores its signal gives no more items", async () => {
  const go = Promise.withResolvers<void>();
  const steps: string[] = [];
  await using pair = sessionPair({
    deaf: async function* () {
      yield 1;
      await go.promise;
      steps.push("woken");
      yield 2;
      steps.push("taken");
      yield 3;
    },
    quick: () => "quick",
  });
  const stream = openStream(pair.client, "deaf");
  await stream.next();
  const next = stream.next();
  await turn();
  stream.cancel();
  assertEquals((await next).done, true, "its caller does not wait for it");
  assertEquals((await pair.client.call("quick")).result, "quick");
  assertEquals(pair.client.pendingCalls, 0);
  go.resolve();
  await turn();
  assertEquals(steps, ["woken"]);
});

Deno.test("IPCStream: what a handler throws while it cleans up harms nobody", async () => {
  const cleaned: string[] = [];
  const fail = (how: string) => {
    cleaned.push(how);
    throw new Error(`clean-up of ${how}`);
  };
  await using pair = sessionPair({
    async: async function* () {
      try {
        for (;;) yield 1;
      } finally {
        fail("async");
      }
    },
    // Thrown in the middle of the session's own work, this once ended the session.
    sync: function* () {
      try {
        for (;;) yield 1;
      } finally {
        fail("sync");
      }
    },
    rejecting: async function* (request) {
      yield 1;
      await aborted(request);
      fail("rejecting");
    },
    quick: () => "quick",
  });
  for (const method of ["async", "sync", "rejecting"]) {
    const stream = openStream(pair.client, method);
    await stream.next();
    stream.cancel();
    await turn();
    assertEquals(cleaned.at(-1), method);
    assertEquals((await pair.client.call("quick")).result, "quick");
  }
  const lost = openStream(pair.client, "sync");
  await lost.next();
  await pair.client.close();
  assert(await pair.server.ended !== null, "its peer's end is noticed all the same");
});

Deno.test("IPCStream leaves no listener on its signal, however it ends", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners.add(args[1]);
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners.delete(args[1]);
    removeEventListener.apply(signal, args);
  };
  await using pair = sessionPair({ count: () => [1, 2, 3].values() });
  for (let i = 0; i < 20; i++) {
    for await (const _item of openStream(pair.client, "count", {}, { signal })) {
      if (i % 2 === 0) break;
    }
    await assertRejects(() => openStream(pair.client, "gone", {}, { signal }).next());
    openStream(pair.client, "count", {}, { signal }).cancel();
  }
  assertEquals(listeners.size, 0);
});
