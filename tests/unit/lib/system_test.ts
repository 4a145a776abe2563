import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { watchStats } from "../../../apps/statusbar/stats.ts";
import { CpuMeter, readCpuInfo, readCpuTimes } from "../../../lib/system/cpu.ts";
import { HostReader, type HostStats, readHost } from "../../../lib/system/host.ts";
import { memoryStats, readMemory } from "../../../lib/system/memory.ts";
import { pause, unlessAborted } from "../../../lib/system/waiting.ts";

const timeout = 20_000;
const never = new AbortController().signal;

Deno.test("CpuMeter gives the percentage between two samples and null for the first", () => {
  const times = [{ busy: 100, total: 1000 }, { busy: 125, total: 1100 }, {
    busy: 225,
    total: 1200,
  }];
  const meter = new CpuMeter(() => times.shift() ?? null);
  assertEquals([meter.sample(), meter.sample(), meter.sample()], [null, 25, 100]);
});

Deno.test("CpuMeter repeats its last percentage while no tick has passed", () => {
  const times = [{ busy: 0, total: 100 }, { busy: 5, total: 110 }, { busy: 5, total: 110 }];
  const meter = new CpuMeter(() => times.shift() ?? null);
  assertEquals([meter.sample(), meter.sample(), meter.sample()], [null, 50, 50]);
});

Deno.test("CpuMeter starts anew when a core was taken away, and keeps to 0..100", () => {
  const times = [
    { busy: 500, total: 1000 },
    { busy: 200, total: 400 },
    { busy: 190, total: 410 },
    { busy: 290, total: 420 },
  ];
  const meter = new CpuMeter(() => times.shift() ?? null);
  assertEquals([1, 2, 3, 4].map(() => meter.sample()), [null, null, 0, 100]);
});

Deno.test("CpuMeter gives null where the system tells no times", () => {
  const meter = new CpuMeter(() => null);
  assertEquals([meter.sample(), meter.sample()], [null, null]);
});

Deno.test({
  name: "CpuMeter sees this machine at work",
  timeout,
  fn() {
    const meter = new CpuMeter();
    assertEquals(meter.sample(), null);
    const before = readCpuTimes()?.busy ?? 0;
    // Work until the system has counted some of it.
    while ((readCpuTimes()?.busy ?? 0) <= before);
    const percent = meter.sample();
    assert(percent !== null && percent > 0 && percent <= 100, `${percent}`);
  },
});

Deno.test("readCpuInfo knows at least one core", () => {
  const { cores, model } = readCpuInfo();
  assertGreater(cores, 0);
  assert(model === null || model !== "");
});

Deno.test("memoryStats takes what is free for available where Deno leaves that at 0", () => {
  assertEquals(memoryStats({ total: 100, free: 10, available: 30 }), {
    total: 100,
    used: 70,
    available: 30,
  });
  assertEquals(memoryStats({ total: 100, free: 40, available: 0 }), {
    total: 100,
    used: 60,
    available: 40,
  });
});

Deno.test("readMemory adds up on this machine", () => {
  const { total, used, available } = readMemory();
  assertGreater(total, 16 * 2 ** 20);
  assertGreater(used, 0);
  assertGreater(available, 0);
  assertEquals(used + available, total);
});

Deno.test({
  name: "readHost gives real figures that survive JSON",
  timeout,
  async fn() {
    const stats = await readHost();
    assertEquals<unknown>(JSON.parse(JSON.stringify(stats)), stats);
    assertEquals(new Date(stats.time).toISOString(), stats.time);
    assertEquals(stats.hostname, Deno.hostname());
    assertGreater(stats.uptime, 0);
    assertGreater(stats.cpu.cores, 0);
    assert(stats.cpu.percent !== null && stats.cpu.percent >= 0 && stats.cpu.percent <= 100);
  },
});

function countingMeter(): { meter: CpuMeter; reads: () => number } {
  let reads = 0;
  const meter = new CpuMeter(() => {
    reads += 1;
    return { busy: reads, total: reads * 2 };
  });
  return { meter, reads: () => reads };
}

Deno.test({
  name: "HostReader takes two samples for its first reading, and callers at that moment share them",
  timeout,
  async fn() {
    const { meter, reads } = countingMeter();
    const reader = new HostReader(meter);
    const all = await Promise.all([reader.read(), reader.read(), reader.read()]);
    assertEquals(all.map((stats) => stats.cpu.percent), [50, 50, 50]);
    assertEquals(reads(), 2);
  },
});

Deno.test({
  name: "HostReader stops for an abort during its first reading, and others still get theirs",
  timeout,
  async fn() {
    const reader = new HostReader(countingMeter().meter);
    const controller = new AbortController();
    const left = reader.read(controller.signal);
    const stays = reader.read();
    controller.abort(new Error("enough"));
    await assertRejects(() => left, Error, "enough");
    assertEquals((await stays).cpu.percent, 50);
  },
});

Deno.test({
  name: "unlessAborted gives the result, the failure or the reason, whichever comes first",
  async fn() {
    assertEquals(await unlessAborted(Promise.resolve(1), never), 1);
    await assertRejects(() => unlessAborted(Promise.reject(new Error("own")), never), Error, "own");
    const aborted = AbortSignal.abort(new Error("enough"));
    await assertRejects(() => unlessAborted(new Promise(() => {}), aborted), Error, "enough");
  },
});

Deno.test({
  name: "pause ends at once when its signal is aborted",
  timeout,
  async fn() {
    const controller = new AbortController();
    const waiting = pause(10 * timeout, controller.signal);
    controller.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
    await assertRejects(() => pause(10 * timeout, controller.signal), Error, "enough");
  },
});

const stats = { hostname: "made up" } as HostStats;

Deno.test({
  name: "watchStats yields again and again, an interval apart",
  timeout,
  async fn() {
    const since = performance.now();
    const seen: string[] = [];
    const reader = { read: () => Promise.resolve(stats) };
    for await (const { hostname } of watchStats({ interval: 250 }, never, reader)) {
      if (seen.push(hostname) === 3) break;
    }
    assertEquals(seen, ["made up", "made up", "made up"]);
    // Two intervals lie between three readings; timers may fire a few milliseconds early.
    assertGreater(performance.now() - since, 480);
  },
});

Deno.test({
  name: "watchStats ends at once when its signal is aborted between two readings",
  timeout,
  async fn() {
    const controller = new AbortController();
    const reader = { read: () => Promise.resolve(stats) };
    const watch = watchStats({ interval: 60_000 }, controller.signal, reader);
    await watch.next();
    const waiting = watch.next();
    controller.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
    assertEquals((await watch.next()).done, true);
  },
});

Deno.test("watchStats refuses an interval out of range, and anything that is no number", async () => {
  for (const interval of [0, 249, 60_001, NaN, "1000" as unknown as number]) {
    await assertRejects(
      () => watchStats({ interval }, never).next(),
      RangeError,
      `Cannot watch at interval "${interval}"`,
    );
  }
});
