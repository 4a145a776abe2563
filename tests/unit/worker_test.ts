import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { RemoteError } from "../../lib/ipc/errors.ts";
import { WorkerPool } from "../../lib/ipc/worker_pool.ts";
import { turn } from "../support/unit_session.ts";
import type { Task } from "../support/unit_worker.ts";

const module = import.meta.resolve("../support/unit_worker.ts");
const never = new AbortController().signal;

/** A pool that ends with its test. */
function openPool() {
  const pool = new WorkerPool();
  return {
    pool,
    // deno-lint-ignore no-explicit-any -- what comes back is looked at by the test
    run: (task: Task, signal = never): Promise<any> => pool.run(module, "unit", task, signal),
    [Symbol.dispose]: () => pool.close(),
  };
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
  await assertRejects(() => open.run({ do: "function" }), RemoteError, "could not be cloned");
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 4);
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
    "could not be cloned",
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
  await assertRejects(() => open.run({ do: "crash" }), RemoteError, "the worker failed: outside");
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 1);
});

Deno.test("WorkerPool forgets an idle thread that fails", async () => {
  using open = openPool();
  assertEquals(await open.run({ do: "crashIdle" }), "answered");
  assertEquals(open.pool.size, 1);
  while (open.pool.size > 0) await turn();
  assertEquals((await open.run({ do: "answer", value: 1 })).runs, 1, "in a new thread");
  assertEquals(open.pool.size, 1);
});

Deno.test("WorkerPool.run rejects when its module cannot be loaded", async () => {
  using open = openPool();
  const missing = import.meta.resolve("../support/no_such_worker.ts");
  await assertRejects(() => open.pool.run(missing, "m", {}, never), RemoteError, "worker failed");
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
