/**
 * The room at the ground: small tools that every room may use. It knows nothing of the mesh, and no
 * other room.
 *
 * This file has durations: waiting for time to pass, how long, and what ends a wait.
 *
 * @module
 */

/** The longest delay a timer takes, in milliseconds; a longer one would fire at once. */
export const TIMER_MAX = 2 ** 31 - 1;

/** Milliseconds a call waits unless told otherwise. */
export const DEFAULT_TIMEOUT = 5_000;

/** Resolves after `milliseconds`: the step of a loop that looks again, never a wait for readiness. */
export function pauseFor(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Calls `work` in a later turn of the event loop, `milliseconds` from now at the earliest; the
 * returned function calls it off. For what happens at a program's start: Deno loads Node's timers
 * with the first use of `setTimeout`, which takes as long as all else that opening the mesh does.
 */
export function callLater(milliseconds: number, work: () => void): () => void {
  // (A signal that somebody listens to keeps the program running, as a timer does.)
  const signal = AbortSignal.timeout(milliseconds);
  const call = () => work();
  signal.addEventListener("abort", call, { once: true });
  return () => signal.removeEventListener("abort", call);
}

/** Resolves once `promise` does, at the latest after `milliseconds`. */
export async function noLongerThan(
  milliseconds: number,
  promise: Promise<unknown>,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * `promise`, unless `signal` fires first: then it rejects with the signal's reason, and what
 * `promise` comes to is nobody's any more, a failure of its included.
 */
export function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * Checks a duration that a caller gave: a number of milliseconds, 0 or more, perhaps Infinity.
 *
 * @throws {TypeError} that names the option. A NaN would otherwise be a wait without end.
 */
export function checkDuration(option: string, value: number | undefined): void {
  if (value === undefined || (typeof value === "number" && value >= 0)) return;
  throw new TypeError(
    `Cannot wait for ${String(value)}: "${option}" must be milliseconds, at least 0`,
  );
}
