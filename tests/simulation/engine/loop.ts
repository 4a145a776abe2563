/**
 * The event loop of a scripted process: what its turns are for, each of which the seed has happen
 * when it likes, and the clock.
 *
 * @module
 */

/** Work that waits for a turn. */
export interface Work {
  readonly run: () => void;
}

/** An event loop. Nothing runs on it but by one of its methods. */
export class EventLoop {
  /** Milliseconds. */
  now = 0;
  /** What setImmediate has for the next turn. */
  readonly immediates = new Set<Work>();
  /** Signals of AbortSignal.timeout that somebody listens to: others are no timers. */
  readonly alarms = new Set<Work>();
  /** Calls of other threads into this one. */
  readonly calls: Work[] = [];
  /** What is done off this thread, and comes back in any order: modules. */
  readonly modules: Work[] = [];

  /** What `node:timers` has. */
  readonly timers = {
    setImmediate: (run: () => void): Work => {
      const work = { run };
      this.immediates.add(work);
      return work;
    },
    clearImmediate: (work: Work): void => void this.immediates.delete(work),
  };

  /** Loads a module, later. */
  readonly importModule = (name: string): Promise<unknown> => {
    if (name !== "node:timers") throw new Error(`Cannot import "${name}": it is not scripted`);
    return new Promise((resolve) => this.modules.push({ run: () => resolve(this.timers) }));
  };

  /** `AbortSignal`, whose time-outs are over when the seed says. */
  readonly signals = signalsOf(this.alarms);

  /** Whether a turn is to come, which keeps the process alive. */
  get busy(): boolean {
    return this.immediates.size + this.alarms.size > 0;
  }

  /** One turn: immediates that these make are for the next. */
  turn(): void {
    for (const work of [...this.immediates]) {
      // One may have been cleared by the one before.
      if (this.immediates.delete(work)) work.run();
    }
  }

  /** Ends one time-out. */
  alarm(): void {
    const [work] = this.alarms;
    this.alarms.delete(work!);
    work!.run();
  }
}

function signalsOf(alarms: Set<Work>) {
  return class Signal {
    #work: Work | null = null;

    static timeout(_milliseconds: number): Signal {
      return new Signal();
    }

    addEventListener(_type: "abort", run: () => void): void {
      this.#work = { run };
      alarms.add(this.#work);
    }

    removeEventListener(): void {
      if (this.#work !== null) alarms.delete(this.#work);
    }
  };
}
