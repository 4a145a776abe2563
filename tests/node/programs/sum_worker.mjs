/** A handler that computes in a thread of Node's. */
import { serveWorker } from "@neverliie/ipc";

serveWorker(({ to }, { signal }) => {
  let sum = 0;
  for (let i = 1; i <= to; i++) {
    sum += i;
    if (signal.aborted) return null;
  }
  return sum;
});
