/**
 * One process of a simulated machine: what it holds, and what becomes of that when it ends.
 *
 * @module
 */

import type { Fault } from "./faults.ts";
import type { Owner, Task } from "./scheduler.ts";

/** Thrown by every call of a process that is dead: its code may run on to its next wait. */
export class Ended extends Error {
  override readonly name = "Ended";
}

/** Whether an error tells of the end of its process, under whatever other error. */
export function isEnd(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof Ended) return true;
  return false;
}

/** Something that a process holds and the system takes back. */
export interface Resource {
  /** What it is, for the story. */
  readonly what: string;
  /** The process is gone: the system lets go of it. */
  drop(): void;
}

/** How a process is started. */
export interface Start {
  pid: number;
  /** The program's path. */
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Where its output goes; `null` for nowhere. */
  log: string | null;
  /** The process that started it; `null` for a person. */
  parent: Process | null;
  at: number;
}

/** A process. */
export class Process implements Owner {
  readonly pid: number;
  readonly program: string;
  /** As stories call it. */
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Map<string, string>;
  readonly log: string | null;
  readonly parent: Process | null;
  readonly started: number;
  /** Whether a caller of the mesh started it. */
  readonly woken: boolean;
  alive = true;
  stalledUntil = 0;
  /** How long it was stopped in all. */
  stalledFor = 0;
  exitCode: number | null = null;
  readonly resources = new Set<Resource>();
  readonly timers = new Map<number, Task>();
  /** Signals that fire by time, and that somebody listens to. */
  readonly alarms = new Set<object>();
  readonly listeners = new Map<string, Set<() => void>>();
  /** How many more system calls it makes before it dies; `null` for as many as it likes. */
  callsLeft: number | null = null;
  /** Why it dies then. */
  fate: { fault: Fault; how: string } | null = null;
  /** Whether it never gets to its first step. */
  hangs = false;
  /** When it left the mesh in order; `null` until then. */
  left: number | null = null;
  /** Called before anything of it runs. */
  enter: () => void = () => {};
  /** Told when it has ended. */
  readonly onEnd: (() => void)[] = [];

  constructor(start: Start) {
    this.pid = start.pid;
    this.program = start.program;
    this.name = `${start.program.slice(start.program.lastIndexOf("/") + 1)}-${start.pid}`;
    this.args = start.args;
    this.env = new Map(Object.entries(start.env));
    this.log = start.log;
    this.parent = start.parent;
    this.started = start.at;
    this.woken = this.env.has("NEVERLIIE_WOKEN");
  }

  /** Ends it at once, whatever it was doing; the system takes back what it held. */
  end(exitCode: number): void {
    if (!this.alive) return;
    this.alive = false;
    this.exitCode = exitCode;
    for (const resource of [...this.resources]) resource.drop();
    this.resources.clear();
    this.timers.clear();
    this.alarms.clear();
    for (const told of this.onEnd.splice(0)) told();
  }
}
