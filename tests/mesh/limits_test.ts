/** Limits between processes: each refusal is an error that the caller can read, and harms nobody. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  ConnectionLostError,
  LimitExceededError,
  type Limits,
  NeverLiieIPC,
} from "../../lib/ipc/mod.ts";
import { meshTest, type TestMesh, until } from "../support/mesh/mesh.ts";
import { RawClient } from "../support/mesh/raw_client.ts";
import { record } from "../support/run/record.ts";

/** The fixture, asleep, with limits of its own. */
function register(mesh: TestMesh, limits: Partial<Limits>): Promise<void> {
  return mesh.register({ args: ["--limits", JSON.stringify(limits)] });
}

meshTest("limits: a call and a stream too many are refused, the others go on", async (mesh) => {
  await register(mesh, { calls: 4, streams: 2 });
  const streams = [1, 2].map((i) => mesh.ipc.stream("fixture", "wait_after_one", { id: `s${i}` }));
  for (const stream of streams) assertEquals((await stream.next()).value, "one");
  const third = mesh.ipc.stream("fixture", "wait_after_one", { id: "third" });
  assertEquals((await assertRejects(() => third.next(), LimitExceededError)).limit, "streams");
  const controller = new AbortController();
  const { signal } = controller;
  const hanging = [1, 2, 3].map((i) =>
    assertRejects(() => mesh.ipc.call("fixture", "hang", { id: `h${i}` }, { signal }))
  );
  await mesh.ipc.call("fixture", "happened", { event: "h3 started" });
  const fourth = assertRejects(() => mesh.ipc.call("fixture", "hang", { id: "h4" }, { signal }));
  const refused = await assertRejects(() => mesh.ipc.call("fixture", "pid"), LimitExceededError);
  assertEquals(refused.limit, "calls");
  controller.abort();
  await Promise.all([...hanging, fourth]);
  // A cancelled handler counts until it has ended.
  await until(() => mesh.ipc.call("fixture", "pid").then(() => true, () => false));
  streams[0]!.cancel();
  const again = mesh.ipc.stream("fixture", "count", { to: 1 });
  assertEquals((await again.next()).value, 0);
  streams[1]!.cancel();
});

meshTest(
  "limits: a connection too many is told so, and a caller that leaves makes room",
  async (mesh) => {
    await register(mesh, { connections: 3 });
    await mesh.ipc.wake("fixture");
    const clients = await Promise.all(
      [1, 2, 3].map(() => NeverLiieIPC.client({ home: mesh.home })),
    );
    try {
      assertEquals(await clients[0]!.call("fixture", "add", [1, 1]), 2);
      assertEquals(await clients[1]!.call("fixture", "add", [1, 1]), 2);
      const error = await assertRejects(
        () => clients[2]!.call("fixture", "pid"),
        LimitExceededError,
      );
      assertEquals(error.limit, "connections");
      assert(error.message.includes("3 connections are open"), error.message);
      assertEquals(await clients[0]!.call("fixture", "add", [1, 2]), 3);
      await clients[1]!.close();
      await until(async () => {
        try {
          return await clients[2]!.call("fixture", "add", [2, 2]) === 4;
        } catch (error) {
          assertInstanceOf(error, LimitExceededError);
          return false;
        }
      });
    } finally {
      await Promise.all(clients.map((client) => client.close()));
    }
  },
);

meshTest(
  "limits: a body too large loses its sender the connection, and the error says why",
  async (mesh) => {
    await register(mesh, { body: 1 << 20 });
    const bystander = await NeverLiieIPC.client({ home: mesh.home });
    try {
      const stream = bystander.stream("fixture", "endless");
      await stream.next();
      const text = "x".repeat(2 << 20);
      const error = await assertRejects(
        () => mesh.ipc.call("fixture", "echo", { text }),
        ConnectionLostError,
      );
      assert(error.message.includes("is over the limit of 1048576"), error.message);
      assertEquals(await mesh.ipc.call("fixture", "add", [1, 2]), 3, "on a new connection");
      for (let i = 0; i < 1_000; i++) assertEquals((await stream.next()).done, false);
      stream.cancel();
    } finally {
      await bystander.close();
    }
  },
);

meshTest("limits: who stalls inside a frame is dropped, who is idle is not", async (mesh) => {
  await register(mesh, { frameTime: 200 });
  await mesh.ipc.wake("fixture");
  const address = mesh.ipc.home.address("fixture");
  await using idle = await RawClient.dial(address);
  for (const begun of ["Content-Len", "Content-Length: 100\r\n\r\n{"]) {
    await using slow = await RawClient.dial(address);
    await slow.sendBytes(new TextEncoder().encode(begun));
    assertEquals((await slow.receive())?.error?.data, { limit: "frameTime" });
    assertEquals(await slow.receive(), null, "and then the end");
  }
  await idle.send({ jsonrpc: "2.0", id: 1, method: "add", params: [3, 4] });
  assertEquals(
    (await idle.receive())?.result,
    7,
    "after being idle for longer than a frame may take",
  );
});

meshTest(
  "limits: a peer that does not read its answers costs what may be queued, no more",
  async (mesh) => {
    await register(mesh, { queued: 8 << 20 });
    interface Usage {
      rss: number;
    }
    const before = await mesh.ipc.call<Usage>("fixture", "usage");
    const deaf = await RawClient.dial(mesh.ipc.home.address("fixture"));
    const size = 1 << 20;
    // 400 MiB of answers, asked for in requests that fit the kernel's buffer.
    const asked = Array.from({ length: 400 }, (_, id) => ({
      jsonrpc: "2.0",
      id,
      method: "blob",
      params: { size },
    }));
    await deaf.send(...asked);
    // Others are answered, and in time the server has read of the deaf peer what it will.
    for (let i = 0; i < 200; i++) {
      assertEquals(
        await mesh.ipc.call("fixture", "add", [i, 1]),
        i + 1,
      );
    }
    const during = await mesh.ipc.call<Usage>("fixture", "usage");
    const grown = (during.rss - before.rss) / 2 ** 20;
    record("a peer that reads nothing", {
      "MiB asked for": 400,
      "MiB that the server grew by, resident": Math.round(grown),
    });
    assert(grown < 100, `${grown} MiB`);
    // It reads at last: every request has one answer, a result or a refusal.
    let results = 0;
    for (let i = 0; i < asked.length; i++) {
      const answer = await deaf.receive();
      if (answer?.error === undefined) results++;
      else assertEquals(answer.error.data, { limit: "queued" });
    }
    assert(results > 0);
    await deaf.close();
  },
);

meshTest("limits: a stream that was left counts until its handler has ended", async (mesh) => {
  await register(mesh, { streams: 1 });
  const left = mesh.ipc.stream("fixture", "deaf_after_one", { id: "left" });
  assertEquals((await left.next()).value, "one");
  left.cancel();
  const count = () => mesh.ipc.stream("fixture", "count", { to: 1 }).next();
  assertEquals((await assertRejects(count, LimitExceededError)).limit, "streams");
  await mesh.ipc.call("fixture", "note", { event: "left" });
  await until(() => count().then(() => true, () => false));
});

meshTest(
  "limits: a peer that asks on, reads nothing and owes an answer is left, and nobody else",
  async (mesh) => {
    await register(mesh, { queued: 1 << 20 });
    await mesh.ipc.wake("fixture");
    await using deaf = await RawClient.dial(mesh.ipc.home.address("fixture"));
    // The app waits for an answer of this peer, and so goes on reading what it sends.
    const call_back = { method: "never_answered", timeout: 50_000 };
    await deaf.send(
      { jsonrpc: "2.0", id: "back", method: "call_back", params: call_back },
      { jsonrpc: "2.0", id: "hang", method: "hang", params: { id: "deaf" } },
    );
    const asked = Array.from({ length: 1_000 }, (_, i) => ({
      jsonrpc: "2.0",
      id: i + 1,
      method: "blob",
      params: { size: 1_000 },
    }));
    // 1 MB of answers a round: the queue, its reserve and the buffers between hold a few.
    const sending = (async () => {
      for (let round = 0; round < 100; round++) await deaf.send(...asked);
    })().catch((error) => error);
    const options = { timeout: 50_000 };
    await mesh.ipc.call("fixture", "happened", { event: "deaf aborted" }, options);
    // (A socket that Deno 2.7 closes while it writes is closed once the peer reads.)
    let answers = 0;
    while (await deaf.receive() !== null) answers++;
    assertInstanceOf(await sending, Deno.errors.BrokenPipe);
    assert(answers < 10_000, `${answers} answers`);
    assertEquals(await mesh.ipc.call("fixture", "add", [1, 2]), 3);
  },
);

meshTest(
  "limits: a call waits for a thread, unless a cancelled handler keeps the last for good",
  async (mesh) => {
    await register(mesh, { threads: 1 });
    const options = { timeout: 50_000 };
    const compute = (stubborn: boolean) => {
      const controller = new AbortController();
      const { signal } = controller;
      const call = mesh.ipc.call("fixture", "compute", { rounds: -1, stubborn }, { signal });
      const end = assertRejects(() => call, DOMException);
      return { end, abort: () => controller.abort() };
    };
    const echo = () => mesh.ipc.call("fixture", "echo_in_thread", { n: 1 }, options);
    // A thread that is still loading when its task is cancelled may take too long to tell so.
    assertEquals(await echo(), { n: 1 });
    const first = compute(false);
    const second = echo();
    let settled = false;
    void second.finally(() => settled = true);
    assertEquals(await mesh.ipc.call("fixture", "add", [1, 2]), 3);
    assertEquals(settled, false);
    first.abort();
    await first.end;
    assertEquals(await second, { n: 1 });
    const stubborn = compute(true);
    const behind = assertRejects(echo, LimitExceededError, "cancelled and never looked");
    assertEquals(await mesh.ipc.call("fixture", "add", [1, 2]), 3);
    stubborn.abort();
    await stubborn.end;
    assertEquals((await behind).limit, "threads");
  },
);

meshTest(
  "limits: consumers that stop reading their streams pause the producers, and nobody else",
  async (mesh) => {
    await mesh.register();
    interface Usage {
      rss: number;
    }
    const before = await mesh.ipc.call<Usage>("fixture", "usage");
    const params = { size: 64 << 10, to: 1e9 };
    // Some read an item and no more; one does not even read what its connection brings.
    const streams = Array.from(
      { length: 20 },
      () => mesh.ipc.stream("fixture", "large_items", params),
    );
    for (const stream of streams) {
      assertEquals((await stream.next()).done, false);
    }
    const deaf = await RawClient.dial(mesh.ipc.home.address("fixture"));
    for (let id = 0; id < 20; id++) {
      await deaf.send({ jsonrpc: "2.0", id, method: "large_items", params });
    }
    for (let i = 0; i < 200; i++) {
      assertEquals(
        await mesh.ipc.call("fixture", "add", [i, 1]),
        i + 1,
      );
    }
    const one = await mesh.ipc.call<Usage>("fixture", "usage");
    for (let i = 0; i < 200; i++) {
      assertEquals(
        await mesh.ipc.call("fixture", "add", [i, 1]),
        i + 1,
      );
    }
    const during = await mesh.ipc.call<Usage>("fixture", "usage");
    const grown = Math.round((during.rss - before.rss) / 2 ** 20);
    record("streams that nobody reads", {
      streams: 40,
      "MiB for all of them, resident": grown,
      "MiB more after 200 further calls": Math.round((during.rss - one.rss) / 2 ** 20),
    });
    // At most a page of 1 MiB waits for each at the producer, and one is on its way.
    assert(grown < 256, `${grown} MiB`);
    // Whoever reads on gets what comes next.
    assertEquals((await streams[0]!.next()).done, false);
    await deaf.close();
    for (const stream of streams) stream.cancel();
  },
);
