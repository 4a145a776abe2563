/**
 * Mistakes that the scripted system has to find, each one change to a copy of the engine. The last
 * three were the product's own.
 *
 * @module
 */

import type { PlantedFault } from "../planted_faults.ts";

const completion = "os/windows/completion.ts";

/** All of them. */
export const MISTAKES: readonly PlantedFault[] = [
  {
    name: "a scan reads one status",
    harm: "One event tells of several ends: the others are not noticed.",
    file: completion,
    found: `      operation.settle(outcome);
    }
`,
    replacement: `      operation.settle(outcome);
      break;
    }
`,
  },
  {
    name: "the turn after a start does not scan while polling rests",
    harm: "The start resets the event, and what that told of is not noticed.",
    file: completion,
    found: `    if (this.#scan()) {
`,
    replacement: `    if (this.#rest === 0 && this.#scan()) {
`,
  },
  {
    name: "the engine is taken down without waiting for the pool",
    harm: "A thread calls what was closed.",
    file: completion,
    found: `    await this.#event.end();
`,
    replacement: `    void this.#event.end();
`,
  },
  {
    name: "a handle is closed without waiting for what it cancelled",
    harm: "The system writes into memory that is in use again.",
    file: "os/windows/overlapped_handle.ts",
    found: `      await new Promise<void>((resolve) => this.#drained = resolve);
`,
    replacement: "",
  },
  {
    name: "a pending write is waited for once",
    harm: "The event may be a leftover of a write before it.",
    file: completion,
    found: `    const moved = this.#scan();
    this.#waitForQuick();
`,
    replacement: `    const moved = this.#scan();
`,
  },
  {
    name: "a wait for once is not given back",
    harm: "Each leaves a handle of the system behind.",
    file: "os/windows/waited_event.ts",
    found: `    if (this.#wait !== null) this.#kernel.UnregisterWait(this.#wait);
`,
    replacement: "",
  },
  {
    name: "what was refused is taken for pending",
    harm: "Nothing ever tells its end.",
    file: completion,
    found: `if (status === STATUS_PENDING && Atomics`,
    replacement: `if (Atomics`,
  },
  {
    name: "the place of a pending operation's status is free",
    harm: "Two operations write to it.",
    file: completion,
    found: `      this.#pending.push(slot);
`,
    replacement: `      this.#pending.push(slot);
      this.#free.push(slot);
`,
  },
  {
    name: "a pending operation does not keep the process alive",
    harm: "A program that waits for a peer ends.",
    file: completion,
    found: `      this.#reference(true);
`,
    replacement: "",
  },
  {
    name: "polling does not stop",
    harm: "An idle program computes.",
    file: completion,
    found: `    if (performance.now() - this.#active < SPIN_MILLISECONDS) return true;
`,
    replacement: `    if (performance.now() >= this.#active) return true;
`,
  },
  {
    name: "any number of operations is over in one turn",
    harm: "Timers and other connections wait.",
    file: completion,
    found: `    if (++this.#streak < STREAK) return outcome;
`,
    replacement: `    if (++this.#streak > 0) return outcome;
`,
  },
  {
    name: "a wait that was refused is not asked for again",
    harm: "Nobody is told when the write ends.",
    file: completion,
    found: `    if (this.#unwaited) this.#waitForQuick();
`,
    replacement: "",
  },
  {
    name: "a start throws where a write cannot be waited for",
    harm: "It was started: its memory is used again while it pends.",
    file: completion,
    found: `      this.#unwaited = true;
      this.#spin ??= this.#alarm();
`,
    replacement: `      throw new Error("Cannot wait for an event");
`,
  },
  {
    name: "an engine that cannot be made leaves an event open",
    harm: "Each attempt leaves a handle of the system behind.",
    file: completion,
    found: `      for (const one of made.reverse()) one.close();
`,
    replacement: `      for (const one of made.slice(1).reverse()) one.close();
`,
  },
  {
    name: "a pipe is left open for which there is no engine",
    harm: "Each attempt leaves a handle of the system behind.",
    file: "os/windows/overlapped_handle.ts",
    found: `      kernel32().CloseHandle(handle);
      throw error;
`,
    replacement: `      throw error;
`,
  },
];

/** One more, which only shows once memory is collected. */
export const UNHELD: PlantedFault = {
  name: "a pending operation's memory is not held",
  harm: "The system writes into what others have by then.",
  file: completion,
  found: `{ buffer, quick, settle: resolve }`,
  replacement: `{ buffer: null, quick, settle: resolve }`,
};
