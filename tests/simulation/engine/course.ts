/**
 * The course of a seed: a scripted process takes one step after another, and everything that must be
 * so is looked at after each.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { isPending, Kernel } from "./kernel.ts";
import { EventLoop } from "./loop.ts";
import { Memory } from "./memory.ts";
import { Pool } from "./pool.ts";
import { Notes } from "./notes.ts";
import type { Engine, Parts } from "./scope.ts";
import { Users } from "./users.ts";

/** What became of a seed. */
export interface Verdict {
  seed: number;
  /** What was not as it must be; `null` where everything was. */
  failure: string | null;
  /** What happened, where it was asked for. */
  story: readonly string[];
  premises: ReadonlyMap<string, number>;
  steps: number;
}

/** Steps after which a course that has not come to its end never will. */
const STEPS_MAX = 20_000;
/** Milliseconds that a step takes while nothing new happens, and turns that then may be in vain. */
const CALM_STEP = 0.02;
const VAIN_MAX = 40;

/** Takes a seed's course. */
export async function takeCourse(
  make: (parts: Parts) => Engine,
  seed: number,
  told = false,
): Promise<Verdict> {
  const course = new Course(make, seed, told);
  await course.take();
  const { failure, story, premises } = course.notes;
  return { seed, failure, story: story ?? [], premises, steps: course.steps };
}

class Course {
  readonly loop = new EventLoop();
  readonly memory = new Memory();
  readonly notes: Notes;
  readonly pool: Pool;
  readonly kernel: Kernel;
  readonly users: Users;
  steps = 0;
  /** How often each kind of step comes, against the others: some seeds have slow threads. */
  readonly #weights: readonly number[];
  #calm = false;

  constructor(make: (parts: Parts) => Engine, seed: number, told: boolean) {
    const { loop, memory } = this;
    this.notes = new Notes(seed, told, () => loop.now);
    this.pool = new Pool(this.notes, loop, memory, this.notes.chance(20));
    this.kernel = new Kernel(this.notes, this.pool);
    const engine = make({ loop, memory, pool: this.pool, kernel: this.kernel });
    this.users = new Users(this.notes, this.kernel, engine);
    this.#weights = Array.from({ length: 7 }, () => this.notes.pick([1, 2, 5, 12]));
  }

  async take(): Promise<void> {
    const { users, notes } = this;
    while (users.left > 0 && notes.failure === null) {
      await this.#step();
      if (notes.chance(3)) await this.#calmDown();
    }
    users.closeAll();
    await turn();
    while (notes.failure === null && await this.#step());
    await this.#calmDown();
    if (notes.failure !== null) return;
    notes.must(users.handles.length === 0, () => "a handle does not come to its close");
  }

  /** One step; false where nothing is left that could happen. */
  async #step(): Promise<boolean> {
    const { loop, pool, kernel, users, notes } = this;
    const kinds: (readonly (() => void)[])[] = [
      users.left > 0 && !this.#calm ? [() => users.act()] : [],
      // What nobody cancelled may pend for ever.
      [...kernel.steps(({ cancelled }) => !this.#calm && (users.left > 0 || cancelled))],
      [...pool.steps()],
      loop.immediates.size > 0 ? [() => this.#turn(() => loop.turn())] : [],
      loop.alarms.size > 0 ? [() => this.#turn(() => loop.alarm())] : [],
      loop.calls.map((work) => () => this.#take(loop.calls, work)),
      loop.modules.map((work) => () => this.#take(loop.modules, work)),
    ];
    const weights = kinds.map((steps, kind) => steps.length > 0 ? this.#weights[kind]! : 0);
    const sum = weights.reduce((all, weight) => all + weight, 0);
    if (sum === 0) return false;
    let drawn = notes.random(sum);
    const kind = weights.findIndex((weight) => (drawn -= weight) < 0);
    loop.now += this.#calm ? CALM_STEP : notes.pick([0, 0.005, 0.02, 0.1]);
    if (!this.#calm && notes.chance(3)) loop.now += 1 + notes.random(3);
    try {
      notes.pick(kinds[kind]!)();
    } catch (error) {
      notes.fail(`nobody caught ${(error as Error).stack}`);
    }
    await turn();
    kernel.forget((operation) => !users.waiting.has(operation));
    this.#check();
    notes.must(++this.steps < STEPS_MAX, () => "it does not come to its end");
    return notes.failure === null;
  }

  #turn(run: () => void): void {
    this.users.streak = 0;
    this.#vain++;
    run();
  }
  #vain = 0;

  #take(from: { run: () => void }[], work: { run: () => void }): void {
    from.splice(from.indexOf(work), 1);
    this.#vain = 0;
    if (from === this.loop.modules) this.notes.met("the module of timers is there");
    work.run();
  }

  /** What must be so at any time. */
  #check(): void {
    const { notes, users, memory, loop } = this;
    const open = memory.callbacks.filter(({ closed }) => !closed);
    for (const { references } of open) {
      notes.must(references === 0 || references === 1, () => `${references} references`);
    }
    const held = open.some(({ references }) => references === 1);
    for (const operation of users.waiting) {
      const alive = held || (!isPending(operation) && loop.busy);
      notes.must(alive, () => `the process may end while operation ${operation.id} is waited for`);
    }
  }

  /** Lets everything happen that follows from what did, and nothing new: then all is at rest. */
  async #calmDown(): Promise<void> {
    const { notes, users, loop, memory, pool, kernel } = this;
    if (notes.failure !== null) return;
    this.#calm = true;
    this.#vain = 0;
    for (let settled = users.settled; await this.#step();) {
      if (settled !== users.settled) this.#vain = 0;
      settled = users.settled;
      notes.must(this.#vain <= VAIN_MAX, () => `${this.#vain} turns are in vain`);
    }
    this.#calm = false;
    if (notes.failure !== null) return;
    notes.met("all is at rest");
    notes.tell(() => "all is at rest");
    for (const operation of users.waiting) {
      const { id, kind } = operation;
      notes.must(isPending(operation), () => `nobody is told that ${kind} ${id} has ended`);
    }
    const open = memory.callbacks.filter(({ closed }) => !closed);
    const engines = users.handles.length > 0 ? 1 : 0;
    notes.must(open.length === engines, () => `${open.length} engines are there, not ${engines}`);
    const events = [...pool.events.values()].filter(({ closed }) => !closed);
    notes.must(events.length === engines * 2, () => `${events.length} events are open`);
    const ended = [...pool.waits.values()].every((wait) => wait.ended || !wait.event.closed);
    notes.must(ended, () => "a wait is never given back");
    const pipes = `${kernel.open.size} pipes are open, and ${users.handles.length} handles`;
    notes.must(kernel.open.size === users.handles.length, () => pipes);
    const idle = users.waiting.size > 0 || open.every(({ references }) => references === 0);
    notes.must(idle, () => "the process is kept alive for nothing");
    notes.must(!loop.busy, () => "a turn is to come that never does");
  }
}

/** Resolves once every promise that could go on has done so. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
