/** What waits for a subscriber that reads slowly, and what it is told of the rest. */
import { assertEquals, assertThrows } from "@std/assert";
import { LimitExceededError } from "../../../lib/ipc/wire/errors.ts";
import {
  type Overflow,
  queueOptionsOf,
  TopicGap,
  TopicQueue,
} from "../../../lib/ipc/topics/queue.ts";

const fail = (why: string) => new TypeError(why);

function queueOf(overflow: Overflow, queue: number): TopicQueue<number | string> {
  return new TopicQueue("track", queueOptionsOf({ overflow, queue }, fail));
}

/** Everything that waits; gaps as `[kind, count]`. */
function taken(queue: TopicQueue<number | string>): unknown[] {
  const items: unknown[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) {
    items.push(item instanceof TopicGap ? [item.gap, item.count] : item);
  }
  return items;
}

Deno.test("TopicQueue: drop-oldest keeps the newest, and tells how many are missing before", () => {
  const queue = queueOf("drop-oldest", 3);
  for (let i = 1; i <= 3; i++) queue.add(i);
  assertEquals([queue.take(), queue.dropped], [1, 0]);
  for (let i = 4; i <= 10; i++) queue.add(i);
  assertEquals(taken(queue), [["dropped", 6], 8, 9, 10]);
  assertEquals(queue.dropped, 6);
  for (let i = 11; i <= 20_000; i++) {
    queue.add(i);
    assertEquals(queue.take(), i);
  }
  assertEquals([taken(queue), queue.dropped], [[], 6]);
});

Deno.test("TopicQueue: latest keeps one, whatever the length", () => {
  const queue = queueOf("latest", 500);
  for (let i = 1; i <= 100; i++) queue.add(i);
  assertEquals(taken(queue), [["dropped", 99], 100]);
});

Deno.test("TopicQueue: end gives what waited and then the error, once", () => {
  const queue = queueOf("end", 2);
  assertEquals([1, 2, 3, 4].map((i) => queue.add(i)), [true, true, false, false]);
  assertEquals([queue.take(), queue.take()], [1, 2]);
  const error = assertThrows(() => queue.take(), LimitExceededError);
  assertEquals(
    [error.message, error.limit],
    [
      'Cannot go on with "track": 2 values wait, and its subscriber is too slow for more',
      "queue",
    ],
  );
  assertEquals([queue.take(), queue.ended, queue.dropped], [undefined, true, 0]);
});

Deno.test("TopicQueue: many small values or few large ones wait, and always one", () => {
  const queue = queueOf("drop-oldest", 100);
  queue.add("first", 3 << 20);
  queue.add("second", 3 << 20);
  assertEquals(taken(queue), [["dropped", 1], "second"]);
  queue.add("huge", 100 << 20);
  queue.add("small", 1);
  assertEquals(taken(queue), [["dropped", 1], "small"]);
});

Deno.test("TopicQueue: a mark keeps its place, and outlives the values before it", () => {
  const queue = queueOf("drop-oldest", 2);
  queue.add(1);
  queue.mark(new TopicGap("restarted"));
  queue.add(2);
  assertEquals(taken(queue), [1, ["restarted", null], 2]);
  queue.add(3);
  queue.mark(new TopicGap("dropped", 5));
  queue.mark(new TopicGap("restarted"));
  for (let i = 4; i <= 7; i++) queue.add(i);
  // (3 to 5 were dropped, and 5 at the other side.)
  assertEquals(taken(queue), [["dropped", 8], ["restarted", null], 6, 7]);
  assertEquals(queue.dropped, 8);
});

Deno.test("TopicQueue: an app that comes and goes while nobody reads leaves one mark", () => {
  const queue = queueOf("latest", 1);
  for (let i = 0; i < 1_000; i++) queue.mark(new TopicGap("restarted"));
  for (let i = 0; i < 3; i++) queue.mark(new TopicGap("dropped", 2));
  assertEquals(taken(queue), [["restarted", null], ["dropped", 6]]);
});

Deno.test("TopicQueue.changed resolves for a value, for a mark, and at the end", async () => {
  const queue = queueOf("latest", 1);
  for (const change of [() => queue.add(1), () => queue.mark(new TopicGap("restarted"))]) {
    const changed = queue.changed();
    change();
    await changed;
    await queue.changed();
    assertEquals(taken(queue).length, 1);
  }
  const changed = queue.changed();
  queue.end();
  await changed;
  await queue.changed();
});

Deno.test("queueOptionsOf says what is wrong", () => {
  assertEquals(queueOptionsOf(undefined, fail), { overflow: "drop-oldest", queue: 1_000 });
  for (
    const [options, message] of [
      [
        { overflow: "newest" },
        'Cannot subscribe: "overflow" is "latest", "drop-oldest" or "end", not "newest"',
      ],
      [{ queue: 0 }, 'Cannot subscribe: "queue" is a whole number from 1 to 10000, not 0'],
      [{ queue: "9" }, 'Cannot subscribe: "queue" is a whole number from 1 to 10000, not "9"'],
      [{ queue: 10_001 }, 'Cannot subscribe: "queue" is a whole number from 1 to 10000, not 10001'],
    ] as const
  ) assertThrows(() => queueOptionsOf(options, fail), TypeError, message);
});
