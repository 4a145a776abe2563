/** Computes without a pause, as a heavy task does: a plain result, steps, or never an end. */

import { serveWorker } from "../../lib/ipc/mod.ts";

interface Task {
  /** Steps of the computation; Infinity by -1. */
  rounds: number;
  steps?: boolean;
  fail?: string;
  /** Whether it never looks at its signal. */
  stubborn?: boolean;
}

/** A sum that the engine cannot skip. Never pauses, but looks at its signal. */
function compute(rounds: number, signal?: AbortSignal): number {
  let sum = 0;
  for (let i = 0; rounds < 0 || i < rounds; i++) {
    sum = (sum * 31 + i) % 1_000_003;
    if (i % 10_000 === 0) signal?.throwIfAborted();
  }
  return sum;
}

async function* steps(rounds: number): AsyncGenerator<number> {
  for (let i = 0; i < rounds; i++) yield await compute(i);
}

serveWorker((task: Task, { method, signal }) => {
  if (method === "echo_in_thread") return task;
  const { rounds, steps: inSteps, fail, stubborn } = task;
  if (fail !== undefined) throw Object.assign(new Error(fail), { code: 17 });
  return inSteps ? steps(rounds) : compute(rounds, stubborn ? undefined : signal);
});
