/**
 * A machine with other work: threads that compute beside the tests.
 *
 * @module
 */

/** How many times longer tests may take beside so many threads that compute. */
export function patienceFor(threads: number): number {
  return 1 + threads;
}

/** Computes in so many threads, until it is disposed of. */
export function keepBusy(threads: number): Disposable {
  const workers = Array.from(
    { length: threads },
    () => new Worker(import.meta.resolve("./busy_worker.ts"), { type: "module" }),
  );
  return {
    [Symbol.dispose]() {
      for (const worker of workers) worker.terminate();
    },
  };
}
