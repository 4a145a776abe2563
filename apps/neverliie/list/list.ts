/**
 * `neverliie list`: the apps and which of them run, once or as they come and go.
 *
 * @module
 */

import { listApps, type NeverLiieIPC, type PresenceEvent } from "../../../lib/ipc/mod.ts";
import { print, tell, writeLine, writeTable } from "../../output.ts";

/** How the apps are listed. */
export interface ListOptions {
  json?: boolean;
  /** Whether it goes on with who comes and goes, until the signal. */
  watch?: boolean;
  signal: AbortSignal;
}

/** Prints the apps. Starts none of them. */
export async function listAll(ipc: NeverLiieIPC, options: ListOptions): Promise<void> {
  const { json = false, watch, signal } = options;
  const { problems, fault } = await ipc.registry.readOrTell();
  // Who runs is told all the same.
  if (fault !== null) Deno.exitCode = 1;
  for (const [name, problem] of problems) tell(`${name}: ${problem}`);
  if (watch) return await follow(ipc, json, signal);
  const apps = await listApps(ipc, signal);
  for (const { name, gave_up } of apps) {
    if (gave_up !== null) tell(`${name}: ${gave_up}. Resume it: neverliie wake ${name}`);
  }
  if (json) return print(apps, true);
  if (apps.length === 0) {
    writeLine(`No apps yet: start one once and it registers itself in "${ipc.registry.path}".`);
    return;
  }
  writeTable(
    ["NAME", "RUNNING", "PID", "TYPE", "COMMAND"],
    apps.map(({ name, running, silent, pid, type, cmd, gave_up }) => [
      name,
      silent ? "does not answer" : running ? "yes" : gave_up === null ? "no" : "gave up",
      pid === null ? "-" : String(pid),
      type ?? "-",
      cmd.at(-1) ?? "(runs, but is not registered)",
    ]),
  );
}

/** Prints a line for each app, and then one for each that comes, goes, is registered or removed. */
async function follow(ipc: NeverLiieIPC, json: boolean, signal: AbortSignal): Promise<void> {
  const presence = ipc.presence({ signal });
  let told: string | null = null;
  for await (const event of presence) {
    const { fault } = presence;
    if (fault !== null && fault !== told) {
      tell(`Who comes and goes is looked at each second: ${fault}`);
    }
    told = fault;
    if (json) print(event, true);
    else for (const line of linesOf(event)) writeLine(line);
  }
}

function linesOf(event: PresenceEvent): string[] {
  const time = new Date(event.at).toISOString().slice(11, -1);
  switch (event.event) {
    case "present": {
      const apps = event.apps.map((app) => {
        const state = app.running ? `runs${detailsOf(app)}` : "does not run";
        return `${time}  ${app.name} ${state}${app.registered ? "" : ", is not registered"}`;
      });
      return [`${time}  watching who comes and goes; Ctrl-C ends it`, ...apps];
    }
    case "up":
      return [`${time}  ${event.name} has come${detailsOf(event)}`];
    case "down": {
      const how = { left: "has left", died: "has died", unknown: "is gone" }[event.how];
      return [`${time}  ${event.name} ${how}${detailsOf(event)}`];
    }
    case "registered":
      return [`${time}  ${event.name} is registered`];
    case "removed":
      return [`${time}  ${event.name} is no longer registered`];
  }
}

function detailsOf({ pid, version }: { pid: number | null; version: string | null }): string {
  const process = pid === null ? ", does not answer" : `, process ${pid}`;
  return `${process}${version === null ? "" : `, version ${version}`}`;
}
