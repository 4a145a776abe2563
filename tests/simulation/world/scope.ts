/**
 * What the product finds around it in a simulated process: the names of its outermost scope.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Platform } from "../../../lib/ipc/os/transport.ts";
import type { Machine } from "./machine.ts";
import { isEnd, type Process } from "./process.ts";
import { SystemCalls } from "./system_calls.ts";
import type { Task } from "./scheduler.ts";

/** The names, in the order in which {@linkcode scopeOf} gives their values. */
export const NAMES = [
  ...["Deno", "setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  ...["crypto", "AbortSignal", "console", "Math", "globalThis", "Worker", "fetch"],
  ...["simulatedPlatform", "importModule"],
] as const;

/** The values of {@linkcode NAMES} in one process. */
export function scopeOf(machine: Machine, process: Process, platform: Platform): unknown[] {
  const system = new SystemCalls(machine, process);
  const { setTimeout, setInterval, clear } = timers(machine, process);
  const refuse = (what: string) => () => {
    throw new Error(`Cannot use ${what}: a simulated process has none`);
  };
  return [
    ...[system, setTimeout, clear, setInterval, clear, dateOf(machine)],
    { now: () => machine.scheduler.now - process.started, timeOrigin: machine.wall },
    { subtle: { digest: (_: string, bytes: Uint8Array) => digest(machine, process, bytes) } },
    signalsOf(machine, process),
    consoleOf(machine, process, system),
    Object.assign(Object.create(Math), { random: () => machine.random(2 ** 30) / 2 ** 30 }),
    ...[{}, refuse("threads"), refuse("the network"), platform, refuse("modules")],
  ];
}

/** One for all: to make one takes longer than the rest of a step. */
const TIMED_OUT = new DOMException("Signal timed out.", "TimeoutError");

/** Runs a callback of the product; what it throws ends the process, as an uncaught error does. */
export function call(machine: Machine, process: Process, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (isEnd(error)) return;
    machine.fail(`${process.name}: nobody caught ${error}`);
  }
}

function timers(machine: Machine, process: Process) {
  let ids = 0;
  const start = (id: number, work: (...args: unknown[]) => void, delay: number, again: boolean) => {
    // (A timer is late by what the system needs.)
    const task = machine.scheduler.after(delay + machine.random(200) / 1_000, process, () => {
      process.timers.delete(id);
      if (again) start(id, work, delay, again);
      call(machine, process, work);
    });
    process.timers.set(id, task);
  };
  const begin = (work: () => void, delay: unknown, again: boolean): number => {
    const id = ++ids;
    if (process.alive) start(id, work, Math.max(0, Number(delay) || 0), again);
    return id;
  };
  return {
    setTimeout: (work: () => void, delay?: unknown) => begin(work, delay, false),
    setInterval: (work: () => void, delay?: unknown) => begin(work, delay, true),
    clear: (id?: number) => {
      const task = process.timers.get(id ?? 0);
      if (task !== undefined) task.cancelled = true;
      process.timers.delete(id ?? 0);
    },
  };
}

function dateOf(machine: Machine): DateConstructor {
  return class extends Date {
    constructor(...args: unknown[]) {
      super(...(args.length === 0 ? [machine.wall] : args) as [number]);
    }
    static override now(): number {
      return Math.floor(machine.wall);
    }
  } as unknown as DateConstructor;
}

const digests = new Map<string, ArrayBuffer>();

function digest(machine: Machine, process: Process, bytes: Uint8Array): Promise<ArrayBuffer> {
  const key = new TextDecoder().decode(bytes);
  let found = digests.get(key);
  if (found === undefined) {
    const hash = createHash("sha256").update(bytes).digest();
    found = new Uint8Array(hash).buffer;
    digests.set(key, found);
  }
  return new Promise((resolve) => machine.soon(process, () => resolve(found.slice(0))));
}

/** `AbortSignal`, whose time-outs go by the machine's clock. One without listeners is no timer. */
function signalsOf(machine: Machine, process: Process) {
  const timeout = (delay: number): AbortSignal => {
    const controller = new AbortController();
    const { signal } = controller;
    const heard = new Set<unknown>();
    let task: Task | null = null;
    const { addEventListener, removeEventListener } = signal;
    const update = () => {
      if (heard.size > 0 && process.alive) process.alarms.add(signal);
      else process.alarms.delete(signal);
      if (task !== null) task.cancelled = heard.size === 0;
    };
    signal.addEventListener = (type: string, listener: unknown, options?: unknown) => {
      heard.add(listener);
      addEventListener.call(signal, type, listener as EventListener, options as boolean);
      update();
    };
    signal.removeEventListener = (type: string, listener: unknown) => {
      heard.delete(listener);
      removeEventListener.call(signal, type, listener as EventListener);
      update();
    };
    task = machine.scheduler.after(delay + machine.random(200) / 1_000, process, () => {
      process.alarms.delete(signal);
      controller.abort(TIMED_OUT);
    });
    return signal;
  };
  const any = (signals: AbortSignal[]) => AbortSignal.any(signals);
  const abort = (reason?: unknown) => AbortSignal.abort(reason);
  return { timeout, any, abort, prototype: AbortSignal.prototype };
}

function consoleOf(machine: Machine, process: Process, system: SystemCalls) {
  const print = (...words: unknown[]) => {
    const line = words.map((word) => typeof word === "string" ? word : Deno.inspect(word));
    machine.story.tell(process, `prints: ${line.join(" ")}`);
    if (process.log !== null) system.appendLog(process.log, `${line.join(" ")}\n`);
  };
  return { log: print, error: print, warn: print, info: print, debug: print };
}
