/**
 * Apps of all makes are killed in a seeded order, while callers of all makes call them, read their
 * streams, and listen to their topics: nobody is lost. What a caller checks meanwhile is in
 * tests/mixed/programs/load.ts and load.py.
 */

import { assert, assertEquals } from "@std/assert";
import { removeIfThere } from "../support/chaos/kill_scenarios.ts";
import { assertNothingLeft, assertRegistered } from "../support/chaos/left_behind.ts";
import { seeded } from "../support/chaos/random.ts";
import { enter, makesIn } from "../support/mesh/makes.ts";
import { gone, kill, meshTest, until, WINDOWS } from "../support/mesh/mesh.ts";
import { processesOf } from "../support/mesh/process.ts";
import { record } from "../support/run/record.ts";
import { patient } from "../support/run/watchdog.ts";
import type { Did, Tick } from "./programs/load.ts";

const SEED = 20_260_112;
/** Kills of each app. Under Wine a start takes long. */
const KILLS_EACH = WINDOWS ? 2 : 4;
/** The slowest caller has heard up to so many numbers of an app when that is killed. */
const NUMBERS = 20;
/** Milliseconds that the whole may take, and one wait. */
const LIMIT = 180_000;
const WAIT = 60_000;

meshTest(
  "chaos: programs of all makes, killed under callers of all makes, lose nobody",
  async (mesh) => {
    const { ipc } = mesh;
    const makes = makesIn(mesh);
    const hosts = makes.map(({ name }) => `host-${name}`);
    const callers = makes.map(({ name }) => `caller-${name}`);
    for (const make of makes) {
      await enter(mesh, make, `host-${make.name}`);
      mesh.spawn(make.command(`caller-${make.name}`), { stdout: "null", stderr: "null" });
    }
    const pids = await Promise.all(callers.map((name) => mesh.answering(name)));
    const begun = performance.now();
    const timeout = patient(WAIT);
    /** Asks all callers. The first one that fails is named. */
    const ask = <T>(method: string, params: Record<string, unknown> = {}) =>
      Promise.all(callers.map(async (name) => {
        try {
          return await ipc.call<T>(name, method, params, { timeout });
        } catch (error) {
          throw new Error(`${name}, ${JSON.stringify(params)}: ${error}`, { cause: error });
        }
      }));
    const untilHeard = (app: string, tick: Tick) => ask("heard", { app, tick });
    const lives = new Map(hosts.map((app) => [app, [] as number[]]));
    /** The app's process, which is started where it sleeps. */
    const live = async (app: string): Promise<number> => {
      const pid = await ipc.call<number>(app, "pid", {}, { timeout });
      lives.get(app)!.push(pid);
      return pid;
    };

    // All wake all, at once.
    await ask("begin", { apps: hosts });
    const random = seeded(SEED);
    const left = hosts.flatMap((app) => Array.from({ length: KILLS_EACH }, () => app));
    const order: string[] = [];
    while (left.length > 0) order.push(...left.splice(random(left.length), 1));
    for (const app of order) {
      const pid = await live(app);
      await untilHeard(app, { life: pid, n: 1 + random(NUMBERS) });
      // The start limit has tests of its own.
      removeIfThere(ipc.home.runtimeFile(app, "starts.json"));
      kill(pid);
      await gone(pid);
    }
    for (const app of hosts) {
      const life = await live(app);
      const tick = await ipc.call<Tick>(app, "stop_telling");
      assertEquals(tick.life, life);
      await untilHeard(app, tick);
    }
    const did = await ask<Record<string, Did>>("finish");

    const all = did.flatMap((one) => Object.values(one));
    const sum = (key: keyof Omit<Did, "lives">) => all.reduce((total, one) => total + one[key], 0);
    assert(sum("lost") + sum("streamsLost") > 0, "some were killed in the middle of work");
    for (const [i, caller] of callers.entries()) {
      assertEquals(Object.keys(did[i]!).sort(), [...hosts].sort());
      for (const [app, one] of Object.entries(did[i]!)) {
        const told = `${caller} of ${app}: ${JSON.stringify(one)}`;
        // Nobody lived but who was killed, and the last one; and each was heard by everybody.
        assertEquals(one.lives, lives.get(app)!, told);
        assert(one.missing <= one.dropped, told);
        assert(one.calls > 0 && one.streams > 0, told);
      }
    }
    for (const app of hosts) {
      const pid = lives.get(app)!.at(-1)!;
      await until(async () => await ipc.call(app, "running") === 0);
      await mesh.stop(app, pid);
    }
    for (const [i, caller] of callers.entries()) await mesh.stop(caller, pids[i]);
    if (Deno.build.os === "linux") await until(() => processesOf(mesh.home).length === 0);
    const names = [...hosts, ...callers];
    await assertRegistered(mesh, names);
    assertNothingLeft(mesh, names, (name) => name === "python programs");

    record("kills in all languages", {
      total: order.length,
      makes: makes.map(({ name }) => name).join(", "),
      "calls answered": sum("calls"),
      "calls lost with their app": sum("lost"),
      "streams cancelled": sum("streams"),
      "streams lost with their app": sum("streamsLost"),
      "values heard": sum("values"),
      "values dropped, and told": sum("dropped"),
      seconds: Math.round((performance.now() - begun) / 1000),
      seed: SEED,
    });
  },
  { limit: LIMIT },
);
