/**
 * Stopping an app and waiting until it is gone.
 *
 * @module
 */

import {
  ConnectionLostError,
  endSupervision,
  isServing,
  type NeverLiieIPC,
  pidOf,
  TargetNotRunningError,
} from "../../lib/ipc/mod.ts";
import { pause } from "../../lib/system/waiting.ts";

/** Milliseconds an app has to leave the mesh. */
const STOP_TIMEOUT = 10_000;

/** What came of a stop. */
export interface Stopped {
  name: string;
  /** The process that was told to stop; `null` when none ran. */
  pid: number | null;
}

/** What came of a stop, in words. */
export function stoppedLine({ name, pid }: Stopped): string {
  return pid === null ? `${name} was not running` : `${name} was stopped (process ${pid})`;
}

/** Stops all of them, whatever becomes of one. */
export async function stopApps(
  ipc: NeverLiieIPC,
  apps: readonly string[],
  signal: AbortSignal,
): Promise<{ done: Stopped[]; failures: unknown[] }> {
  const outcomes = await Promise.allSettled(apps.map((app) => stopApp(ipc, app, signal)));
  return {
    done: outcomes.flatMap((one) => one.status === "fulfilled" ? [one.value] : []),
    failures: outcomes.flatMap((one) => one.status === "rejected" ? [one.reason] : []),
  };
}

/**
 * Tells `app` to leave the mesh and waits until nobody holds its name.
 *
 * @throws {Deno.errors.TimedOut} when it does not answer, or has not left after ten seconds.
 */
export async function stopApp(
  ipc: NeverLiieIPC,
  app: string,
  signal: AbortSignal,
): Promise<Stopped> {
  // Before it is told: whoever finds it gone is not to start it again.
  endSupervision(ipc.home, app);
  const pid = await pidOf(ipc, app, signal);
  if (pid === null && !isServing(ipc, app)) return { name: app, pid };
  try {
    await ipc.call(app, "$/shutdown", {}, { activate: false, signal });
  } catch (error) {
    // Gone before its answer left: that is what was asked for.
    if (!(error instanceof ConnectionLostError || error instanceof TargetNotRunningError)) {
      throw error;
    }
  }
  const deadline = performance.now() + STOP_TIMEOUT;
  while (isServing(ipc, app)) {
    if (performance.now() > deadline) {
      const who = pid === null ? "its process" : `process ${pid}`;
      throw new Deno.errors.TimedOut(
        `Cannot stop "${app}": ${who} has not left after ${STOP_TIMEOUT / 1000} s`,
      );
    }
    await pause(10);
  }
  return { name: app, pid };
}
