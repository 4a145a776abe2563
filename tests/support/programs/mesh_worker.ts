/** Computes without a pause, as a heavy task does (a plain result, steps, or never an end), or calls. */

import { NeverLiieIPC, serveWorker, type WorkerContext } from "../../../lib/ipc/mod.ts";
import { throwAfterItems, THROWN } from "./thrown_values.ts";

interface Task {
  /** Steps of the computation; Infinity by -1. */
  rounds: number;
  steps?: boolean;
  fail?: string;
  /** Whether it never looks at its signal. */
  stubborn?: boolean;
  /** Whom `call_add_in_thread` calls. */
  target?: string;
  /** What `throw_in_thread` throws, by its name. */
  throws?: string;
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

/** Calls another app, as a client of its own. */
async function callOther(target: string, method: string, within: WorkerContext): Promise<unknown> {
  await using ipc = await NeverLiieIPC.client();
  return await ipc.call(target, method, { a: 1, b: 2 }, { within });
}

serveWorker((task: Task, context) => {
  const { method, signal } = context;
  if (method === "echo_in_thread") return task;
  if (method === "call_add_in_thread") return callOther(task.target!, "add", context);
  if (method === "context_in_thread") return callOther(task.target!, "context", context);
  if (method === "throw_in_thread") {
    if (task.steps) return throwAfterItems(task.throws!);
    throw THROWN[task.throws!]!.make();
  }
  const { rounds, steps: inSteps, fail, stubborn } = task;
  if (fail !== undefined) throw Object.assign(new Error(fail), { code: 17 });
  return inSteps ? steps(rounds) : compute(rounds, stubborn ? undefined : signal);
});
