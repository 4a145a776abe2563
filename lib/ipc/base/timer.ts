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

/**
 * One timer for many deadlines: it is set for the earliest, and looks again when it fires. So whatever
 * ends before its deadline, as nearly all does, costs no timer of its own.
 */
export class DeadlineTimer<Waiting extends { readonly deadline: number }> {
  readonly #waiting: () => Waiting[];
  readonly #onLate: (late: Waiting) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at = Infinity;

  /**
   * @param waiting all that wait just now
   * @param onLate ends one whose deadline is over
   */
  constructor(waiting: () => Waiting[], onLate: (late: Waiting) => void) {
    this.#waiting = waiting;
    this.#onLate = onLate;
  }

  /** Has it look at that time, on `performance.now()`'s clock, or earlier. */
  set(deadline: number): void {
    // (NaN is none.)
    if (!(deadline < this.#at)) return;
    clearTimeout(this.#timer);
    this.#at = deadline;
    const delay = Math.max(0, deadline - performance.now());
    this.#timer = setTimeout(this.#onTimer, Math.min(delay, TIMER_MAX));
  }

  /** It looks no more, whatever is set. */
  end(): void {
    clearTimeout(this.#timer);
    this.#at = -Infinity;
  }

  readonly #onTimer = (): void => {
    this.#at = Infinity;
    const now = performance.now();
    let earliest = Infinity;
    const late: Waiting[] = [];
    for (const one of this.#waiting()) {
      if (one.deadline <= now) late.push(one);
      else if (one.deadline < earliest) earliest = one.deadline;
    }
    // A busy process looks late, at several: they end in the order of their deadlines.
    late.sort((a, b) => a.deadline - b.deadline).forEach(this.#onLate);
    this.set(earliest);
  };
}

/** A timer that does not keep the program running: it may end before `work` is called. */
export function callUnkept(milliseconds: number, work: () => void): ReturnType<typeof setTimeout> {
  const timer = setTimeout(work, milliseconds);
  timer.unref?.();
  return timer;
}

/** How many waits keep this program running, and the one timer for all of them. */
let keeping = 0;
let keeper: ReturnType<typeof setInterval> | undefined;

/**
 * Keeps this program running until the returned function is called, for a wait that nothing else
 * keeps it running for.
 */
export function keepRunning(): () => void {
  if (keeping++ === 0) keeper = setInterval(() => {}, TIMER_MAX);
  return () => {
    if (--keeping === 0) clearInterval(keeper);
  };
}

/** `promise`, unless it takes longer than `milliseconds`: then it rejects with what `late` makes. */
export async function inTime<T>(
  promise: Promise<T>,
  milliseconds: number,
  late: () => Error,
): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = milliseconds > TIMER_MAX
    ? undefined
    : setTimeout(() => over.reject(late()), milliseconds);
  try {
    return await Promise.race([promise, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves once `promise` does, at the latest after `milliseconds`. */
export async function noLongerThan(
  milliseconds: number,
  promise: Promise<unknown>,
): Promise<void> {
  const over = new Error();
  try {
    await inTime(promise, milliseconds, () => over);
  } catch (error) {
    if (error !== over) throw error;
  }
}

/**
 * `promise`, unless `signal` fires first: then it rejects with the signal's reason, and what
 * `promise` comes to is nobody's any more, a failure of its included.
 */
export function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  // (As many steps as with a signal: those who wait for one promise go on in their order.)
  if (signal === undefined) return promise.then((value) => value);
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
