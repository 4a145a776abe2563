/**
 * Nobody is woken any more, in a mesh that ends.
 *
 * @module
 */

import { ProcessLock } from "../base/lock.ts";
import { pauseFor } from "../base/timer.ts";
import type { NeverLiieIPC } from "../mod.ts";

/** Milliseconds between two attempts. */
const PAUSE = 10;

/**
 * Takes the start locks of all apps that could be woken: by a call that the test did not wait for, or
 * by programs that call each other. An app that is just being started is waited for, as it can be
 * asked to leave only then.
 *
 * @param ipc a client of the mesh
 * @param timeout milliseconds for those that are being started
 * @returns the locks, to be released
 */
export async function holdStarts(ipc: NeverLiieIPC, timeout: number): Promise<ProcessLock[]> {
  const apps = await startable(ipc);
  const deadline = performance.now() + timeout;
  for (;; await pauseFor(PAUSE)) {
    const locks: ProcessLock[] = [];
    const busy = apps.filter((app) => !hold(ipc.home.runtimeFile(app, "start.lock"), locks));
    if (busy.length === 0 || performance.now() > deadline) return locks;
    // All or none: who is being started may be waking another one.
    for (const lock of locks) lock.release();
  }
}

async function startable(ipc: NeverLiieIPC): Promise<string[]> {
  try {
    return [...(await ipc.registry.read()).apps.keys()];
  } catch {
    // Whom nobody can look up, nobody wakes.
    return [];
  }
}

/** Whether the lock need not be waited for: it was taken, or it is none, so that it serves nobody. */
function hold(path: string, locks: ProcessLock[]): boolean {
  try {
    const lock = ProcessLock.try(path);
    if (lock !== null) locks.push(lock);
    return lock !== null;
  } catch {
    return true;
  }
}
