import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { LimitExceededError, RemoteError } from "../../../lib/ipc/wire/errors.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import { WorkerPool } from "../../../lib/ipc/workers/worker_pool.ts";
import { aborted, facingRaw, turn } from "../../support/session/unit_session.ts";
import type { Task } from "../../support/session/unit_worker.ts";

const module = import.meta.resolve("../../support/session/unit_worker.ts");
const never = new AbortController().signal;
const unbounded = { signal: never, deadline: Infinity };

/** A pool that ends with its test. */
function openPool(max = 8) {
  const pool = new WorkerPool(max);
  return {
    pool,
    // deno-lint-ignore no-explicit-any -- what comes back is looked at by the test
    run: (task: Task, signal = never, method = "unit"): Promise<any> =>
      pool.run(module, { method, params: task }, { signal, deadline: Infinity }),
    [Symbol.dispose]: () => pool.close(),
  };
}

/** A word of shared memory, 0 at first. */
function word(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4));
}

Deno.test("WorkerPool.run brings values over and uses an idle thread again", async () => {
  using open = openPool();
  for (const [i, value] of [1, null, "ż😀", [{ a: 1n }], new Map([[1, 2]])].entries()) {
    assertEquals(await open.run({ do: "answer", value }), { value, runs: i + 1, method: "unit" });
  }
});

Deno.test("WorkerPool.run gives tasks at one time a thread each", async () => {
  using open = openPool();
  const answers = await Promise.all([1, 2, 3].map((value) => open.run({ do: "answer", value })));
  assertEquals(answers.map(({ value, runs }) => [value, runs]), [[1, 1], [2, 1], [3, 1]]);
});

Deno.test("WorkerPool.run rejects with what the handler threw, and its thread goes on", async () => {
  using open = openPool();
  const error = await assertRejects(() => open.run({ do: "throw" }), RemoteError, "boom");
  assertEquals([error.code, error.data], [17, { at: "ż" }]);
  await assertRejects(() => open.run({ do: "throwLater" }), RemoteError, "later");
  const given = "its answer cannot be taken from its thread: ";
  await assertRejects(() => open.run({ do: "function" }), RemoteError, given);
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 4);
});

Deno.test("WorkerPool.run: params that no thread can be given are told, and cost no thread", async () => {
  using open = openPool(1);
  let deep: unknown[] = [];
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  for (let turn = 1; turn <= 3; turn++) {
    const failed = () => open.run({ do: "answer", value: deep });
    const why = 'Cannot answer "unit": its params cannot be given to a thread: ';
    await assertRejects(failed, RemoteError, why);
    assertEquals((await open.run({ do: "answer", value: turn })).runs, turn);
  }
});

Deno.test("WorkerPool.run: a thread that ends by a value without a text is told of like any other", async () => {
  using open = openPool();
  for (const task of ["crashWithNothing", "rejectNothing"] as const) {
    await assertRejects(() => open.run({ do: task }), RemoteError, "the worker failed: ");
    assertEquals((await open.run({ do: "answer", value: 1 })).runs, 1);
  }
});

Deno.test("WorkerPool.run streams in order, and no further ahead than its reader allows", async () => {
  using open = openPool();
  const made = new Int32Array(new SharedArrayBuffer(4));
  const items: number[] = [];
  let farthest = 0;
  for await (const item of await open.run({ do: "count", to: 5_000, made: made.buffer })) {
    items.push(item);
    farthest = Math.max(farthest, Atomics.load(made, 0) - items.length);
    if (items.length % 500 === 0) await turn();
  }
  assertEquals(items, Array.from({ length: 5_000 }, (_, i) => i));
  assertLess(farthest, 1_000);
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 2, "the thread is free again");
});

Deno.test("WorkerPool.run: leaving its stream ends the handler", async () => {
  using open = openPool();
  const made = new Int32Array(new SharedArrayBuffer(4));
  for await (const item of await open.run({ do: "count", to: 1_000_000, made: made.buffer })) {
    if (item === 10) break;
  }
  assertLess(Atomics.load(made, 0), 2_000);
  assertEquals((await open.run({ do: "answer", value: 1 })).value, 1);
  assertLess(Atomics.load(made, 0), 2_000);
});

Deno.test("WorkerPool.run: an item that cannot be cloned fails the stream after what came before", async () => {
  using open = openPool();
  const items: unknown[] = [];
  await assertRejects(
    async () => {
      for await (const item of await open.run({ do: "countFunction" })) items.push(item);
    },
    RemoteError,
    "an item cannot be taken from its thread: ",
  );
  assertEquals(items, [1]);
});

Deno.test("WorkerPool.run: the signal ends a handler that waits, and one that computes", async () => {
  using open = openPool();
  await open.run({ do: "answer", value: "the thread is there" });
  for (const task of [{ do: "wait" }, { do: "compute" }] as const) {
    const controller = new AbortController();
    const run = open.run(task, controller.signal);
    run.catch(() => {});
    await turn();
    controller.abort();
    await assertRejects(() => run, RemoteError, "aborted");
  }
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 4, "all in one thread");
});

Deno.test("WorkerPool.run: a fired signal reaches the handler", async () => {
  using open = openPool();
  await assertRejects(() => open.run({ do: "wait" }, AbortSignal.abort()), RemoteError, "aborted");
});

Deno.test("WorkerPool.run gives up a cancelled handler that ignores its signal", async () => {
  using open = openPool();
  const controller = new AbortController();
  const run = open.run({ do: "ignore" }, controller.signal);
  run.catch(() => {});
  await turn();
  controller.abort();
  const { name } = await assertRejects(() => run, DOMException, "cancelled");
  assertEquals(name, "AbortError");
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 1, "in a new thread");
});

Deno.test("WorkerPool.run rejects when the thread fails, and starts another one", async () => {
  using open = openPool();
  const why = 'Cannot answer "unit": the worker failed: outside';
  await assertRejects(() => open.run({ do: "crash" }), RemoteError, why);
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 1);
});

Deno.test("WorkerPool forgets an idle thread that fails", async () => {
  using open = openPool();
  // (It may have failed by the time that its answer is looked at.)
  assertEquals(await open.run({ do: "crashIdle" }), "answered");
  while (open.pool.size > 0) await turn();
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 1, "in a new thread");
  assertEquals(open.pool.size, 1);
});

Deno.test("WorkerPool.run rejects when its module cannot be loaded", async () => {
  using open = openPool();
  const missing = import.meta.resolve("../../support/session/no_such_worker.ts");
  await assertRejects(
    () => open.pool.run(missing, { method: "m", params: {} }, unbounded),
    RemoteError,
    "worker failed",
  );
});

Deno.test("WorkerPool.run tells the method of each run, though the thread is the same", async () => {
  using open = openPool();
  const task = { do: "answer", value: null } as const;
  assertEquals((await open.run(task, never, "first")).method, "first");
  assertEquals(await open.run(task, never, "second"), { value: null, runs: 2, method: "second" });
});

Deno.test("WorkerPool.run: tasks beyond the threads wait their turn, as long as their signal allows", async () => {
  using open = openPool(2);
  const [first, second] = [word(), word()];
  const spinning = [first, second].map((until) => open.run({ do: "spin", until: until.buffer }));
  const order: number[] = [];
  const answer = (value: number, signal = never) =>
    open.run({ do: "answer", value }, signal).then(() => order.push(value));
  const impatient = new AbortController();
  const left = assertRejects(() => answer(0, impatient.signal), Error, "had enough");
  const waiting = [1, 2, 3].map((value) => answer(value));
  await turn();
  impatient.abort(new Error("had enough"));
  await left;
  assertEquals([order, open.pool.size], [[], 2]);
  Atomics.store(first, 0, 1);
  await Promise.all(waiting);
  assertEquals(order, [1, 2, 3]);
  assertEquals(open.pool.size, 2);
  Atomics.store(second, 0, 1);
  assertEquals(await Promise.all(spinning), ["spun", "spun"]);
});

Deno.test("WorkerPool.run: an idle thread of another module makes room", async () => {
  using open = openPool(1);
  const other = `${module}?other`;
  const job = { method: "unit", params: { do: "answer", value: 1 } };
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 1);
  assertEquals((await open.pool.run(other, job, unbounded) as { runs: number }).runs, 1);
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 1);
  // One that is busy makes room when it is free.
  const busy = open.run({ do: "answer", value: 1 });
  const behind = open.pool.run(other, job, unbounded) as Promise<{ runs: number }>;
  assertEquals([(await busy).runs, (await behind).runs, open.pool.size], [2, 1, 1]);
});

Deno.test("WorkerPool: a thread that was given up counts until its handler has ended", async () => {
  using open = openPool(1);
  await open.run({ do: "answer", value: "the thread is there" });
  const until = word();
  const controller = new AbortController();
  const stuck = open.run({ do: "spin", until: until.buffer }, controller.signal);
  stuck.catch(() => {});
  await turn();
  const behind = open.run({ do: "answer", value: 1 });
  behind.catch(() => {});
  controller.abort();
  await assertRejects(() => stuck, DOMException, "cancelled");
  // Nobody can tell when it ends: neither who waits nor who comes is left waiting.
  for (const run of [behind, open.run({ do: "answer", value: 2 })]) {
    const error = await assertRejects(() => run, LimitExceededError, "all 1 compute");
    assertEquals([error.code, error.limit], [-32005, "threads"]);
  }
  assertEquals(open.pool.size, 1);
  Atomics.store(until, 0, 1);
  while (open.pool.size > 0) await turn();
  assertEquals((await open.run({ do: "answer", value: 3 })).runs, 1, "in a new thread");
});

Deno.test("a stream that is refused gives its thread back", async () => {
  using open = openPool(1);
  const made = word();
  const { peer, session } = facingRaw({
    hang: async function* (call: IncomingRequest) {
      yield 1;
      await aborted(call);
    },
    count: ({ signal }: IncomingRequest) =>
      open.run({ do: "count", to: 1_000_000, made: made.buffer }, signal),
  }, { streams: 1 });
  await peer.send({ jsonrpc: "2.0", id: 1, method: "hang" });
  assertEquals((await peer.receive()).id, 1);
  await peer.send({ jsonrpc: "2.0", id: 2, method: "count" });
  assertEquals((await peer.receive()).error.data, { limit: "streams" });
  // There is no other thread for this one: it waits for that of the stream.
  const answer = await open.run({ do: "answer", value: 1 }, AbortSignal.timeout(20_000));
  assertEquals(answer.runs, 2);
  await session.close();
});

Deno.test("WorkerPool.close refuses tasks that wait", async () => {
  const open = openPool(1);
  const runs = Promise.allSettled([open.run({ do: "ignore" }), open.run({ do: "wait" })]);
  await turn();
  open.pool.close();
  assertEquals((await runs).map(({ status }) => status), ["rejected", "rejected"]);
  await assertRejects(() => open.run({ do: "wait" }), TypeError, "leaves the mesh");
});

Deno.test("WorkerPool.close settles what still runs", async () => {
  const open = openPool();
  const runs = [open.run({ do: "ignore" }), open.run({ do: "wait" })];
  const settled = Promise.allSettled(runs);
  const stream = await open.run({ do: "count", to: 1_000_000 });
  await stream.next();
  open.pool.close();
  for (const end of await settled) assert(end.status === "rejected");
  await assertRejects(async () => {
    for await (const _item of stream);
  }, RemoteError);
});
