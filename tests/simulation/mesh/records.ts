/**
 * What callers asked and what handlers did, as the simulation itself saw it: the checks hold what
 * the product says against it.
 *
 * @module
 */

import type { Process } from "../world/process.ts";

/** One call or stream, as its caller made it. */
export interface CallRecord {
  /** Travels in the params, so that the handler's run is known by it. */
  readonly id: number;
  readonly by: Process;
  readonly target: string;
  readonly method: string;
  readonly began: number;
  /** Milliseconds that the answer may take, from when the request leaves. */
  readonly timeout: number;
  /** When it was over; `null` until then. */
  settled: number | null;
  /** How it ended, in words. */
  outcome: string;
}

/** One run of a handler. */
export interface RunRecord {
  readonly call: number;
  readonly by: Process;
  readonly signal: AbortSignal;
  /** Which time it is that its caller asks. */
  readonly attempt: number;
  /** How many items it has made. */
  made: number;
  /** Whether the handler has ended. */
  ended: boolean;
  /** Whether its signal had fired when it ended. */
  abortedAtEnd: boolean;
  /** The first item that it made although its signal had fired; `null` for none. */
  unwanted: number | null;
}

/** How often what an invariant speaks of has happened. */
export const PREMISES = {
  secondStart: "a copy was started while one ran",
  waitersOfOneStart: "two processes or more waited for one start",
  settled: "a call was settled",
  timedOut: "a call's time was over",
  lost: "a call ended with its connection",
  streamed: "a stream of several pages was read to its end",
  cancelDelivered: "a cancel reached a call that was being answered",
  registryGrew: "a registry with entries was written anew",
  leftInOrder: "a process left the mesh in order",
  waitersAtClose: "a process left while calls of it were waiting",
  startNoted: "a start was noted before it happened",
  restarted: "an app that is kept alive was started again",
  gaveUp: "an app that kept dying was given up",
  recovered: "an app answered once nothing went wrong any more",
  twoAfterCleaning: "two copies ran for a moment after a cleaning",
  heard: "a value of a topic was heard",
  gapTold: "who listens was told that an app came again",
  heardInTheEnd: "an app that was listened to while it slept was heard",
  askedAgain: "a call whose connection was lost was asked again",
  timeOver: "a handler ran when its caller's time was over",
} as const;

/** The name of a premise. */
export type Premise = keyof typeof PREMISES;

/** All of one run. */
export class Records {
  readonly calls: CallRecord[] = [];
  readonly runs = new Map<number, RunRecord>();
  /** How many values each process has told whoever listens. */
  readonly told = new Map<Process, number>();
  readonly premises: Record<Premise, number>;

  constructor() {
    const counts = Object.keys(PREMISES).map((name) => [name, 0]);
    this.premises = Object.fromEntries(counts) as Record<Premise, number>;
  }

  /** Counts a premise that was met. */
  met(premise: Premise): void {
    this.premises[premise]++;
  }
}
