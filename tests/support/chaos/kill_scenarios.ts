/** What a program is doing when it is killed. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  ConnectionLostError,
  type NeverLiieIPC,
  pidOf,
  TargetStartError,
} from "../../../lib/ipc/mod.ts";
import {
  fixtureCommand,
  gone,
  kill,
  loadCommand,
  type TestMesh,
  until,
  WINDOWS,
} from "../mesh/mesh.ts";
import type { Random } from "./random.ts";

/** One app of the run, and what is drawn for it. */
export interface Victim {
  mesh: TestMesh;
  ipc: NeverLiieIPC;
  name: string;
  random: Random;
  /** Milliseconds that a start of a program takes here. */
  startup: number;
  /** Where the app leaves its process id as soon as it runs. */
  pidFile: string;
}

/** Waits a while: what it is for can only be looked for. */
export const pause = (milliseconds: number): Promise<void> =>
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
export async function wakened({ ipc, name }: Victim): Promise<number> {
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
export const SCENARIOS: Record<string, (victim: Victim) => Promise<void>> = {
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

/** Ends the app's process, where there is one, so that the next one is the one that is started. */
async function stop(victim: Victim): Promise<void> {
  const pid = await pidOf(victim.ipc, victim.name);
  if (pid !== null) await killAndWait(victim, pid);
  removeIfThere(victim.pidFile);
}

/** Removes a file, where there is one. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
