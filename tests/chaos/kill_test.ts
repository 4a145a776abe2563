/**
 * Processes killed at seeded points of calls, streams, registration, activation and shutdown, and
 * what must hold afterwards.
 */

import { assert, assertEquals } from "@std/assert";
import { listApps } from "../../lib/ipc/mod.ts";
import { meshTest, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";
import { processesOf } from "../support/mesh/process.ts";
import { type ProcessUsage, processUsage } from "../support/mesh/process_usage.ts";
import { assertNothingLeft, assertRegistered } from "../support/chaos/left_behind.ts";
import { seeded } from "../support/chaos/random.ts";
import { record } from "../support/run/record.ts";
import { patient } from "../support/run/watchdog.ts";
import { pause, removeIfThere, SCENARIOS, wakened } from "../support/chaos/kill_scenarios.ts";

const SEED = 20_260_101;
/** Kills of one run. The four ways of running the suite together make 500 and more. */
const KILLS = WINDOWS ? 28 : 224;
const LANES = WINDOWS ? 2 : 3;
/** Kills of one app before another takes over. */
const KILLS_PER_APP = 7;
/** Milliseconds that the whole may take. */
const LIMIT = 180_000;
/** What a count may differ by: the runtime opens and closes some of its own. */
const SLACK = 4;

/** All apps of the run. */
class Victims {
  readonly names: string[] = [];
  /** How often each kind of thing was done to one of them. */
  readonly killed: Record<string, number>;
  /** For the one who has to find out what hangs. */
  readonly doing = new Map<string, string>();
  readonly #mesh: TestMesh;
  readonly #kinds = Object.keys(SCENARIOS);
  #drawn = 0;
  #startup = 0;

  constructor(mesh: TestMesh) {
    this.#mesh = mesh;
    this.killed = Object.fromEntries(this.#kinds.map((kind) => [kind, 0]));
  }

  /** Measures how long a start takes. */
  async measure(): Promise<number> {
    const begun = performance.now();
    await this.live(0);
    return this.#startup = performance.now() - begun;
  }

  /** One app from its registration to its shutdown; `kills` times killed in between. */
  async live(kills: number): Promise<void> {
    const mesh = this.#mesh;
    const { ipc } = mesh;
    const name = `victim-${this.names.length}`;
    this.names.push(name);
    const pidFile = `${mesh.home}/${name}.pid`;
    await mesh.register({ name, args: ["--pid-file", pidFile] });
    const random = seeded(SEED + this.names.length);
    const victim = { mesh, ipc, name, random, startup: this.#startup, pidFile };
    for (let i = 0; i < kills; i++) {
      const kind = this.#kinds[this.#drawn++ % this.#kinds.length]!;
      this.doing.set(name, kind);
      // The start limit has tests of its own.
      removeIfThere(ipc.home.runtimeFile(name, "starts.json"));
      await SCENARIOS[kind]!(victim);
      this.killed[kind] = this.killed[kind]! + 1;
    }
    removeIfThere(ipc.home.runtimeFile(name, "starts.json"));
    this.doing.set(name, "the end");
    // Whatever was killed, the next caller is answered, and the app leaves in order.
    const pid = await wakened(victim);
    await mesh.stop(name, pid);
    removeIfThere(pidFile);
    this.doing.delete(name);
  }
}

meshTest(`chaos: ${KILLS} kills leave nothing behind`, async (mesh) => {
  const victims = new Victims(mesh);
  let left = KILLS - LANES * KILLS_PER_APP;
  const late = setTimeout(
    () => console.error("still under way:", victims.doing),
    patient(LIMIT / 2),
  );
  const startup = await victims.measure();
  await Promise.all(Array.from({ length: LANES }, () => victims.live(KILLS_PER_APP)));
  const before = processUsage();
  const begun = performance.now();

  const lanes = Array.from({ length: LANES }, async () => {
    while (left > 0) {
      const kills = Math.min(KILLS_PER_APP, left);
      left -= kills;
      await victims.live(kills);
    }
  });
  await Promise.all(lanes);

  await untilAllEnded(mesh, startup);
  const total = Object.values(victims.killed).reduce((sum, count) => sum + count, 0);
  assertEquals(total, KILLS);
  // A file that a killed process was writing is removed by the next who changes the registry: one
  // that was started by hand and killed is woken by its former entry, which changes nothing.
  await mesh.ipc.registry.update(new Map());
  await assertRegistered(mesh, victims.names);
  // (The files with process ids are this test's own.)
  assertNothingLeft(mesh, victims.names, (name) => name.endsWith(".pid"));
  const after = await usageAsBefore(before);
  clearTimeout(late);
  record("kills", {
    total,
    ...victims.killed,
    apps: victims.names.length,
    "handles before": before.handles,
    "handles after": after.handles,
    "threads before": before.threads ?? "not counted",
    "threads after": after.threads ?? "not counted",
    seconds: Math.round((performance.now() - begun) / 1000),
    seed: SEED,
  });
}, { limit: LIMIT });

/** What this process holds, which made all the calls, once that is what it held before. */
async function usageAsBefore(before: ProcessUsage): Promise<ProcessUsage> {
  const flat = (now: ProcessUsage) =>
    now.handles <= before.handles + SLACK && (now.threads ?? 0) <= (before.threads ?? 0) + SLACK;
  let after = processUsage();
  // Idle threads of the runtime end after a while.
  for (let i = 0; i < 200 && !flat(after); i++) {
    await pause(100);
    after = processUsage();
  }
  assert(flat(after), JSON.stringify({ before, after }));
  return after;
}

/**
 * Stops what still comes up: a killed waker's program starts all the same, and may find the name
 * free because the program that another one started meanwhile has left.
 */
async function untilAllEnded(mesh: TestMesh, startup: number): Promise<void> {
  const { ipc } = mesh;
  for (let quiet = 0; quiet < 3;) {
    const running = (await listApps(ipc)).filter((app) => app.running);
    for (const { name, pid } of running) if (pid !== null) await mesh.stop(name, pid);
    const left = Deno.build.os === "linux" ? processesOf(mesh.home).length : 0;
    quiet = running.length + left === 0 ? quiet + 1 : 0;
    // Only Linux tells who has not joined yet; elsewhere such a program gets the time to.
    await pause(Deno.build.os === "linux" ? 10 : startup);
  }
}
