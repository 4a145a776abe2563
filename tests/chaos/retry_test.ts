/**
 * Idempotent calls while their app is killed: no faster than the start limit allows, all of them are
 * answered; faster, each failure is the limit's.
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { StartLimitError } from "../../lib/ipc/mod.ts";
import { readStarts } from "../../lib/ipc/tools.ts";
import { gone, kill, meshTest, MODE, type TestMesh, WINDOWS } from "../support/mesh/mesh.ts";
import { pause } from "../support/chaos/kill_scenarios.ts";
import { record } from "../support/run/record.ts";

/** Kills of the app, and calls in all; the other three ways show that it is the same there. */
const WHOLE = MODE === "script" && !WINDOWS;
const KILLS = WHOLE ? 20 : 2;
const CALLS = WHOLE ? 10_000 : 300;
/** Milliseconds between two kills: five starts in ten seconds are allowed. */
const GAP = 3_100;
/** Calls in flight, and how long each of them takes, in milliseconds. */
const CALLERS = 16;
const WAIT = 90;
const LIMIT = 180_000;
const NAME = "fixture";

interface Answer {
  attempt: number;
  pid: number;
}

/** A call that is made again for as long as it takes. */
function again(mesh: TestMesh, wait: number): Promise<Answer> {
  return mesh.ipc.call<Answer>(NAME, "again", { wait }, { timeout: LIMIT });
}

/** Kills the app that answers, which is another one than `before`. */
async function killNext(mesh: TestMesh, before: number): Promise<number> {
  for (;;) {
    // (By the connection that all calls share: whoever starts it has it, then.)
    const { pid } = await again(mesh, 0);
    if (pid === before) continue;
    kill(pid);
    await gone(pid);
    return pid;
  }
}

meshTest(`chaos: idempotent calls through ${KILLS} kills are all answered`, async (mesh) => {
  await mesh.register();
  await again(mesh, 0);
  let killed = 0;
  const kills = async () => {
    for (let pid = 0; killed < KILLS; killed++) {
      await pause(GAP);
      pid = await killNext(mesh, pid);
    }
  };
  const attempts: number[] = [];
  const caller = async () => {
    // (The last kill is to meet calls, too.)
    while (attempts.length < CALLS || killed < KILLS) {
      attempts.push((await again(mesh, WAIT)).attempt);
    }
  };
  await Promise.all([kills(), ...Array.from({ length: CALLERS }, caller)]);
  const repeated = attempts.filter((attempt) => attempt > 1).length;
  assertEquals(killed, KILLS);
  assert(attempts.length >= CALLS, `${attempts.length} answers`);
  assert(repeated >= KILLS, `${repeated} calls were made again`);
  record("idempotent calls through kills", {
    kills: KILLS,
    answers: attempts.length,
    "made again": repeated,
    "most attempts of one": Math.max(...attempts),
    failed: 0,
  });
}, { limit: LIMIT });

meshTest(
  "chaos: of kills faster than the start limit, each failure is the limit's",
  async (mesh) => {
    await mesh.register();
    await again(mesh, 0);
    // Some starts were a moment ago, so that a slow machine comes to the limit, too.
    const starts = readStarts(mesh.ipc.home, NAME);
    starts.starts = [1, 2, 3].map(() => Date.now());
    Deno.writeTextFileSync(
      mesh.ipc.home.runtimeFile(NAME, "starts.json"),
      JSON.stringify(starts),
    );
    const failures: unknown[] = [];
    const untilFailure = async (work: () => Promise<unknown>) => {
      try {
        for (;;) await work();
      } catch (error) {
        failures.push(error);
      }
    };
    let pid = 0;
    const killer = untilFailure(async () => pid = await killNext(mesh, pid));
    const callers = Array.from({ length: CALLERS }, () => untilFailure(() => again(mesh, WAIT)));
    await Promise.all([killer, ...callers]);
    assertEquals(failures.length, CALLERS + 1);
    for (const failure of failures) assertInstanceOf(failure, StartLimitError);
  },
  { limit: LIMIT },
);
