/**
 * The callers of a simulated mesh: each asks for a few things, changes its mind about some, and
 * leaves.
 *
 * @module
 */

import type { NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import type { Machine } from "../world/machine.ts";
import type { Process } from "../world/process.ts";
import { type Ask, asksOf, Cancelled } from "./asking.ts";
import { follow, hearEach } from "./following.ts";
import { leave } from "./leaving.ts";
import type { Library, Mesh } from "./mesh.ts";

/** Milliseconds in which a process has left. */
const LEAVING = 15_000;

/** The program of a caller. */
export async function askAround(mesh: Mesh, process: Process, library: Library): Promise<void> {
  const { machine } = mesh;
  const ipc = await library.NeverLiieIPC.client({
    onProblem: (problem) => machine.story.tell(process, `reports: ${problem}`),
  });
  ipc.expose("confirm", ({ text }) => `confirmed ${text}`);
  if (process.args.includes("last")) await askEachOnce(mesh, process, library, ipc);
  else await askForMany(mesh, process, library, ipc);
  const waits = mesh.records.calls.some(({ by, settled }) => by === process && settled === null);
  if (waits) mesh.records.met("waitersAtClose");
  const stalled = process.stalledFor;
  machine.scheduler.after(LEAVING, process, () => {
    if (process.left !== null || process.stalledFor !== stalled) return;
    machine.fail(`${process.name} does not get to leave in ${LEAVING} ms`);
  });
  await ipc.close();
  await leave(mesh, process);
}

async function askForMany(
  mesh: Mesh,
  process: Process,
  library: Library,
  ipc: NeverLiieIPC,
): Promise<void> {
  const { machine } = mesh;
  const { random } = machine;
  const asks = asksOf(mesh, process, library, ipc);
  const callable = mesh.apps.filter(({ crashes }) => !crashes);
  const under: Promise<unknown>[] = [];
  if (random(2) === 0) {
    const { name } = callable[random(callable.length)]!;
    const after = random(3) === 0 ? random(3_000) : Infinity;
    const signal = cancelsAfter(machine, process, after, "heard enough");
    void follow(mesh, process, library, ipc, name, signal);
  }
  const times = 3 + random(5);
  for (let i = 0; i < times; i++) {
    const { name: target } = callable[random(callable.length)]!;
    const ask: Ask = { target, heed: random(3) > 0, timeout: 200 + random(3_000) };
    ask.startTimeout = 1_000 + random(3_000);
    if (random(10) === 0) ask.activate = false;
    if (random(4) === 0) {
      // Some at once: that crosses the answer on its way.
      const after = random(2) === 0 ? random(600) : random(3_000) / 1_000;
      ask.signal = cancelsAfter(machine, process, after, "no longer wanted");
    }
    const one = askOnce(asks, ask, random);
    under.push(one);
    if (random(2) === 0) await one;
    else await machine.pause(process, random(400));
  }
  // Some leave while they still wait.
  if (random(4) > 0) await Promise.all(under);
  // Others stay for a while, and hear what still comes.
  if (random(2) === 0) await machine.pause(process, random(8_000));
}

/** Fires after so many milliseconds; never after Infinity. */
function cancelsAfter(
  machine: Machine,
  process: Process,
  milliseconds: number,
  why: string,
): AbortSignal {
  const controller = new AbortController();
  const cancel = () => controller.abort(new Cancelled(why));
  if (milliseconds !== Infinity) machine.scheduler.after(milliseconds, process, cancel);
  return controller.signal;
}

function askOnce(
  asks: ReturnType<typeof asksOf>,
  ask: Ask,
  random: (limit: number) => number,
): Promise<unknown> {
  switch (random(12)) {
    case 0:
      return asks.wake(ask);
    case 1:
      return asks.list();
    case 2:
      return asks.call("fail", ask);
    case 3:
      return asks.call("back", ask);
    case 4:
      return asks.call("relay", { ...ask, timeout: 9_000 });
    case 5:
      return asks.call("later", { ...ask, ms: random(1_500) });
    case 6:
      return asks.call("again", { ...ask, ms: random(1_500) });
    case 7: {
      const to = 1 + random(700);
      return asks.read({ ...ask, to }, random(3) > 0 ? to : 1 + random(to), random(3));
    }
    case 8: {
      const to = 1 + random(60);
      return asks.read({ ...ask, to, ms: 1 + random(40) }, random(2) > 0 ? to : 1 + random(to), 0);
    }
    case 9:
      return random(8) === 0 ? asks.call("die", ask) : asks.call("echo", ask);
    default:
      return asks.call("echo", ask);
  }
}

/** Once nothing goes wrong any more, each app is there for who asks. */
async function askEachOnce(
  mesh: Mesh,
  process: Process,
  library: Library,
  ipc: NeverLiieIPC,
): Promise<void> {
  const { records, machine } = mesh;
  const asks = asksOf(mesh, process, library, ipc);
  await hearEach(mesh, process, library, ipc, async (name) => {
    let answered = await asks.call("echo", { target: name });
    // A start from before may end only now, and fail for all who wait for it.
    if (!answered) answered = await asks.call("echo", { target: name });
    const last = records.calls.findLast(({ by }) => by === process)!;
    if (answered) records.met("recovered");
    else if (
      process.alive && !/^(StartLimitError|TargetUnknownError)|was given up/.test(last.outcome)
    ) {
      machine.fail(`"${name}" does not answer, and nothing is wrong any more: ${last.outcome}`);
    }
    return answered;
  });
}
