/** A worker that does what its test asks for. */

import { serveWorker } from "../../../lib/ipc/workers/worker.ts";
import { aborted, turn } from "./unit_session.ts";

/** How a run of the worker ends. */
export type Task =
  | { do: "answer"; value: unknown }
  | { do: "throw" }
  | { do: "throwLater" }
  | { do: "function" }
  | { do: "wait" }
  | { do: "compute" }
  | { do: "ignore" }
  /** Computes, and never looks at its signal, until the word is not 0. */
  | { do: "spin"; until: SharedArrayBuffer }
  | { do: "count"; to: number; made?: SharedArrayBuffer; step?: number }
  | { do: "countFunction" }
  | { do: "crash" }
  | { do: "crashWithNothing" }
  | { do: "rejectNothing" }
  | { do: "crashIdle" };

let runs = 0;

serveWorker<Task>((task, { method, signal }) => {
  runs++;
  switch (task.do) {
    case "answer":
      return { value: task.value, runs, method };
    case "throw":
      throw Object.assign(new Error("boom"), { code: 17, data: { at: "ż" } });
    case "throwLater":
      return turn().then(() => {
        throw new TypeError("later");
      });
    case "function":
      return () => 1;
    case "wait":
      return aborted({ signal }).then(() => signal.throwIfAborted());
    case "compute":
      for (;;) signal.throwIfAborted();
    // falls never through: the loop has no other end
    case "ignore":
      return new Promise(() => {});
    case "spin": {
      const word = new Int32Array(task.until);
      while (Atomics.load(word, 0) === 0);
      return "spun";
    }
    case "count":
      return count(task);
    case "countFunction":
      return [1, () => 2].values();
    case "crash":
      setTimeout(() => {
        throw new Error("outside");
      }, 0);
      return new Promise(() => {});
    case "crashWithNothing":
      setTimeout(() => {
        throw undefined;
      }, 0);
      return new Promise(() => {});
    case "rejectNothing":
      void Promise.reject(undefined);
      return new Promise(() => {});
    case "crashIdle":
      setTimeout(() => {
        throw new Error("after its answer");
      }, 0);
      return "answered";
  }
});

async function* count({ to, made }: { to: number; made?: SharedArrayBuffer }) {
  const counter = made === undefined ? null : new Int32Array(made);
  for (let i = 0; i < to; i++) {
    if (counter !== null) Atomics.add(counter, 0, 1);
    yield await Promise.resolve(i);
  }
}
