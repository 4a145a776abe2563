/**
 * The order in which everything of a simulated machine happens: tasks on one clock, the earliest
 * first. Nothing else moves time, and nothing but a task's end lets the next one begin.
 *
 * @module
 */

/** Whose a task is: the dead do nothing any more, the stopped do it later. */
export interface Owner {
  readonly alive: boolean;
  /** Until when it does nothing, on the scheduler's clock; 0 for none of it. */
  readonly stalledUntil: number;
}

/** Something that is to happen. */
export interface Task {
  at: number;
  readonly order: number;
  readonly owner: Owner | null;
  readonly run: () => void;
  cancelled: boolean;
}

/** The tasks to come, as a heap. */
export class Scheduler {
  /** Milliseconds since the machine began, in steps of a microsecond. */
  now = 0;
  #order = 0;
  readonly #heap: Task[] = [];

  /** How many tasks wait, cancelled ones among them. */
  get size(): number {
    return this.#heap.length;
  }

  /** Has `run` happen after so many milliseconds, unless its owner is dead by then. */
  after(delay: number, owner: Owner | null, run: () => void): Task {
    const at = Math.round((this.now + Math.max(0, delay)) * 1_000) / 1_000;
    const task = { at, order: this.#order++, owner, run, cancelled: false };
    this.#add(task);
    return task;
  }

  /** Takes the next task and sets the clock to it; `null` where none is left. */
  next(): Task | null {
    for (;;) {
      const task = this.#take();
      if (task === null) return null;
      if (task.cancelled || task.owner?.alive === false) continue;
      const stalled = task.owner?.stalledUntil ?? 0;
      if (stalled > task.at) {
        // In the order in which they would have happened, as all get the same instant.
        task.at = stalled;
        this.#add(task);
        continue;
      }
      this.now = task.at;
      return task;
    }
  }

  #add(task: Task): void {
    const heap = this.#heap;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(task, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = task;
  }

  #take(): Task | null {
    const heap = this.#heap;
    const [first] = heap;
    if (first === undefined) return null;
    const last = heap.pop()!;
    if (heap.length > 0) {
      let at = 0;
      for (;;) {
        let below = 2 * at + 1;
        if (below >= heap.length) break;
        if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
        if (!isBefore(heap[below]!, last)) break;
        heap[at] = heap[below]!;
        at = below;
      }
      heap[at] = last;
    }
    return first;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
