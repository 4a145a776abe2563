/** Load: mixed for a while, and many connections at once. */

import { assert, assertEquals } from "@std/assert";
import { EXECUTABLES, meshTest, until, WINDOWS } from "../support/mesh/mesh.ts";
import type { Called } from "../support/programs/load_app.ts";
import type { ProcessUsage } from "../support/mesh/process_usage.ts";
import { record } from "../support/run/record.ts";
import { mean, soak, soakFigures } from "../support/chaos/soak.ts";

/** The long one runs one way: `deno task soak` runs it for 10 minutes. */
const SOAK_SECONDS = WINDOWS || EXECUTABLES !== null ? 4 : 30;
const SEED = 20_260_104;
/** What live memory of the second half may be over the first's, in bytes. */
const SLACK = 8 << 20;

meshTest(
  `soak: ${SOAK_SECONDS} seconds of mixed load, no error, memory and handles flat`,
  async (mesh) => {
    await mesh.register();
    const result = await soak(mesh, SOAK_SECONDS, { seed: SEED, samples: 12 });
    assertEquals(result.errors, []);
    assert(result.operations > 100);
    const [third, last] = [result.samples.slice(3, 7), result.samples.slice(-4)];
    const live = (samples: typeof last) => mean(samples.map((sample) => sample.live));
    assert(live(last) < live(third) + SLACK, JSON.stringify(result.samples));
    // Callers come and go all the time: at rest, the handles are what they were at the beginning.
    const before = result.samples[0]!.handles;
    await until(async () =>
      (await mesh.ipc.call<ProcessUsage>("fixture", "usage")).handles <= before + 2
    );
    record("soak", { ...soakFigures(result), seed: SEED });
  },
);

/** Connections at once, from so many processes; how many of them call, and how often each. */
const CONNECTIONS = EXECUTABLES === null ? 1_000 : 200;
const PROCESSES = 4;
const CALLING = 64;
const CALLS = WINDOWS ? 50 : 200;

meshTest(`load: ${CONNECTIONS} clients connected, ${CALLING} calling`, async (mesh) => {
  await mesh.register();
  const usage = () => mesh.ipc.call<ProcessUsage>("fixture", "usage");
  const names = Array.from({ length: PROCESSES }, (_, i) => `load-${i}`);
  await Promise.all(names.map((name) => mesh.registerLoad(name)));
  await Promise.all(names.map((name) => mesh.ipc.wake(name)));
  await mesh.ipc.wake("fixture");
  const before = await usage();
  const target = "fixture";
  const wait = { timeout: 100_000 };
  const count = CONNECTIONS / PROCESSES;
  const connecting = performance.now();
  await Promise.all(names.map((name) => mesh.ipc.call(name, "connect", { target, count }, wait)));
  const seconds = (performance.now() - connecting) / 1_000;
  const connected = await usage();
  // On Unix each connection is one descriptor; a lost one would show.
  if (Deno.build.os === "linux") assert(connected.handles - before.handles >= CONNECTIONS);
  const load = { target, callers: CALLING / PROCESSES, most: CALLS };
  const begun = performance.now();
  const called = await Promise.all(
    names.map((name) => mesh.ipc.call<Called>(name, "load", load, wait)),
  );
  const took = (performance.now() - begun) / 1_000;
  assertEquals(
    called.map(({ calls, failed }) => [calls, failed]),
    names.map(() => [CALLS * CALLING / PROCESSES, 0]),
  );
  await Promise.all(names.map((name) => mesh.ipc.call(name, "disconnect", {}, wait)));
  let after = await usage();
  await until(async () => (after = await usage()).handles <= before.handles + 4);
  record("load", {
    connections: CONNECTIONS,
    "client processes": PROCESSES,
    "seconds to connect": Math.round(seconds * 10) / 10,
    "server KiB a connection, resident":
      Math.round((connected.rss - before.rss) / CONNECTIONS / 1024 * 10) / 10,
    "server KiB a connection, live":
      Math.round((connected.live - before.live) / CONNECTIONS / 1024 * 10) / 10,
    calling: CALLING,
    calls: CALLS * CALLING,
    "calls a second": Math.round(CALLS * CALLING / took),
    "median ms": Math.max(...called.map(({ median }) => median)),
    "p99 ms": Math.max(...called.map(({ p99 }) => p99)),
    "handles before": before.handles,
    "handles after": after.handles,
  });
}, { limit: 150_000 });
