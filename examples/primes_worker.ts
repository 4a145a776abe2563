/** The thread of primes.ts: how many primes there are below a limit. */
import { serveWorker } from "@neverliie/ipc";

serveWorker(({ limit }: { limit: number }, { signal }) => {
  let found = 0;
  for (let n = 2; n < limit; n++) {
    // It need not pause to hear of a cancel: looking is enough.
    if (n % 1024 === 0) signal.throwIfAborted();
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) found++;
  }
  return found;
});
