/**
 * Stopping an app and waiting until it is gone.
 *
 * @module
 */

import { ConnectionLostError, type NeverLiieIPC, pidOf } from "../../lib/ipc/mod.ts";

/** Milliseconds an app has to leave the mesh. */
const STOP_TIMEOUT = 10_000;

/** What came of a stop. */
export interface Stopped {
  name: string;
  /** The process that was told to stop; `null` when none ran. */
  pid: number | null;
}

/**
 * Tells `app` to leave the mesh and waits until nobody answers under its name.
 *
 * @throws {Deno.errors.TimedOut} when it still answers after ten seconds.
 */
export async function stopApp(
  ipc: NeverLiieIPC,
  app: string,
  signal: AbortSignal,
): Promise<Stopped> {
  const pid = await pidOf(ipc, app, signal);
  if (pid === null) return { name: app, pid };
  try {
    await ipc.call(app, "$/shutdown", {}, { activate: false, signal });
  } catch (error) {
    // Gone before its answer left: that is what was asked for.
    if (!(error instanceof ConnectionLostError)) throw error;
  }
  const deadline = performance.now() + STOP_TIMEOUT;
  while (await pidOf(ipc, app, signal) === pid) {
    if (performance.now() > deadline) {
      throw new Deno.errors.TimedOut(
        `Cannot stop "${app}": process ${pid} still answers after ${STOP_TIMEOUT / 1000} s`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { name: app, pid };
}
