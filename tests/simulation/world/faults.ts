/**
 * What can go wrong on a machine: each kind is armed by the run, and happens at the first moment
 * that suits it.
 *
 * @module
 */

/** Kinds of faults, and how a story tells of them. */
export const FAULTS = {
  killed: "a process is killed between two steps",
  killedWithLock: "a process is killed while it holds a lock that it has just taken",
  crashBeforeRename: "a process dies before a file takes another's place",
  crashAfterRename: "a process dies after a file has taken another's place",
  cutWrite: "a process dies in the middle of a write",
  diskFull: "a write fails, as the disk is full",
  busyDial: "a dial finds its listener busy",
  failedAccept: "an accept fails, as there is no descriptor left",
  slowStart: "a program takes long to start",
  hangingStart: "a program never gets to its first step",
  failedStart: "a program ends as it starts",
  cleaned: "a cleaner removes files in /tmp",
  clockJump: "the clock of the day is set",
  stalled: "a process is stopped for a while",
  lateCall: "a call of the system takes long",
} as const;

/** A kind of fault. */
export type Fault = keyof typeof FAULTS;

/** Which faults are armed, and how many have happened. */
export class Faults {
  /** How often each kind has happened. */
  readonly counts: Record<Fault, number>;
  /** Whether nothing goes wrong any more. */
  over = false;
  /** How many have happened in all. */
  total = 0;
  /** Until when a disk is full, by where it begins. */
  readonly fullUntil = new Map<string, number>();
  /** When a write below /tmp failed last for want of space. */
  tmpRefused = -Infinity;
  /** How many dials find the listener busy. */
  busyDials = 0;
  /** Until when no listener can accept. */
  acceptFailsUntil = 0;
  /** What becomes of the next start. */
  nextStart: "slowStart" | "hangingStart" | "failedStart" | null = null;
  /** What befalls the next process that renames a file. */
  nextRename: "crashBeforeRename" | "crashAfterRename" | null = null;
  /** Whether the next that writes a file dies over it. */
  nextWrite = false;
  /** After how many calls the next dies that takes a lock; `null` for none. */
  nextLock: number | null = null;
  /** How many calls of the system take long. */
  lateCalls = 0;

  constructor() {
    const counts = Object.keys(FAULTS).map((kind) => [kind, 0]);
    this.counts = Object.fromEntries(counts) as Record<Fault, number>;
  }

  /** Counts one that has happened. */
  happened(kind: Fault): void {
    this.counts[kind]++;
    this.total++;
  }

  /** No further one happens. */
  end(): void {
    this.over = true;
    this.fullUntil.clear();
    this.busyDials = this.lateCalls = this.acceptFailsUntil = 0;
    this.nextStart = this.nextRename = this.nextLock = null;
    this.nextWrite = false;
  }
}
