/** What `neverliie top` and `neverliie inspect` make of the events that apps tell. */
import { assertEquals } from "@std/assert";
import { Activity } from "../../../apps/neverliie/watching/activity.ts";
import { SlidingWindow, SLOT, SLOTS } from "../../../apps/neverliie/watching/sliding_window.ts";
import type { WatchEvent } from "../../../lib/ipc/mod.ts";

const START = 1_000_000 * SLOT;

Deno.test("SlidingWindow: rate and percentiles are of the last ten seconds", () => {
  const window = new SlidingWindow(START - 60_000);
  window.add(START - 30_000, 5_000);
  for (let i = 1; i <= 100; i++) window.add(START + i * 10, i);
  const figures = window.figures(START + SLOT - 1);
  assertEquals([figures.count, figures.p50, figures.p99], [100, 50, 99]);
  assertEquals(figures.perSecond, 10);
  assertEquals(window.figures(START + 60_000), {
    count: 0,
    failed: 0,
    perSecond: 0,
    p50: null,
    p99: null,
  });
});

Deno.test("SlidingWindow: a young one is not divided by ten seconds", () => {
  const window = new SlidingWindow(START);
  for (let i = 0; i < 10; i++) window.add(START + 100, 1);
  assertEquals(window.figures(START + 200).perSecond, 10);
  assertEquals(window.figures(START + 1_999).perSecond, 5);
});

Deno.test("SlidingWindow: a point a slot, empty where nothing was timed, gone after two minutes", () => {
  const window = new SlidingWindow(START);
  window.add(START, 1);
  window.add(START, 3);
  window.add(START + SLOT, null);
  window.add(START + 2 * SLOT, 8, true);
  const points = window.points(START + 2 * SLOT);
  assertEquals(points.length, SLOTS);
  assertEquals(points.slice(-4), [null, [1, 3], null, [8, 8]]);
  const later = START + (SLOTS + 1) * SLOT;
  assertEquals(window.points(later).filter((point) => point !== null), [[8, 8]]);
  assertEquals([window.isEmpty(later), window.isEmpty(later + 2 * SLOT)], [false, true]);
});

Deno.test("SlidingWindow: many calls in a slot keep their percentiles and little memory", () => {
  const window = new SlidingWindow(START);
  for (let i = 0; i < 50_000; i++) window.add(START, i % 2 === 0 ? 1 : 3);
  const { count, p50, p99 } = window.figures(START + 1);
  assertEquals([count, p99], [50_000, 3]);
  assertEquals(p50 === 1 || p50 === 3, true);
});

Deno.test("SlidingWindow: a clock that was set back loses nothing", () => {
  const window = new SlidingWindow(START);
  window.add(START, 1);
  window.add(START - 10 * SLOT, 3);
  assertEquals(window.figures(START).count, 2);
});

Deno.test("Activity: calls run from their beginning to their end; a new process begins anew", () => {
  const activity = new Activity();
  const at = Date.now();
  const tell = (event: WatchEvent) => activity.take("scanner", event, at);
  tell({ event: "watching", at, pid: 1 });
  tell({ event: "began", at, call: 1, method: "scan", names: ["folder"], from: null });
  tell({ event: "began", at: at + 1, call: 2, method: "hash", names: 1, from: null });
  assertEquals(activity.running().map(({ call, method }) => [call, method]), [
    [1, "scan"],
    [2, "hash"],
  ]);
  tell({ event: "ended", at, call: 2, method: "hash", outcome: "answered", milliseconds: 4 });
  assertEquals(activity.running().map(({ call }) => call), [1]);
  tell({ event: "watching", at, pid: 2 });
  assertEquals(activity.running(), []);
  tell({ event: "began", at, call: 1, method: "scan", names: [], from: null });
  activity.forget("scanner");
  assertEquals(activity.running(), []);
});

Deno.test("Activity: streams and cancelled calls are counted and not timed; failures are both", () => {
  const activity = new Activity();
  const at = Date.now();
  const end = (method: string, outcome: "answered" | "failed" | "cancelled", items?: number) =>
    activity.take("app", {
      ...{ event: "ended", at, call: 1, method, outcome, milliseconds: 7 },
      ...(items === undefined ? {} : { items }),
    }, at);
  end("stream", "answered", 3);
  end("left", "cancelled");
  end("broken", "failed");
  const figures = activity.methods(at).map(({ method, count, failed, p50 }) => [
    method,
    count,
    failed,
    p50,
  ]);
  assertEquals(figures.sort(), [
    ["broken", 1, 1, 7],
    ["left", 1, 0, null],
    ["stream", 1, 0, null],
  ]);
  assertEquals(activity.methods(at + 3 * 60_000), []);
});
