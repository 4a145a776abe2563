/** Subscriptions over sessions in memory: slow ones, those that outlive their app, and their ends. */
import { assertEquals, assertGreaterOrEqual, assertRejects, assertThrows } from "@std/assert";
import { NeverLiieIPC, TargetNotRunningError } from "../../../lib/ipc/mod.ts";
import { TopicGap } from "../../../lib/ipc/topics/topics.ts";
import { type Subscriber, Subscription } from "../../../lib/ipc/topics/subscription.ts";
import { LimitExceededError } from "../../../lib/ipc/wire/errors.ts";
import { countWork } from "../../support/session/counts.ts";
import { turn } from "../../support/session/unit_session.ts";
import { take, TopicApp } from "../../support/unit/topic_app.ts";
import { temporaryHome } from "../../support/unit/unit_home.ts";

Deno.test("Subscription: a slow reader misses values, and is told how many", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<number>("app", "ticks", {});
  const latest = app.subscribe<number | TopicGap>("ticks", { overflow: "latest", gaps: true });
  const some = app.subscribe<number>("ticks", { queue: 2 });
  const ending = app.subscribe<number>("ticks", { overflow: "end", queue: 300 });
  await Promise.all([latest.ready, some.ready, ending.ready]);
  for (let i = 1; i <= 1_000; i++) {
    topic.emit(i);
    await Promise.resolve();
  }
  while (latest.dropped + some.dropped < 999 + 998) await turn();
  const [gap, value] = await take(latest, 2);
  assertEquals([gap, value], [new TopicGap("dropped", 999), 1_000]);
  assertEquals(await take(some, 2), [999, 1_000]);
  assertEquals((await take(ending, 300)).at(-1), 300);
  const { message } = await assertRejects(() => ending.next(), LimitExceededError);
  assertEquals(
    message,
    'Cannot go on with "ticks": 300 values wait, and its subscriber is too slow for more',
  );
  await turn();
  assertEquals(topic.subscribers, 2);
  latest.cancel();
  some.cancel();
});

Deno.test("Subscription gives what has come at once, in order, and to those who waited first", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<number>("app", "ticks", {});
  await using subscription = app.subscribe<number>("ticks");
  await subscription.ready;
  const got: number[] = [];
  const ask = () => void subscription.next().then(({ value }) => got.push(value!));
  for (let i = 0; i < 3; i++) ask();
  for (let i = 0; i < 300; i++) topic.emit(i);
  await turn();
  assertEquals(got, [0, 1, 2]);
  for (let i = 3; i < 300; i++) ask();
  // (A step for each would take hundreds.)
  await Promise.resolve();
  assertEquals(got, Array.from({ length: 300 }, (_, i) => i));
});

Deno.test("Subscription: large values wait up to some MiB, whatever their number", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open<unknown>("app", "frames", {});
  await app.greet();
  const subscription = app.subscribe<{ frames: { data: Uint8Array }[] }>("frames");
  await subscription.ready;
  for (let i = 0; i < 10; i++) {
    topic.emit({ frames: [{ data: new Uint8Array(1 << 20).fill(i) }] });
    await turn();
  }
  while (subscription.dropped < 7) await turn();
  for (const i of [7, 8, 9]) {
    const { value } = await subscription.next();
    assertEquals([value?.frames[0]?.data.length, value?.frames[0]?.data[5]], [1 << 20, i]);
  }
  assertEquals(subscription.dropped, 7);
  subscription.cancel();
});

Deno.test("Subscription outlives its publisher, and shows the gap where it was asked to", async () => {
  await using app = new TopicApp();
  app.topics.open<number>("app", "ticks", { retain: true }).emit(1);
  const plain = app.subscribe<number>("ticks");
  const told = app.subscribe<number | TopicGap>("ticks", { gaps: true });
  assertEquals([await take(plain, 1), await take(told, 1)], [[1], [1]]);
  for (let i = 2; i <= 4; i++) {
    await app.go();
    while (app.waiting < 2) await turn();
    app.come();
    app.topics.open<number>("app", "ticks", { retain: true }).emit(i);
    assertEquals(await take(plain, 1), [i]);
    assertEquals(await take(told, 2), [new TopicGap("restarted"), i]);
  }
  await app.go();
  while (app.waiting < 2) await turn();
  plain.cancel();
  told.cancel();
  assertEquals(await plain.next(), { value: undefined, done: true });
  while (app.waiting > 0) await turn();
});

Deno.test("Subscription that wakes its app does so at first, and not when it was stopped", async () => {
  await using app = new TopicApp();
  app.topics.open("app", "ticks", {});
  await using subscription = app.subscribe("ticks", { activate: true });
  await subscription.ready;
  await app.go();
  while (app.waiting === 0) await turn();
  app.come();
  app.topics.open("app", "ticks", { retain: true }).emit("back");
  assertEquals(await take(subscription, 1), ["back"]);
  assertEquals(app.asked, [true, false]);
});

Deno.test("Subscription to an app that seems to be there and never answers pauses longer and longer", async () => {
  let attempts = 0;
  const by: Subscriber = {
    stream() {
      attempts++;
      throw new TargetNotRunningError("it was there a moment ago");
    },
    whenUp: () => Promise.resolve(),
  };
  const subscription = new Subscription("app", "ticks", by, new AbortController().signal, {});
  // At 0, 0, 10, 30 and 70 ms; the next one at 150 and no earlier.
  const start = performance.now();
  while (attempts < 5) await turn();
  assertGreaterOrEqual(performance.now() - start, 70);
  subscription.cancel();
});

Deno.test("Subscription that waits for its app sets no timer", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open("app", "ticks", {});
  const listening = Array.from({ length: 100 }, () => app.subscribe("ticks"));
  await Promise.all(listening.map(({ ready }) => ready));
  assertEquals(topic.subscribers, 100);
  const immediately = () => new Promise<void>((resolve) => queueMicrotask(resolve));
  await app.go();
  while (app.waiting < 100) await turn();
  const { timers } = await countWork(async () => {
    for (let i = 0; i < 1_000; i++) await immediately();
  });
  assertEquals([timers, app.waiting], [0, 100]);
  for (const subscription of listening) subscription.cancel();
});

Deno.test({
  name: "subscriptions that wait in a real home set no timer and do not dial",
  // Elsewhere nobody tells of an app that comes, and presence looks once a second.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using place = await temporaryHome();
    await using ipc = await NeverLiieIPC.client({ home: place.home.path });
    const waiting = Array.from({ length: 20 }, (_, i) => ipc.subscribe(`app-${i % 3}`, "ticks"));
    const done: string[] = [];
    const { setTimeout } = globalThis;
    const { connect } = Deno;
    globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
      // After each event presence looks a few times more, and other meshes of this user make some.
      if (!SETTLED.includes(args[1]!)) done.push(`timer of ${args[1]} ms`);
      return setTimeout(...args);
    }) as typeof setTimeout;
    Deno.connect = ((...args: Parameters<typeof connect>) => {
      done.push("dialled");
      return connect(...args);
    }) as typeof connect;
    try {
      // They have dialled, found nobody and begun to watch once nothing happens any more.
      for (let round = 0; round < 50; round++) {
        done.length = 0;
        await passing(200);
        if (done.length === 0) break;
      }
      await passing(1_500);
      assertEquals(done, []);
    } finally {
      Object.assign(globalThis, { setTimeout });
      Object.assign(Deno, { connect });
    }
    await using app = await NeverLiieIPC.open("app-1", {
      home: place.home.path,
      launch: false,
      handleSignals: false,
    });
    app.topic("ticks", { retain: true }).emit(1);
    assertEquals(await take(waiting[1]!, 1), [1]);
    for (const subscription of waiting) subscription.cancel();
  },
});

/** Milliseconds after an event, and on, when presence looks once more. */
const SETTLED = [40, 400, 2_000];

/** Time that passes without a timer. */
function passing(milliseconds: number): Promise<void> {
  return new Promise((resolve) =>
    AbortSignal.timeout(milliseconds).addEventListener("abort", () => resolve())
  );
}

Deno.test("Subscription ends by its signal, and when its own process leaves", async () => {
  await using app = new TopicApp();
  const topic = app.topics.open("app", "ticks", {});
  const [controller, left] = [new AbortController(), new AbortController()];
  const signalled = app.subscribe("ticks", { signal: controller.signal });
  const leaving = app.subscribe("ticks", {}, left.signal);
  await Promise.all([signalled.ready, leaving.ready]);
  topic.emit("unread");
  await turn();
  for (const end of [controller, left]) end.abort(new Error("no longer wanted"));
  // (Who leaves has read what came; who is told to stop wants nothing more.)
  assertEquals(await take(leaving, 1), ["unread"]);
  for (const subscription of [signalled, leaving]) {
    await assertRejects(() => subscription.next(), Error, "no longer wanted");
    assertEquals(await subscription.next(), { value: undefined, done: true });
  }
  await turn();
  assertEquals(topic.subscribers, 0);
  const never = app.subscribe("ticks", { signal: AbortSignal.abort(new Error("at once")) });
  await assertRejects(() => never.next(), Error, "at once");
  assertThrows(
    () => app.subscribe("ticks", { queue: NaN }),
    TypeError,
    '"queue" is a whole number',
  );
});
