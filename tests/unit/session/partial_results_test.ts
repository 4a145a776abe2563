import { assert, assertEquals, assertRejects } from "@std/assert";
import { BYTES_TYPE } from "../../../lib/ipc/wire/codec.ts";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";
import {
  aborted,
  dispatchTo,
  facingRaw,
  RawPeer,
  turn,
} from "../../support/session/unit_session.ts";

/** A request for partial results. */
function open(method: string, params: Record<string, unknown> = {}) {
  return { jsonrpc: "2.0", id: 1, method, params: { partialResultToken: "t", ...params } };
}

function progress(...value: unknown[]) {
  return { jsonrpc: "2.0", method: "$/progress", params: { token: "t", value } };
}

const empty = { jsonrpc: "2.0", id: 1, result: [] };

Deno.test("a stream called with a partialResultToken comes as $/progress, its answer is empty", async () => {
  const more = Promise.withResolvers<void>();
  let seen: unknown;
  const { peer, session } = facingRaw({
    watch: ({ params }) => {
      seen = params;
      return (async function* () {
        yield 1;
        yield { two: 2 };
        await more.promise;
        yield undefined;
      })();
    },
  });
  await peer.send(open("watch", { folder: "x" }));
  const first = [await peer.receive()];
  if (first[0].params.value.length === 1) first.push(await peer.receive());
  assertEquals(first.flatMap(({ params }) => params.value), [1, { two: 2 }]);
  assertEquals(first[0], progress(...first[0].params.value), "no other member");
  assertEquals(await peer.receiveUntilPong(), [], "no answer before the end");
  more.resolve();
  assertEquals(await peer.receive(), progress(null));
  assertEquals(await peer.receive(), empty);
  assertEquals(seen, { folder: "x" }, "the handler does not see the token");
  await session.close();
});

Deno.test("a partialResultToken may be any id, 0 too; by position, or of another kind, it is none", async () => {
  const { peer, session } = facingRaw({
    one: () =>
      (function* () {
        yield 1;
      })(),
    plain: ({ params }) => params,
  });
  for (const token of [0, 7, "", "a"]) {
    await peer.send(open("one", { partialResultToken: token }));
    assertEquals((await peer.receive()).params, { token, value: [1] });
    assertEquals(await peer.receive(), empty);
  }
  for (const params of [{ partialResultToken: null }, { partialResultToken: {} }, ["t"]]) {
    await peer.send({ jsonrpc: "2.0", id: 1, method: "one", params });
    const { result, stream } = await peer.receive();
    assertEquals([result.values, stream], [[1], true], JSON.stringify(params));
  }
  await peer.send(open("plain", { a: 1 }));
  assertEquals((await peer.receive()).result, { a: 1 }, "a plain result is the answer");
  await session.close();
});

Deno.test("an empty stream called with a partialResultToken is one empty answer", async () => {
  const { peer, session } = facingRaw({ none: () => (async function* () {})() });
  await peer.send(open("none"));
  assertEquals(await peer.receive(), empty);
  await session.close();
});

Deno.test("an error comes after the partial results before it", async () => {
  const { peer, session } = facingRaw({
    fail: async function* () {
      yield* [1, 2];
      throw Object.assign(new Error("boom"), { code: 17, data: { at: 2 } });
    },
    bigint: function* () {
      yield 1;
      yield 2n;
    },
  });
  const values: unknown[] = [];
  await peer.send(open("fail"));
  let message = await peer.receive();
  for (; message.method === "$/progress"; message = await peer.receive()) {
    values.push(...message.params.value);
  }
  assertEquals(values, [1, 2]);
  assertEquals(message.error, { code: 17, message: "boom", data: { at: 2 } });
  await peer.send(open("bigint"));
  assertEquals(await peer.receive(), progress(1));
  assertEquals((await peer.receive()).error.code, -32603);
  assertEquals(await peer.receiveUntilPong(), []);
  await session.close();
});

Deno.test("cancelling ends partial results: -32800, the handler's signal, and nothing after it", async () => {
  let signal: AbortSignal | undefined;
  let ended = false;
  const { peer, session } = facingRaw({
    watch: (request) => {
      signal = request.signal;
      return (async function* () {
        try {
          yield "one";
          await aborted(request);
          yield "late";
        } finally {
          ended = true;
        }
      })();
    },
  });
  await peer.send(open("watch"));
  assertEquals(await peer.receive(), progress("one"));
  await peer.send({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 1 } });
  const answers = await peer.receiveUntilPong();
  assertEquals(answers.map(({ id, error }) => [id, error?.code]), [[1, -32800]]);
  await turn();
  assertEquals([signal?.aborted, ended], [true, true]);
  assertEquals(await peer.receiveUntilPong(), []);
  await session.close();
});

/** A transport whose writes wait until they are let through, as those of a full socket. */
class HeldTransport implements Transport {
  readonly #inner: Transport;
  #gate = Promise.withResolvers<void>();
  writes = 0;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  release(): void {
    this.#gate.resolve();
  }

  read() {
    return this.#inner.read();
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.writes++;
    await this.#gate.promise;
    await this.#inner.write(bytes);
  }

  close() {
    return this.#inner.close();
  }
}

Deno.test("a peer that does not read pauses the producer of its partial results", async () => {
  const [left, right] = memoryPair();
  const held = new HeldTransport(right);
  let produced = 0;
  const session = new Connection(held, {
    dispatch: dispatchTo({
      ping: () => "pong",
      endless: async function* () {
        while (produced < 5_000) yield produced++;
      },
    }),
  });
  const peer = new RawPeer(left);
  await peer.send(open("endless"));
  let before = -1;
  while (before !== produced) {
    before = produced;
    await turn();
  }
  assertEquals(held.writes, 1, "the first page waits in the transport");
  assert(produced <= 520, `${produced} items were produced for nobody`);
  held.release();
  let next = 0;
  for (let message = await peer.receive(); message.id !== 1; message = await peer.receive()) {
    for (const value of message.params.value) assertEquals(value, next++);
  }
  assertEquals(next, 5_000);
  await session.close();
});

Deno.test("a peer that leaves ends its partial results", async () => {
  const [left, right] = memoryPair();
  const gone = Promise.withResolvers<void>();
  const session = new Connection(right, {
    dispatch: dispatchTo({
      watch: (request) => {
        request.onAbort(() => gone.resolve());
        return (async function* () {
          yield "one";
          await aborted(request);
        })();
      },
    }),
  });
  const peer = new RawPeer(left);
  await peer.send(open("watch"));
  await peer.receive();
  await left.close();
  await gone.promise;
  await session.ended;
});

Deno.test("partial results hold bytes: as text, and as bytes for a peer that takes them", async () => {
  const { peer, session } = facingRaw({
    "$/ping": () => null,
    watch: function* () {
      yield { at: 1, bytes: new Uint8Array([1, 2, 3]) };
    },
  });
  await peer.send(open("watch"));
  assertEquals(await peer.receive(), progress({ at: 1, bytes: "AQID" }));
  assertEquals(await peer.receive(), empty);
  await peer.send({ jsonrpc: "2.0", id: 2, method: "$/ping", params: { accept: [BYTES_TYPE] } });
  await peer.receive();
  await peer.send(open("watch"));
  const { bytes, ...rest } = await peer.receive();
  assertEquals(rest, progress({ at: 1, bytes: null }));
  assertEquals(bytes, [[["params", "value", 0, "bytes"], 3]]);
  assertEquals(await peer.receive(), empty);
  await session.close();
});

Deno.test("a session of this library that asks for partial results still gets its answer", async () => {
  const [left, right] = memoryPair();
  const client = new Connection(left);
  const server = new Connection(right, {
    dispatch: dispatchTo({
      count: function* () {
        yield* [1, 2];
      },
      big: function* () {
        yield "x".repeat(65 << 20);
      },
    }),
  });
  const reply = await client.call("count", { partialResultToken: 1 });
  assertEquals(reply, { result: [], stream: false });
  await assertRejects(() => client.call("big", { partialResultToken: 2 }), Error, "over 64 MiB");
  await client.close();
  await server.ended;
});
