/**
 * The operating system of a simulated process, as lib/ipc/os/transport.ts has it.
 *
 * @module
 */

import type { DialOptions, Platform, SpawnOptions } from "../../../lib/ipc/os/transport.ts";
import type { SpawnedProcess, Transport } from "../../../lib/ipc/os/transport.ts";
import { SimulatedListener } from "./listener.ts";
import type { Machine } from "./machine.ts";
import { Ended, type Process } from "./process.ts";
import { join } from "./wire.ts";

/** Where sockets and locks are. */
export const RUNTIME = "/tmp/neverliie-1000";
/** Milliseconds between two tries at a listener that is busy. */
const BUSY = 5;

/** The platform of one process. */
export function platformOf(machine: Machine, process: Process): Platform {
  const { disk, story } = machine;
  const inAMoment = <T>(work: () => T): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (!process.alive) return promise;
    machine.soon(process, () => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  };
  const dial = async (
    address: string,
    { deadline, signal }: DialOptions,
  ): Promise<Transport | null> => {
    for (;;) {
      signal?.throwIfAborted();
      const found = await inAMoment(() => connect(machine, process, address));
      if (found !== "busy") {
        if (signal?.aborted) {
          await found?.close();
          throw signal.reason;
        }
        story.trace(process, `dials ${address}: ${found === null ? "nobody" : found.what}`);
        return found;
      }
      if (machine.scheduler.now - process.started > deadline) {
        throw new Deno.errors.TimedOut(`Cannot connect to "${address}": it stayed busy`);
      }
      await new Promise<void>((go) => machine.scheduler.after(BUSY, process, go));
    }
  };
  return {
    runtimeDirectory(_home, key) {
      machine.enter(process, "runtime folder");
      disk.makeFolder(`${RUNTIME}/${key}`, true, 0o700);
      return `${RUNTIME}/${key}`;
    },
    address: (runtime, _key, app) => `${runtime}/${app}.sock`,
    ownershipFault(path) {
      disk.get(path, "lstat");
      return null;
    },
    programFault: (program) => program.startsWith("/") ? null : "it is not an absolute path",
    rights: () => ({ elevated: false, integrity: 0 }),
    permissionFlags: () => [],
    userId: () => "1000",
    listen: (address, options = {}) =>
      Promise.try(() => new SimulatedListener(machine, process, address, options)),
    dial,
    spawn(options) {
      if (!process.alive) return new Promise(() => {});
      for (const one of machine.onlookers) one.onSpawn(process, options.command[0] ?? "");
      return inAMoment(() => spawn(machine, process, options));
    },
    endTold: "look",
    commandLine: () => [process.program, ...process.args],
  };
}

function connect(machine: Machine, process: Process, address: string) {
  machine.enter(process, "connect", address);
  const listener = machine.disk.find(address)?.listener;
  if (!(listener instanceof SimulatedListener) || !listener.open) return null;
  const { faults } = machine;
  if (faults.busyDials > 0) {
    faults.busyDials--;
    faults.happened("busyDial");
    return "busy";
  }
  if (listener.full) return "busy";
  const [own, theirs] = join(machine, process, listener.process, ++machine.connections);
  listener.connect(theirs);
  return own;
}

function spawn(machine: Machine, process: Process, options: SpawnOptions): SpawnedProcess {
  const { command, env, logFile } = options;
  const [program = "", ...args] = command;
  machine.enter(process, "spawn", program);
  const { disk, faults } = machine;
  disk.get(program, "spawn");
  disk.open(logFile, { create: true, mode: 0o600 });
  const fault = faults.nextStart;
  faults.nextStart = null;
  if (fault !== null) faults.happened(fault);
  const usual = 30 + machine.random(60);
  const delay = fault === "hangingStart"
    ? null
    : fault === "slowStart"
    ? usual + 300 + machine.random(1_500)
    : usual;
  const child = machine.start({
    ...{ program, args, log: logFile, parent: process, delay },
    env: { ...Object.fromEntries(process.env), ...env },
  });
  if (fault === "failedStart") {
    machine.scheduler.after(usual / 2, child, () => {
      const text = new TextEncoder().encode("it cannot start today\n");
      const log = disk.find(logFile);
      try {
        if (log !== null) disk.write(logFile, log, log.data.length, text);
      } catch {
        // It has no place to tell of it.
      }
      machine.kill(child, "ends as it starts", 9);
    });
  }
  // Its end is told a moment later.
  let code: number | null = null;
  child.onEnd.push(() => machine.soon(process, () => code = child.exitCode));
  return {
    pid: child.pid,
    exitCode: () => code,
    kill() {
      if (!process.alive) throw new Ended("kill");
      if (code === null) machine.kill(child, `is ended by ${process.name}`);
    },
    release() {},
  };
}
