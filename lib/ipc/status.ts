/**
 * Which apps there are and which of them run.
 *
 * @module
 */

import { TargetNotRunningError, TargetUnknownError } from "./activation/activation.ts";
import type { NeverLiieIPC } from "./ipc.ts";
import { ProcessLock } from "./base/lock.ts";
import { asRecord } from "./base/record.ts";
import type { LaunchCommand } from "./registry/registration.ts";
import { readKept } from "./activation/supervisor.ts";

/** One app, registered or running, and whether it answers. */
export interface AppStatus {
  /** The app's name. */
  name: string;
  /** Whether the registry has an entry that it can be started by; else it merely runs. */
  registered: boolean;
  /** What its entry starts; `null` without one. */
  type: LaunchCommand["type"] | null;
  /** The command of its entry; empty without one. */
  cmd: string[];
  /** The working directory of its entry; `null` without one. */
  cwd: string | null;
  /** The pipe name or socket path. */
  address: string;
  /** Whether a process holds its name. */
  running: boolean;
  /** Its process while it runs; `null` also when it does not answer. */
  pid: number | null;
  /**
   * Whether somebody has its name or its address and does not answer within two seconds as an app
   * would: it is too busy, or it is another program.
   */
  silent: boolean;
  /** Why it is not kept alive any more, of an app that is to be; `null` otherwise. */
  gave_up: string | null;
}

/** Milliseconds that an app has to answer a ping. */
const PING_TIMEOUT = 2_000;

/**
 * Every app that is registered or runs, in the order of names. Starts none of them.
 *
 * @example
 * ```ts
 * import { listApps, NeverLiieIPC } from "@neverliie/ipc";
 *
 * await using client = await NeverLiieIPC.client();
 * for (const { name, running, pid } of await listApps(client)) console.log(name, running, pid);
 * ```
 */
export async function listApps(ipc: NeverLiieIPC, signal?: AbortSignal): Promise<AppStatus[]> {
  return await Promise.all((await glanceAtApps(ipc)).map(async (app) => {
    const asked = app.pid ?? await ask(ipc, app.name, signal);
    return { ...app, ...stateOf(ipc, app.name, asked) };
  }));
}

/**
 * The same as {@link listApps}, but asks none of them, so that an app that answers late holds
 * nothing up: `pid` is `null` for all but this process, and `silent` is `false`.
 */
export async function glanceAtApps(ipc: NeverLiieIPC): Promise<AppStatus[]> {
  const { apps } = await ipc.registry.readOrTell();
  const names = [...new Set([...apps.keys(), ...servingApps(ipc)])].sort();
  return names.map((name) => {
    const entry = apps.get(name);
    const { type = null, cmd = [], cwd = null } = entry ?? {};
    const state = stateOf(ipc, name, name === ipc.name ? Deno.pid : null);
    const address = ipc.home.address(name);
    return { name, registered: entry !== undefined, type, cmd, cwd, address, ...state };
  });
}

function stateOf(
  ipc: NeverLiieIPC,
  name: string,
  asked: number | "silent" | null,
): Pick<AppStatus, "running" | "pid" | "silent" | "gave_up"> {
  const pid = typeof asked === "number" ? asked : null;
  // One that is too busy to answer holds its lock all the same.
  const running = pid !== null || isServing(ipc, name);
  const gaveUp = running ? null : readKept(ipc.home, name)?.gaveUp ?? null;
  return { running, pid, silent: asked === "silent", gave_up: gaveUp };
}

/** The names that processes hold, registered or not. */
function servingApps(ipc: NeverLiieIPC): string[] {
  return ipc.home.appsWith("lock").filter((app) => isServing(ipc, app));
}

/** Whether a process holds the name `app`, whether or not it answers. */
export function isServing(ipc: NeverLiieIPC, app: string): boolean {
  try {
    return ProcessLock.isHeld(ipc.home.runtimeFile(app, "lock"));
  } catch {
    // What is in place of its lock can be nobody's. Its start, and doctor, tell of that.
    return false;
  }
}

/** The process of `app`, or `null` when it does not run. Starts nothing. */
export async function pidOf(
  ipc: NeverLiieIPC,
  app: string,
  signal?: AbortSignal,
): Promise<number | null> {
  const asked = await ask(ipc, app, signal);
  return typeof asked === "number" ? asked : null;
}

/** Its process; "silent" where somebody is there and does not tell. */
async function ask(
  ipc: NeverLiieIPC,
  app: string,
  signal: AbortSignal | undefined,
): Promise<number | "silent" | null> {
  try {
    // (One that takes connections only to end them is asked again until the second time is over.)
    const options = {
      activate: false,
      timeout: PING_TIMEOUT,
      startTimeout: PING_TIMEOUT,
      signal,
    };
    const pid = asRecord(await ipc.call(app, "$/ping", {}, options))?.["pid"];
    return typeof pid === "number" ? pid : "silent";
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    const absent = error instanceof TargetNotRunningError || error instanceof TargetUnknownError;
    // Leaving, too busy to answer, or another program: what is wrong, a real call will tell.
    return absent ? null : "silent";
  }
}
