/**
 * A simulated machine: its clock, its disk and its processes, all drawn from one seed.
 *
 * @module
 */

import { type Random, seeded } from "../../support/chaos/random.ts";
import { coded, Disk } from "./disk.ts";
import { Faults } from "./faults.ts";
import { Ended, Process, type Start } from "./process.ts";
import { type Owner, Scheduler, type Task } from "./scheduler.ts";
import { type Detail, Story } from "./story.ts";
import type { SimulatedListener } from "./listener.ts";
import type { Channel } from "./wire.ts";

/** 1 January 2026, when every machine begins. */
const EPOCH = 1_767_225_600_000;
/** How long a call of the system takes that takes long, in milliseconds. */
const LATE = 300;

/** What looks on at a machine; each may find that something is not as it must be. */
export interface Onlooker {
  /** A program is about to be started by a process of the mesh. */
  onSpawn(by: Process, program: string): void;
  /** A process is about to listen at an address, for the first time. */
  onListen(by: Process, address: string): void;
  /** A process has let go of a lock on the file at `path`, whose name it still has or not. */
  onUnlock(by: Process, path: string, current: boolean): void;
  /** A file's content or name has changed. */
  onChange(path: string): void;
  /** The system has taken bytes from a process, or handed them to one. */
  onBytes(channel: Channel, bytes: Uint8Array, way: "taken" | "delivered"): void;
  /** A cleaner has removed what was at `path`. */
  onCleaned(path: string): void;
}

/** How a machine starts a process: by whom, and what it runs. */
export interface Launch extends Pick<Start, "program" | "args" | "env" | "log" | "parent"> {
  /** Milliseconds until its first step; `null` for never. */
  delay: number | null;
}

/** A machine. */
export class Machine {
  readonly scheduler = new Scheduler();
  readonly disk = new Disk();
  readonly faults = new Faults();
  readonly story: Story;
  readonly random: Random;
  readonly processes: Process[] = [];
  readonly onlookers: Onlooker[] = [];
  /** Those who listen, by their own word. */
  readonly listeners = new Set<SimulatedListener>();
  /** How many steps there have been. */
  steps = 0;
  /** How many connections there have been. */
  connections = 0;
  /** What the clock of the day is ahead of the time since the beginning. */
  clockAhead = EPOCH;
  /** The process whose step it is. */
  current: Process | null = null;
  /** What was found to be wrong; the first one counts. */
  failure: string | null = null;
  /** Runs the program of a process. */
  run: (process: Process) => void = () => {};

  constructor(seed: number, detail: Detail) {
    this.random = seeded(seed);
    this.story = new Story(detail, this.scheduler);
    this.disk.onChange = (path) => this.onlookers.forEach((one) => one.onChange(path));
    this.disk.fault = (path) => this.#diskFault(path);
    const takesEmptyOnes = this.random(2) === 0;
    this.disk.creationFault = (path) => takesEmptyOnes ? null : this.#diskFault(path);
  }

  /** The time of day, in milliseconds since 1970. */
  get wall(): number {
    return this.clockAhead + this.scheduler.now;
  }

  /** How long the next thing takes: mostly a moment, now and then some time. */
  latency(): number {
    const drawn = this.random(100);
    if (drawn < 75) return (2 + this.random(300)) / 1_000;
    if (drawn < 95) return (1 + this.random(40)) / 10;
    if (this.faults.lateCalls > 0) {
      this.faults.lateCalls--;
      this.faults.happened("lateCall");
      return LATE + this.random(LATE);
    }
    return 4 + this.random(20);
  }

  /** Has something happen in a moment. */
  soon(owner: Owner | null, run: () => void): Task {
    return this.scheduler.after(this.latency(), owner, run);
  }

  /** Notes what is not as it must be. */
  fail(why: string): void {
    if (this.failure !== null) return;
    this.failure = why;
    this.story.tell(null, `FAILED: ${why}`);
  }

  /** Each call of the system begins so. @throws {Ended} where the process is dead, or dies by it */
  enter(process: Process, call: string, path = ""): void {
    if (!process.alive) throw new Ended(call);
    if (process.callsLeft !== null && process.callsLeft-- <= 0) {
      if (process.fate !== null) this.faults.happened(process.fate.fault);
      this.kill(process, `${process.fate?.how ?? "dies"}, before ${call} ${path}`);
      throw new Ended(call);
    }
    if (this.story.traces) this.story.trace(process, `${call} ${path}`);
  }

  /** Starts a process. */
  start(launch: Launch): Process {
    const pid = 100 + this.processes.length;
    const process = new Process({ ...launch, pid, at: this.scheduler.now });
    this.processes.push(process);
    const { delay, parent } = launch;
    this.story.tell(process, `is started by ${parent?.name ?? "a person"}`);
    if (delay === null) process.hangs = true;
    else this.scheduler.after(delay, process, () => this.run(process));
    return process;
  }

  /** Ends a process from outside, or by a crash. */
  kill(process: Process, why: string, exitCode = 137): void {
    if (!process.alive) return;
    this.story.tell(process, why);
    process.end(exitCode);
  }

  /** Stops a process for so many milliseconds; one that is stopped already for no less than it is. */
  stall(process: Process, milliseconds: number): void {
    this.story.tell(process, `is stopped for ${milliseconds} ms`);
    const { now } = this.scheduler;
    const until = Math.max(process.stalledUntil, now + milliseconds);
    process.stalledFor += until - Math.max(process.stalledUntil, now);
    process.stalledUntil = until;
  }

  /** Resolves after so many milliseconds, unless the process has died by then. */
  pause(process: Process | null, milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.scheduler.after(milliseconds, process, resolve));
  }

  /** The processes that run. */
  living(): Process[] {
    return this.processes.filter(({ alive }) => alive);
  }

  #diskFault(path: string): Error | null {
    for (const [place, until] of this.faults.fullUntil) {
      if (!path.startsWith(place) || this.scheduler.now > until) continue;
      this.faults.happened("diskFull");
      if (place === "/tmp") this.faults.tmpRefused = this.scheduler.now;
      const message = `No space left on device (os error 28): write '${path}'`;
      return coded(new Error(message), "ENOSPC");
    }
    return null;
  }
}
