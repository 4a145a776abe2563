/** `neverliie top`: figures of apps, what stands where, and what keys select. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Activity } from "../../../apps/neverliie/watching/activity.ts";
import { SLOT } from "../../../apps/neverliie/watching/sliding_window.ts";
import { caller, formatTime } from "../../../apps/neverliie/top/columns.ts";
import { layout, share, SMALLEST } from "../../../apps/neverliie/top/layout.ts";
import type {
  AppSample,
  CallSample,
  MethodSample,
  Sample,
} from "../../../apps/neverliie/top/sample.ts";
import { TopState } from "../../../apps/neverliie/top/state.ts";
import { displayWidth } from "../../../lib/ui/text.ts";

const AT = 1_000_000 * SLOT;

function app(name: string, own: Partial<AppSample> = {}): AppSample {
  const figures = { count: 10, failed: 0, perSecond: 1, p50: 0.5, p99: 2 };
  const known = { state: "running" as const, pid: 4711, uptime: 200, problem: null, inFlight: 0 };
  return { name, ...figures, ...known, ...own };
}

function call(app: string, number: number, own: Partial<CallSample> = {}): CallSample {
  const known = { method: "hang", from: { name: null, pid: 5 }, since: AT - 12_000 };
  const rest = { atLeast: false, items: null, progress: null };
  return { app, pid: 4711, call: number, ...known, ...rest, ...own };
}

function method(app: string, name: string, own: Partial<MethodSample> = {}): MethodSample {
  return { app, method: name, count: 5, failed: 0, perSecond: 2, p50: 0.25, p99: 3, ...own };
}

function sample(own: Partial<Sample> = {}): Sample {
  return { at: AT, apps: [app("echo")], calls: [], methods: [], problems: [], ...own };
}

function text(shown: Sample, state = new TopState(), columns = 80, rows = 23): string[] {
  return layout(shown, state, { columns, rows }).map((line) =>
    line.map(({ text }) => text).join("")
  );
}

Deno.test("Activity: figures of an app are of all its methods; streams and cancelled calls have no time", () => {
  const activity = new Activity();
  // Long after the activity began, so that the window is a full one.
  const now = Math.floor(Date.now() / SLOT) * SLOT + 10 * SLOT;
  let number = 0;
  const ended = (
    name: string,
    method: string,
    milliseconds: number,
    rest: { outcome?: "failed" | "cancelled"; items?: number } = {},
  ) =>
    activity.take(name, {
      event: "ended",
      at: now,
      call: ++number,
      method,
      outcome: "answered",
      milliseconds,
      ...rest,
    }, now);
  for (let i = 1; i <= 50; i++) ended("a", "one", i);
  for (let i = 51; i <= 100; i++) ended("a", "two", i);
  ended("a", "two", 90_000, { items: 7 });
  ended("a", "two", 90_000, { outcome: "cancelled" });
  ended("a", "one", 1, { outcome: "failed" });
  ended("b", "one", 1);
  // The fourth of five slots of two seconds ends 8 s after the first began.
  const { count, failed, perSecond, p50, p99 } = activity.figures("a", now);
  assertEquals([count, failed, p50, p99], [103, 1, 50, 99]);
  assertEquals(perSecond, Math.round(103 / 8 * 10) / 10);
  assertEquals(activity.figures("b", now).count, 1);
  assertEquals(activity.figures("a", now + 6 * SLOT).count, 0);
  assertEquals(activity.figures("never called", now).p99, null);
});

Deno.test("Activity: what began before anybody looked is at least as old", () => {
  const activity = new Activity();
  activity.take("a", { event: "watching", at: AT, pid: 7 });
  const rest = { names: [], from: null };
  const began = { event: "began" as const, method: "m", ...rest };
  activity.take("a", { ...began, call: 1, at: AT - 500, running: true });
  activity.take("a", { ...began, call: 2, at: AT, running: true });
  activity.take("a", { ...began, call: 3, at: AT });
  const told = activity.running().map(({ call, atLeast }) => [call, atLeast]);
  assertEquals(told.sort(), [[1, false], [2, true], [3, false]]);
});

Deno.test("top: the title counts, each table has its rows, no line is too wide", () => {
  const shown = sample({
    apps: [
      app("echo", { perSecond: 2, failed: 1, inFlight: 1 }),
      app("other", { state: "asleep", pid: null, uptime: null, perSecond: 0.3 }),
    ],
    calls: [
      call("echo", 12, { items: 3, progress: { share: 0.25, text: "copying" } }),
      call("echo", 13, { atLeast: true, from: null, method: "日本語".repeat(30) }),
    ],
    methods: [method("echo", "hang", { p99: 1_500 })],
  });
  for (const columns of [40, 60, 80, 132, 200]) {
    const lines = text(shown, new TopState(), columns);
    assertEquals(lines.length, 23);
    for (const line of lines) assert(displayWidth(line) <= columns, `${columns}: ${line}`);
  }
  const lines = text(shown, new TopState(), 120);
  assert(
    lines[0]!.startsWith("NeverLiie top  1 of 2 apps run · 2.3 calls/s · 2 in flight · 1 error"),
    lines[0],
  );
  const all = lines.join("\n");
  assert(/^ {2}echo +4711 +3m 20s +1 +2 +0\.50 ms +2\.0 ms +1$/m.test(all), all);
  assert(/^ {2}other +asleep +-/m.test(all), all);
  assert(/^▌ echo hang +#12 +12 s +3 +client 5 +██░{6} 25% copying$/m.test(all), all);
  assert(/^ {2}echo 日本語.*….*≥ 12 s +- +\(unknown\)/m.test(all), all);
  assert(/^ {2}echo hang +2 +0\.25 ms +1\.5 s +0$/m.test(all), all);
});

Deno.test("top: empty tables say so, and a problem stands where figures would", () => {
  const empty = text(sample({ apps: [] })).join("\n");
  assertStringIncludes(empty, "No apps yet");
  assertStringIncludes(empty, "Nothing is in flight.");
  assertStringIncludes(empty, "Nothing was called");
  const problem = "it speaks protocol 2\x1b[2J";
  const shown = sample({ apps: [app("echo", { problem })], problems: ["registry: broken"] });
  const lines = text(shown);
  assertEquals(lines[1], "registry: broken");
  assertStringIncludes(lines.join("\n"), "echo  tells nothing: it speaks protocol 2");
  assert(!lines.join("").includes("\x1b"));
});

Deno.test("top: a terminal that is too small says so, a low one shows the table in focus", () => {
  for (const [columns, rows] of [[39, 24], [80, 7], [10, 3]] as const) {
    const lines = text(sample(), new TopState(), columns, rows);
    assert(lines.length <= rows && lines.every((line) => displayWidth(line) <= columns));
    assertStringIncludes(lines.join(" "), "The");
  }
  const shown = sample({ calls: [call("echo", 1)] });
  const low = text(shown, new TopState(), SMALLEST.columns, SMALLEST.rows).join("\n");
  assertStringIncludes(low, "echo hang");
  assert(!low.includes("APPS"), low);
});

Deno.test("top: with many rows the selected one is seen, and how many there are", () => {
  const calls = Array.from({ length: 100 }, (_, i) => call("echo", i + 1, { since: AT - 100 + i }));
  const shown = sample({ calls });
  const state = new TopState();
  state.move(60, state.rows(shown));
  const lines = text(shown, state);
  const selected = lines.find((line) => line.startsWith("▌"))!;
  assertStringIncludes(selected, "#61");
  assert(lines.some((line) => /IN FLIGHT \d+–\d+ of 100/.test(line)), lines.join("\n"));
  assertEquals(lines.length, 23);
});

Deno.test("TopState: a call stays selected while others come and go; a gone one hands on its place", () => {
  const state = new TopState();
  const calls = [1, 2, 3].map((number) => call("echo", number, { since: AT + number }));
  state.move(1, state.rows(sample({ calls })));
  const selected = (calls: CallSample[]) => {
    const rows = state.rows(sample({ calls })).calls;
    return rows[state.selected("calls", rows)]?.value.call;
  };
  assertEquals(selected(calls), 2);
  assertEquals(selected([call("echo", 0, { since: 0 }), ...calls]), 2);
  assertEquals(selected([calls[0]!, calls[2]!]), 3);
  assertEquals(selected([calls[0]!]), 1);
  assertEquals(selected([]), undefined);
});

Deno.test("TopState: tables are turned through, each sorted in its own way", () => {
  const state = new TopState();
  const shown = sample({
    apps: [app("a", { perSecond: 1, p99: 9 }), app("b", { perSecond: 2, p99: null, failed: 3 })],
    methods: [method("a", "m"), method("a", "k", { perSecond: 9 })],
  });
  const apps = () => state.rows(shown).apps.map(({ key }) => key);
  assertEquals([state.focus, state.order, apps()], ["calls", "oldest", ["a", "b"]]);
  state.turn(-1);
  const seen: [string, string[]][] = [];
  for (let i = 0; i < 4; i++) {
    seen.push([state.order, apps()]);
    state.sort();
  }
  assertEquals(seen, [
    ["name", ["a", "b"]],
    ["busiest", ["b", "a"]],
    ["slowest", ["a", "b"]],
    ["errors", ["b", "a"]],
  ]);
  state.turn(-1);
  assertEquals([state.focus, state.order], ["methods", "busiest"]);
  assertEquals(state.rows(shown).methods.map(({ key }) => key), ["a k", "a m"]);
});

Deno.test("TopState: cancelling asks first, of a call alone", () => {
  const state = new TopState();
  const shown = sample({ calls: [call("echo", 3, { from: { name: "asker", pid: 9 } })] });
  state.ask(state.rows(sample()));
  assertEquals([state.asking, state.message], [null, "Nothing is in flight"]);
  state.ask(state.rows(shown));
  assertEquals(state.asking?.call, 3);
  const lines = text(shown, state);
  assertEquals(lines.at(-2), "Cancel #3 hang of echo, asked by asker?");
  assertStringIncludes(lines.at(-1)!, "y cancel it");
  const other = new TopState();
  other.turn(1);
  other.ask(other.rows(shown));
  assertEquals(other.asking, null);
});

Deno.test("top: times and callers as people read them, room in fair shares", () => {
  const times = [null, 0, 0.012, 0.0994, 0.123, 0.999, 3.14, 99.6, 999.6, 1_500, 200_000];
  assertEquals(times.map(formatTime), [
    "-",
    "< 1 µs",
    "12 µs",
    "99 µs",
    "0.12 ms",
    "1.0 ms",
    "3.1 ms",
    "100 ms",
    "1.0 s",
    "1.5 s",
    "3m 20s",
  ]);
  assertEquals([caller(null), caller({ name: null, pid: 4 })], ["(unknown)", "client 4"]);
  assertEquals(share([1, 9, 3], 7), [1, 3, 3]);
  assertEquals(share([1, 1], 9), [1, 1]);
  assertEquals(share([5, 5], 0), [0, 0]);
});
