/**
 * A whole mesh in a seed: several processes of the product on one simulated machine, where whatever
 * can go wrong does, and everything that must be so is looked at after every step. The same seed
 * takes the same course, to the last byte.
 *
 * `world/` is the machine: clock, disk, processes, connections. It knows the system that the product
 * stands on, and nothing of the product. `mesh/` is what runs on it, and what must be so.
 *
 * @module
 */

import { nextTick } from "node:process";
import { setImmediate } from "node:timers";
import { seeded } from "../support/chaos/random.ts";
import { Checks } from "./mesh/checks.ts";
import { appsOf, takeCourse } from "./mesh/course.ts";
import { Mesh } from "./mesh/mesh.ts";
import type { Instantiate, Product } from "./product.ts";
import { isEnd, Process } from "./world/process.ts";
import { call } from "./world/scope.ts";
import type { Detail } from "./world/story.ts";

export { loadProduct, type Product } from "./product.ts";

/** What became of a seed. */
export interface Verdict {
  seed: number;
  /** What was not as it must be; `null` where everything was. */
  failure: string | null;
  /** What happened, line by line, where it failed or was asked for. */
  story: string[];
  /** How often each kind of fault happened. */
  faults: Record<string, number>;
  /** How often what each invariant speaks of happened. */
  premises: Record<string, number>;
  steps: number;
}

/** Steps after which a run that has not come to its end never will. */
const STEPS_MAX = 60_000;

/** After so many steps it is heard which promises were rejected with nobody to hear it. */
const STEPS_UNHEARD = 32;

/**
 * Runs a seed; one that fails runs once more, with a copy of the product for each process, so that
 * its story is told.
 */
export async function simulate(product: Product, seed: number): Promise<Verdict> {
  const verdict = await run(product.shared, seed, "none");
  if (verdict.failure === null) return verdict;
  const again = await run(product.own, seed, "story");
  if (again.failure !== null) return again;
  const failure = `it fails only where processes share their code: ${verdict.failure}`;
  return { ...again, failure };
}

/** Runs a seed and writes down what happens. */
export async function run(make: Instantiate, seed: number, detail: Detail): Promise<Verdict> {
  const mesh = new Mesh(make, seed, detail, appsOf(seeded(seed ^ 0x5eed)));
  const { machine, records } = mesh;
  const checks = new Checks(mesh);
  const rejected = watchRejections((why) => machine.fail(why));
  // Nobody reads the stacks of errors that are part of the course, and they take time to make.
  const { stackTraceLimit } = Error;
  if (detail === "none") Error.stackTraceLimit = 0;
  let over = false;
  try {
    takeCourse(mesh, checks).then(() => over = true, (error) => {
      machine.fail(`the simulation itself fails: ${(error as Error).stack}`);
    });
    await turn();
    while (!over && machine.failure === null) {
      const task = machine.scheduler.next();
      if (task === null) {
        machine.fail("nothing happens any more");
        break;
      }
      machine.current = task.owner instanceof Process ? task.owner : null;
      if (machine.current === null) task.run();
      else {
        machine.current.enter();
        call(machine, machine.current, task.run);
      }
      await turn();
      if (machine.steps % STEPS_UNHEARD === 0) await wholeTurn();
      checks.step();
      if (++machine.steps > STEPS_MAX) {
        machine.fail(`it does not come to its end in ${STEPS_MAX} steps`);
      }
    }
    for (const process of machine.living()) process.end(0);
    await wholeTurn();
  } finally {
    rejected.end();
    Error.stackTraceLimit = stackTraceLimit;
  }
  return {
    ...{ seed, failure: machine.failure, story: machine.story.lines, steps: machine.steps },
    ...{ faults: machine.faults.counts, premises: records.premises },
  };
}

/** Resolves once every promise that could go on has done so; of this thread's own loop nothing runs. */
function turn(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

/** The same after a turn of the loop, which takes as long as a step and tells of rejections. */
function wholeTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Hears of promises that were rejected with nobody to hear it, which ends a real process. */
function watchRejections(tell: (why: string) => void): { end(): void } {
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    if (!isEnd(event.reason)) tell(`nobody heard of a rejection: ${event.reason?.stack}`);
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    if (!isEnd(event.error)) tell(`nobody caught ${event.error?.stack}`);
  };
  addEventListener("unhandledrejection", onRejection);
  addEventListener("error", onError);
  return {
    end() {
      removeEventListener("unhandledrejection", onRejection);
      removeEventListener("error", onError);
    },
  };
}
