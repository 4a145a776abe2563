/**
 * Which apps there are and which of them run.
 *
 * @module
 */

import { ProtocolMismatchError } from "./errors.ts";
import type { NeverLiieIPC } from "./ipc.ts";
import { ProcessLock } from "./lock.ts";
import { asRecord } from "./message.ts";
import type { LaunchCommand } from "./launch_command.ts";
import { readSupervised } from "./supervision.ts";

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
  /** Its process while it runs; `null` also when it is too busy to tell. */
  pid: number | null;
  /** Why it is not kept alive any more, of an app that is to be; `null` otherwise. */
  gave_up: string | null;
}

/** Milliseconds that a running app has to answer a ping before it counts as not running. */
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
    const pid = app.pid ?? await pidOf(ipc, app.name, signal);
    return { ...app, ...stateOf(ipc, app.name, pid) };
  }));
}

/**
 * The same as {@link listApps}, but asks none of them, so that an app that answers late holds
 * nothing up: `pid` is `null` for all but this process.
 */
export async function glanceAtApps(ipc: NeverLiieIPC): Promise<AppStatus[]> {
  const { apps } = await ipc.registry.read();
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
  pid: number | null,
): Pick<AppStatus, "running" | "pid" | "gave_up"> {
  // One that is too busy to answer holds its lock all the same.
  const running = pid !== null || isServing(ipc, name);
  const gaveUp = running ? null : readSupervised(ipc.home, name)?.gaveUp ?? null;
  return { running, pid, gave_up: gaveUp };
}

/** The names that processes hold, registered or not. */
function servingApps(ipc: NeverLiieIPC): string[] {
  let files: Deno.DirEntry[];
  try {
    files = [...Deno.readDirSync(ipc.home.runtime)];
  } catch (error) {
    // The home was removed meanwhile, and with it whoever was there.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return files.flatMap(({ name }) => {
    const app = /^([a-z][a-z0-9_-]*)\.lock$/.exec(name)?.[1];
    return app !== undefined && isServing(ipc, app) ? [app] : [];
  });
}

/** Whether a process holds the name `app`, whether or not it answers. */
export function isServing(ipc: NeverLiieIPC, app: string): boolean {
  return ProcessLock.isHeld(ipc.home.runtimeFile(app, "lock"));
}

/** The process of `app`, or `null` when it does not run. Starts nothing. */
export async function pidOf(
  ipc: NeverLiieIPC,
  app: string,
  signal?: AbortSignal,
): Promise<number | null> {
  try {
    const options = { activate: false, timeout: PING_TIMEOUT, signal };
    const pid = asRecord(await ipc.call(app, "$/ping", {}, options))?.["pid"];
    return typeof pid === "number" ? pid : null;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ProtocolMismatchError) return error.pid;
    // Not running, leaving, or too busy to answer: whatever else is wrong, a real call will tell.
    if (error instanceof Error) return null;
    throw error;
  }
}
