/**
 * What the apps of a simulated mesh tell whoever listens, and those who do: nothing comes twice or
 * out of its order, nothing is missing unless that is told, and nobody who listens is forgotten.
 *
 * @module
 */

import type { NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import type { Process } from "../world/process.ts";
import { Cancelled } from "./asking.ts";
import type { Library, Mesh } from "./mesh.ts";

/** The topic that each app has. */
const TOPIC = "ticks";
/**
 * Milliseconds in which who listens hears an app that answers: one look, as no watcher of folders is
 * left in this world, the longest pause of one that tried in vain, and what it takes to subscribe.
 */
const HEARING = 3_500;

/** A value of the topic. */
interface Tick {
  pid: number;
  n: number;
}

/** Has an app tell something now and then, until it leaves. */
export function tell(mesh: Mesh, process: Process, ipc: NeverLiieIPC): void {
  const { machine, records } = mesh;
  const topic = ipc.topic<Tick>(TOPIC, { retain: true });
  let left = false;
  void ipc.closed.then(() => left = true);
  void (async () => {
    for (let n = 1; !left; n++) {
      records.told.set(process, n);
      topic.emit({ pid: process.pid, n });
      await machine.pause(process, 100 + machine.random(1_500));
    }
  })();
}

/**
 * Listens to `target` until `signal` fires or the process leaves.
 *
 * @param heard is told of each value
 */
export async function follow(
  mesh: Mesh,
  process: Process,
  library: Library,
  ipc: NeverLiieIPC,
  target: string,
  signal: AbortSignal,
  heard: (tick: Tick) => void = () => {},
): Promise<void> {
  const { machine, records } = mesh;
  const fail = (why: string) => machine.fail(`${process.name}, which listens to ${target}, ${why}`);
  machine.story.tell(process, `listens to ${target}`);
  let last: Tick | null = null;
  let gap = false;
  try {
    for await (const item of ipc.subscribe<Tick>(target, TOPIC, { gaps: true, signal })) {
      if (!process.alive) return;
      if (item instanceof library.TopicGap) {
        if (item.gap !== "restarted") fail(`is told of ${item.count} values that were dropped`);
        if (last !== null) records.met("gapTold");
        gap = true;
        continue;
      }
      const { pid, n } = item;
      const told = records.told.get(machine.processes.find((one) => one.pid === pid)!) ?? 0;
      if (n > told) fail(`hears ${n} of ${pid}, which has told ${told}`);
      if (last !== null) {
        const [from, to] = [`${last.n} of ${last.pid}`, `${n} of ${pid}`];
        if (!gap && (pid !== last.pid || n !== last.n + 1)) fail(`hears ${to} behind ${from}`);
        // (The latest value comes once more to who subscribes anew.)
        if (pid === last.pid && n < last.n) fail(`hears ${to} after ${from}`);
      }
      gap = false;
      last = item;
      records.met("heard");
      heard(item);
    }
    if (process.alive) fail("hears of an end, and there is none");
  } catch (error) {
    const { name, message } = error as Error;
    const ended = signal.aborted || (process.alive && /has left the mesh/.test(message));
    if (!ended && process.alive) fail(`hears no more: ${name}: ${message}`);
  }
}

/**
 * Listens to apps that may be asleep, has them woken by `wake`, and then hears of each.
 * Nothing goes wrong any more.
 */
export async function hearEach(
  mesh: Mesh,
  process: Process,
  library: Library,
  ipc: NeverLiieIPC,
  wake: (app: string) => Promise<boolean>,
): Promise<void> {
  const { machine, records } = mesh;
  const ends = new AbortController();
  const { signal } = ends;
  const following: Promise<void>[] = [];
  for (const { name, crashes } of mesh.apps) {
    if (crashes) continue;
    const hears = Promise.withResolvers<void>();
    following.push(follow(mesh, process, library, ipc, name, signal, () => hears.resolve()));
    if (!await wake(name)) continue;
    const heard = await Promise.race([
      hears.promise.then(() => true),
      machine.pause(process, HEARING).then(() => false),
    ]);
    if (!process.alive || heard) records.met("heardInTheEnd");
    else machine.fail(`${process.name} does not hear "${name}", which answers, in ${HEARING} ms`);
  }
  ends.abort(new Cancelled("heard enough"));
  await Promise.all(following);
}
