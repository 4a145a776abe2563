/**
 * Processes killed at seeded points of calls, streams, registration, activation and shutdown, and
 * what must hold afterwards.
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { join } from "@std/path";
import {
  ConnectionLostError,
  listApps,
  type NeverLiieIPC,
  pidOf,
  TargetStartError,
} from "../../lib/ipc/mod.ts";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import {
  fixtureCommand,
  gone,
  kill,
  loadCommand,
  meshTest,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { type ProcessUsage, processUsage } from "../support/mesh/process_usage.ts";
import { type Random, seeded } from "../support/chaos/random.ts";
import { record } from "../support/run/record.ts";
import { patient } from "../support/run/watchdog.ts";

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

/** One app of the run, and what is drawn for it. */
interface Victim {
  mesh: TestMesh;
  ipc: NeverLiieIPC;
  name: string;
  random: Random;
  /** Milliseconds that a start of a program takes here. */
  startup: number;
  /** Where the app leaves its process id as soon as it runs. */
  pidFile: string;
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** A program whose output nobody reads. */
function start({ mesh }: Victim, command: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(command[0]!, {
    args: command.slice(1),
    stdin: "null",
    stdout: "null",
    stderr: "null",
    env: { NEVERLIIE_HOME: mesh.home, NO_COLOR: "1" },
  }).spawn();
}

const callerCommand = () => [...loadCommand(), "--call"];

/** Kills the app's process and waits until this one has heard of it. */
async function killAndWait({ ipc, name }: Victim, pid: number): Promise<void> {
  kill(pid);
  await gone(pid);
  await until(async () => await pidOf(ipc, name) !== pid);
}

/** The app's process, which is started where it sleeps. */
async function wakened({ ipc, name }: Victim): Promise<number> {
  for (;;) {
    try {
      return await ipc.call<number>(name, "pid");
    } catch (error) {
      // By design: a call on a connection that breaks is not made again behind its caller's back.
      if (!(error instanceof ConnectionLostError)) throw error;
    }
  }
}

/** A rejection that a caller may see when its peer is killed; anything else is a fault. */
function checkLoss(settled: PromiseSettledResult<unknown>): void {
  if (settled.status === "fulfilled") return;
  const { reason } = settled;
  assert(reason instanceof ConnectionLostError || reason instanceof TargetStartError, `${reason}`);
}

/** Each kills once. */
const SCENARIOS: Record<string, (victim: Victim) => Promise<void>> = {
  /** With 40 calls in flight, after some of them were answered. */
  async calls(victim) {
    const { ipc, name, random } = victim;
    const pid = await wakened(victim);
    const after = random(41);
    let answered = 0;
    const done = Promise.withResolvers<void>();
    const count = (sum: number) => {
      if (++answered === after) done.resolve();
      return sum;
    };
    const calls = Array.from(
      { length: 40 },
      (_, i) =>
        (i % 8 === 7
          ? ipc.call<string>(name, "blob", { size: 1 << 18 }).then(({ length }) => length)
          : ipc.call<number>(name, "add", [i, 1])).then(count),
    );
    // Not before: the loss would come before the calls.
    await Promise.race([after === 0 ? pause(0) : done.promise, Promise.allSettled(calls)]);
    await killAndWait(victim, pid);
    for (const [i, settled] of (await Promise.allSettled(calls)).entries()) {
      checkLoss(settled);
      if (settled.status === "fulfilled") {
        assertEquals(settled.value, i % 8 === 7 ? 1 << 18 : i + 1);
      }
    }
  },

  /** With a stream that nobody ends, after some items. */
  async streams(victim) {
    const { ipc, name, random } = victim;
    const pid = await wakened(victim);
    const stream = ipc.stream<number>(name, "endless");
    const after = 1 + random(600);
    let last = 0;
    let lost: unknown;
    try {
      for await (const item of stream) {
        assertEquals(item, last + 1, "no item is lost or comes twice");
        last = item;
        if (item === after) kill(pid);
      }
    } catch (error) {
      lost = error;
    }
    assertInstanceOf(lost, ConnectionLostError);
    await killAndWait(victim, pid);
  },

  /** While it leaves the mesh. */
  async shutdown(victim) {
    const { ipc, name, random } = victim;
    const pid = await wakened(victim);
    const leaving = Promise.allSettled([ipc.call(name, "$/shutdown", {}, { activate: false })]);
    await pause(random(12));
    await killAndWait(victim, pid);
    for (const settled of await leaving) checkLoss(settled);
  },

  /** While it starts and registers itself, at its user's hand. */
  async registration(victim) {
    const { name, random, startup, pidFile } = victim;
    await stop(victim);
    const child = start(victim, [...fixtureCommand(), "--name", name, "--pid-file", pidFile]);
    if (random(4) === 0) await pause(random(startup));
    else {
      // From its first line on it takes a few milliseconds to join.
      let ended = false;
      child.status.then(() => ended = true);
      await untilFile(pidFile, () => ended);
      await pause(random(WINDOWS ? 200 : 40));
    }
    kill(child.pid);
    await child.status;
  },

  /** While others wait for it to start. */
  async activation(victim) {
    const { ipc, name, random, pidFile } = victim;
    await stop(victim);
    const calls = Promise.allSettled([ipc.call(name, "pid"), ipc.call(name, "add", [1, 2])]);
    let settled = false;
    calls.then(() => settled = true);
    const pid = await untilFile(pidFile, () => settled);
    await pause(random(WINDOWS ? 200 : 40));
    // Without the file, it was a program started earlier, by a waker that was killed, that answered.
    await killAndWait(victim, pid ?? await wakened(victim));
    for (const settled of await calls) checkLoss(settled);
  },

  /** The one who wakes it, at any time until its calls and its stream run. */
  async waker(victim) {
    const { name, random, startup } = victim;
    const caller = start(victim, [...callerCommand(), name, "waker"]);
    await pause(random(Math.round(startup * 2.5)));
    kill(caller.pid);
    await caller.status;
  },

  /** A caller whose calls wait and whose stream runs: its handlers are told. */
  async caller(victim) {
    const { ipc, name, random } = victim;
    await wakened(victim);
    const id = `caller-${random(2 ** 30)}`;
    const caller = start(victim, [...callerCommand(), name, id]);
    const wait = { timeout: 60_000 };
    await ipc.call(name, "happened", { event: `${id} started` }, wait);
    kill(caller.pid);
    await caller.status;
    for (let i = 0; i < 5; i++) {
      await ipc.call(name, "happened", { event: `${id}-${i} aborted` }, wait);
    }
  },
};

/** The process id that an app left, or `null` once the wait is `over` without one. */
async function untilFile(path: string, over: () => boolean): Promise<number | null> {
  while (!over()) {
    try {
      const text = await Deno.readTextFile(path);
      if (text !== "") {
        await Deno.remove(path);
        return Number(text);
      }
    } catch (error) {
      // Not there yet, or, on Windows, still being written.
      const passing = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.Busy || error instanceof Deno.errors.PermissionDenied;
      if (!passing) throw error;
    }
    await pause(1);
  }
  return null;
}

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
  await assertRegistered(mesh, victims.names);
  assertNothingLeft(mesh, victims.names);
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

/** The registry parses and lacks nobody. */
async function assertRegistered({ ipc }: TestMesh, names: readonly string[]): Promise<void> {
  const { apps, problems } = await ipc.registry.read();
  assertEquals([...problems], []);
  assertEquals([...apps.keys()].sort(), [...names].sort());
}

/** No lock is held, and no socket or temporary file is left. */
function assertNothingLeft({ home, ipc }: TestMesh, names: readonly string[]): void {
  for (const name of names) {
    assertEquals(ProcessLock.isHeld(ipc.home.runtimeFile(name, "lock")), false, name);
    assertEquals(ProcessLock.isHeld(ipc.home.runtimeFile(name, "start.lock")), false, name);
  }
  assertEquals(ProcessLock.isHeld(join(ipc.home.runtime, ".supervisor.lock")), false);
  const files = [...Deno.readDirSync(ipc.home.runtime)].map(({ name }) => name)
    .filter((name) =>
      !/^(victim-\d+\.(lock|start\.lock|starts\.json)|\.(registry|supervisor)\.lock)$/.test(name)
    );
  assertEquals(files, []);
  const there = [...Deno.readDirSync(home)].map(({ name }) => name).sort();
  // (The files with process ids are this test's own.)
  assertEquals(there.filter((name) => name !== "run" && !name.endsWith(".pid")), [
    "logs",
    "registry.json",
  ]);
}

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

/** Ends the app's process, where there is one, so that the next one is the one that is started. */
async function stop(victim: Victim): Promise<void> {
  const pid = await pidOf(victim.ipc, victim.name);
  if (pid !== null) await killAndWait(victim, pid);
  removeIfThere(victim.pidFile);
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
    const left = Deno.build.os === "linux" ? processesOf(mesh).length : 0;
    quiet = running.length + left === 0 ? quiet + 1 : 0;
    // Only Linux tells who has not joined yet; elsewhere such a program gets the time to.
    await pause(Deno.build.os === "linux" ? 10 : startup);
  }
}

/** The processes that were started in this mesh, by their environment. */
function processesOf({ home }: TestMesh): number[] {
  const pids = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name));
  return pids.filter((pid) => {
    if (!(pid > 0) || pid === Deno.pid) return false;
    try {
      return Deno.readTextFileSync(`/proc/${pid}/environ`).includes(`NEVERLIIE_HOME=${home}\0`);
    } catch {
      // It has ended meanwhile, or is no process.
      return false;
    }
  });
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
