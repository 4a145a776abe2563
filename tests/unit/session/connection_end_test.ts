import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { ConnectionLostError } from "../../../lib/ipc/wire/errors.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";
import { openStream, sessionPair, turn } from "../../support/session/unit_session.ts";

const never = () => new Promise<never>(() => {});

Deno.test("Connection: the peer's end rejects every pending call and names its method", async () => {
  const [left, right] = memoryPair();
  const connection = new Connection(left);
  const calls = ["one", "two", "three"].map((method) => ({
    method,
    call: connection.call(method, {}, { timeout: 60_000, signal: new AbortController().signal }),
  }));
  const page = connection.next(5);
  const settled = Promise.allSettled([...calls.map(({ call }) => call), page]);
  await turn();
  await right.close();
  await settled;
  for (const { method, call } of calls) {
    await assertRejects(() => call, ConnectionLostError, `Cannot finish "${method}"`);
  }
  await assertRejects(() => page, ConnectionLostError);
  assertInstanceOf(await connection.ended, ConnectionLostError);
  assertEquals([connection.open, connection.pendingCalls], [false, 0]);
});

Deno.test("Connection: the peer's end fires the signals of calls and streams alike", async () => {
  const requests: IncomingRequest[] = [];
  const cleaned: string[] = [];
  const pair = sessionPair({
    call: (request) => {
      requests.push(request);
      return never();
    },
    watch: async function* (request) {
      requests.push(request);
      try {
        for (let i = 0;; i++) yield i;
      } finally {
        cleaned.push("watch");
      }
    },
    silent: (request) => {
      requests.push(request);
      return (async function* () {
        yield await never();
      })();
    },
  });
  pair.client.call("call").catch(() => {});
  const [watch, silent] = [openStream(pair.client, "watch"), openStream(pair.client, "silent")];
  const unfinished = silent.next();
  unfinished.catch(() => {});
  await watch.next();
  await turn();
  assertEquals(requests.map(({ signal }) => signal.aborted), [false, false, false]);
  await pair.client.close();
  await pair.server.ended;
  assertEquals(requests.map(({ signal }) => signal.aborted), [true, true, true]);
  await assertRejects(() => unfinished, ConnectionLostError);
  await turn();
  assertEquals(cleaned, ["watch"]);
});

Deno.test("Connection: a stream gives what arrived before the peer's end, then the error", async () => {
  const pair = sessionPair({
    watch: async function* () {
      yield* [1, 2, 3];
      await never();
    },
  });
  const stream = openStream(pair.client, "watch");
  assertEquals((await stream.next()).value, 1);
  await turn();
  await pair.server.close();
  await pair.client.ended;
  // The abort that the closing side's handler saw also finished the page that was under way.
  const rest: unknown[] = [];
  await (async () => {
    for await (const item of stream) rest.push(item);
  })().catch((error) => rest.push(error instanceof ConnectionLostError));
  assertEquals(rest.slice(0, 2), [2, 3]);
});

Deno.test("Connection.call after the end rejects at once, and notify does no harm", async () => {
  const pair = sessionPair({});
  await pair.server.close();
  await pair.client.ended;
  await assertRejects(() => pair.client.call("any"), ConnectionLostError, 'Cannot call "any": ');
  await assertRejects(() => pair.client.next(1), ConnectionLostError);
  pair.client.notify("any");
  pair.client.abort(1);
  await pair.client.close();
  await assertRejects(() => pair.server.call("any"), ConnectionLostError);
});

Deno.test("Connection.close lets answers leave that were given before it", async () => {
  const pair = sessionPair({
    last: () => {
      void pair.server.close();
      return "last words";
    },
    hold: () => held.promise,
  });
  const held = Promise.withResolvers<string>();
  const hold = pair.client.call("hold");
  await turn();
  held.resolve("held");
  await Promise.resolve();
  const last = pair.client.call("last");
  assertEquals((await hold).result, "held");
  // The closing handler's own answer is a cancelling: it was still being given.
  assertEquals(await last.then(() => "answered", (error) => error.name), "AbortError");
  assertInstanceOf(await pair.client.ended, ConnectionLostError);
});

Deno.test("Connection.close answers what is in flight as cancelled, and own calls reject", async () => {
  const requests: IncomingRequest[] = [];
  const pair = sessionPair({
    wait: (request) => {
      requests.push(request);
      return never();
    },
  });
  const calls = Array.from({ length: 20 }, () => pair.client.call("wait"));
  const own = assertRejects(() => pair.server.call("nobody"), Error);
  await turn();
  await pair.server.close();
  for (const end of await Promise.allSettled(calls)) {
    assert(end.status === "rejected" && end.reason.name === "AbortError", "no answer came");
  }
  assertEquals(requests.every(({ signal }) => signal.aborted), true);
  await own;
});

Deno.test("Connection.close rejects own pending calls, resolves ended to null, and may be repeated", async () => {
  const pair = sessionPair({ wait: never });
  const call = assertRejects(() => pair.client.call("wait"), ConnectionLostError, "was closed");
  await turn();
  await Promise.all([pair.client.close(), pair.client.close()]);
  await call;
  assertEquals([await pair.client.ended, pair.client.open], [null, false]);
  await pair.client.close();
  await pair.server.ended;
});

/** A transport whose reads or writes fail. */
function failing(what: "read" | "write"): Transport {
  const end = Promise.withResolvers<null>();
  return {
    read: () => what === "read" ? Promise.reject(new Error("broken")) : end.promise,
    write: () =>
      what === "write" ? Promise.reject(new Deno.errors.BrokenPipe("broken")) : Promise.resolve(),
    close: () => {
      end.resolve(null);
      return Promise.resolve();
    },
  };
}

Deno.test("Connection: a transport that breaks ends the session with an error, never silently", async () => {
  for (const what of ["read", "write"] as const) {
    const connection = new Connection(failing(what));
    await assertRejects(() => connection.call("any"), ConnectionLostError, "broken");
    const why = await connection.ended;
    assert(why !== null && why.message.includes("broken"), what);
    await connection.close();
  }
});
