/**
 * `neverliie top`: who runs, what is under way, how often methods are called and how long they
 * take. On a terminal as a view that goes on; elsewhere once, or as JSON.
 *
 * @module
 */

import { type NeverLiieIPC, TargetUnknownError } from "../../../lib/ipc/mod.ts";
import { pause } from "../../../lib/system/waiting.ts";
import { MeshModel } from "../watching/mesh_model.ts";
import { print, tell, writeLine, writeTable } from "../../output.ts";
import { caller, formatTime } from "./columns.ts";
import { type Sample, sampleOf } from "./sample.ts";

/** What `neverliie top` is told. */
export interface TopOptions {
  json?: boolean;
  /** Fires on Ctrl-C. */
  signal: AbortSignal;
  /** Whether to print one sample and end. */
  once?: boolean;
  /** Seconds until the first printed sample, and between two. */
  interval: number;
}

/** Milliseconds that apps have to say what they are about, before the first sample is begun. */
const SETTLE = 5_000;

/** Shows the mesh, or these apps of it. Starts none. */
export async function top(
  ipc: NeverLiieIPC,
  names: readonly string[],
  { json = false, signal, once = false, interval }: TopOptions,
): Promise<void> {
  await using mesh = new MeshModel(ipc);
  await mesh.begin();
  checkNames(mesh, names);
  if (!json && !once && onTerminal()) {
    // By URL: in an executable it is a file of its own.
    const view = import.meta.url.endsWith(".ts") ? "top_view.tsx" : "top_view.js";
    const { showTop }: typeof import("./top_view.tsx") = await import(
      new URL(view, import.meta.url).href
    );
    await showTop(mesh, names, signal);
    return signal.throwIfAborted();
  }
  await settled(mesh, signal);
  do {
    await pause(interval * 1_000, signal);
    const sample = sampleOf(mesh, names);
    if (json) print(sample, true);
    else printSample(sample);
  } while (json && !once);
}

/** @throws {TargetUnknownError} for a name that is neither registered nor running. */
function checkNames(mesh: MeshModel, names: readonly string[]): void {
  const known = new Set(mesh.snapshot().apps.map(({ name }) => name));
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new TargetUnknownError(
    `Cannot watch "${unknown}": it is not registered and does not run. neverliie list shows who is`,
  );
}

function onTerminal(): boolean {
  return Deno.stdout.isTerminal() && Deno.stdin.isTerminal() && Deno.env.get("TERM") !== "dumb";
}

/** Waits until each app that runs is watched, or has said why not. */
async function settled(mesh: MeshModel, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(SETTLE)]);
  const waiting = () =>
    mesh.snapshot().apps.some(({ state, pid, silent }) =>
      state === "running" && pid === null && silent === null
    );
  while (!late.aborted && waiting()) await mesh.changed(late);
  signal.throwIfAborted();
}

function printSample({ apps, calls, methods, problems, at }: Sample): void {
  for (const problem of problems) tell(problem);
  if (apps.length === 0) return writeLine("No apps yet: start one once, and it registers itself.");
  const figures = (of: Pick<Sample["methods"][number], "perSecond" | "p50" | "p99" | "failed">) => [
    String(of.perSecond),
    formatTime(of.p50),
    formatTime(of.p99),
    String(of.failed),
  ];
  const headings = ["CALLS/S", "P50", "P99", "ERRORS"];
  writeTable(
    ["APP", "STATE", "PID", "IN FLIGHT", ...headings],
    apps.map((app) => [
      app.name,
      app.problem !== null && app.state === "running" ? "tells nothing" : app.state,
      String(app.pid ?? "-"),
      String(app.inFlight),
      ...figures(app),
    ]),
  );
  for (const { name, problem } of apps) {
    if (problem !== null) tell(`${name}: ${problem}`);
  }
  if (calls.length > 0) {
    writeLine("");
    writeTable(
      ["IN FLIGHT", "METHOD", "CALL", "SINCE", "ITEMS", "FROM"],
      calls.map(({ app, method, call, since, atLeast, items, from }) => [
        app,
        method,
        `#${call}`,
        `${atLeast ? "≥ " : ""}${formatTime(Math.max(0, at - since))}`,
        String(items ?? "-"),
        caller(from),
      ]),
    );
  }
  if (methods.length === 0) return;
  writeLine("");
  writeTable(
    ["CALLED", "METHOD", ...headings],
    methods.map((method) => [method.app, method.method, ...figures(method)]),
  );
}
