/**
 * What each subcommand does: asks the mesh and prints the answer, for people or as JSON.
 *
 * @module
 */

import {
  type AppDescription,
  listApps,
  missingPart,
  NeverLiieIPC,
  type Params,
  pidOf,
  type StreamCallOptions,
} from "../../lib/ipc/mod.ts";
import { suite } from "../suite.ts";
import { readParams } from "./arguments.ts";
import { bench as measure } from "./bench/bench.ts";
import { declarations } from "./types/declarations.ts";
import { showEvents } from "./events/events.ts";
import { reportError, UsageError } from "./exit.ts";
import { listAll } from "./list/list.ts";
import { type LogsOptions, showLogs } from "./logs/logs.ts";
import {
  print,
  showProgress,
  tell,
  throwFailures,
  writeLine,
  writeTable,
  writeText,
} from "../output.ts";
import { stopApps, stoppedLine } from "./stop.ts";
import { trace as traceCalls } from "./trace/trace.ts";

/** Options that every subcommand takes. */
export interface CommonOptions {
  json?: boolean;
  /** Fires on Ctrl-C. */
  signal: AbortSignal;
}

/** Options of calls and streams. */
export interface CallFlags extends CommonOptions {
  /** Milliseconds. */
  timeout?: number;
  activate?: boolean;
}

async function withMesh(work: (ipc: NeverLiieIPC) => Promise<void>): Promise<void> {
  await using ipc = await NeverLiieIPC.client({ suite: suite() });
  await work(ipc);
}

/** Params that cannot be read are told before anything is asked of the mesh. */
async function withParams(
  argument: string | undefined,
  work: (ipc: NeverLiieIPC, params: Params) => Promise<void>,
): Promise<void> {
  const params = await readParams(argument);
  await withMesh((ipc) => work(ipc, params));
}

function callOptions({ signal, timeout, activate }: CallFlags): StreamCallOptions {
  return { signal, timeout, activate };
}

/** `neverliie list` */
export const list = (options: CommonOptions & { watch?: boolean }): Promise<void> =>
  withMesh((ipc) => listAll(ipc, options));

/** `neverliie describe APP` */
export function describe(app: string, options: CallFlags): Promise<void> {
  return withMesh(async (ipc) => {
    const about = await ipc.call<AppDescription>(app, "$/describe", {}, callOptions(options));
    if (options.json) return print(about, true);
    const { name, pid, version, protocol, deno, launch, permissions, methods } = about;
    writeLine(
      `${name}${version === null ? "" : ` ${version}`}, process ${pid}, ` +
        `protocol ${protocol}, ${/^\d/.test(deno) ? "Deno " : ""}${deno}`,
    );
    writeLine(`started by: ${launch === null ? "hand only" : launch.cmd.join(" ")}`);
    // (An app in another language, or of an older version, tells none.)
    writeLine(`needs at least: ${permissions?.join(" ") ?? "not told"}`);
    writeLine("");
    writeTable(
      ["METHOD", "KIND", "PARAMETERS", "DESCRIPTION"],
      methods.map((method) => [
        method.name,
        method.idempotent === true ? `${method.kind}, idempotent` : method.kind,
        method.params?.join(", ") ?? "",
        method.description ?? "",
      ]),
    );
    // (Older ones, and those in another language, tell none.)
    if (!about.topics?.length) return;
    writeLine("");
    writeTable(
      ["TOPIC", "RETAINED", "DESCRIPTION"],
      about.topics.map(({ name, retain, description = "" }) => [
        name,
        retain ? "yes" : "no",
        description,
      ]),
    );
  });
}

/** What a call is made of, on the command line. */
type CallArguments = [
  app: string,
  method: string,
  argument: string | undefined,
  options: CallFlags,
];

/** `neverliie call APP METHOD [JSON]` */
export function call(...[app, method, argument, options]: CallArguments): Promise<void> {
  return withParams(argument, async (ipc, params) => {
    print(await ipc.call(app, method, params, callOptions(options)), options.json);
  });
}

/** `neverliie stream APP METHOD [JSON]` */
export function stream(...[app, method, argument, options]: CallArguments): Promise<void> {
  return withParams(argument, async (ipc, params) => {
    for await (const item of ipc.stream(app, method, params, callOptions(options))) {
      // One line an item, so that the next program in a pipe can read them as they come.
      print(item, options.json || typeof item !== "string");
    }
  });
}

/** `neverliie wake APP` */
export function wake(app: string, options: CallFlags): Promise<void> {
  return withMesh(async (ipc) => {
    const before = await pidOf(ipc, app, options.signal);
    await ipc.wake(app, callOptions(options));
    const pid = await pidOf(ipc, app, options.signal);
    if (options.json) return print({ name: app, pid, started: before === null }, true);
    writeLine(
      `${app} ${before === null ? "was started" : "was running already"}: process ${pid}`,
    );
  });
}

/** `neverliie ping APP` */
export function ping(app: string, options: CallFlags): Promise<void> {
  return withMesh(async (ipc) => {
    const settings = callOptions({ ...options, activate: options.activate ?? false });
    await ipc.call(app, "$/ping", {}, settings);
    const start = performance.now();
    const { pid } = await ipc.call<{ pid: number }>(app, "$/ping", {}, settings);
    const milliseconds = Math.round((performance.now() - start) * 1000) / 1000;
    if (options.json) return print({ name: app, pid, milliseconds }, true);
    writeLine(`${app} answered in ${milliseconds} ms: process ${pid}`);
  });
}

/** `neverliie stop APP…` and `neverliie stop --all` */
export function stop(names: string[], options: CommonOptions & { all?: boolean }): Promise<void> {
  if (options.all ? names.length > 0 : names.length === 0) {
    throw new UsageError("Cannot stop: give the names of apps, or --all");
  }
  return withMesh(async (ipc) => {
    const apps = options.all
      ? (await listApps(ipc, options.signal)).filter((app) => app.running).map((app) => app.name)
      : names;
    const { done, failures } = await stopApps(ipc, apps, options.signal);
    try {
      if (options.json) print(done, true);
      else if (apps.length === 0) writeLine("Nothing was running.");
      else for (const one of done) writeLine(stoppedLine(one));
    } finally {
      // What failed is told also where nobody reads what was done.
      throwFailures(failures, (one) => reportError(one, options.json ?? false));
    }
  });
}

/** `neverliie prune [APP…]` */
export function prune(names: string[], { json }: CommonOptions): Promise<void> {
  return withMesh(async (ipc) => {
    const { registry } = ipc;
    const removed: string[] = [];
    for (const name of names) {
      const gone = await registry.prune(name);
      if (gone.length === 0) {
        tell(`${name} stays: it has no entry, or its program is there`);
      }
      for (const app of gone) removed.push(app);
    }
    if (names.length === 0) {
      for (const app of await registry.prune()) removed.push(app);
      for (const [name, entry] of (await registry.read()).apps) {
        const missing = missingPart(entry);
        if (missing === null) continue;
        const { part, path, why, gone } = missing;
        const kept = gone ? `${why}, and its entry has what a person wrote` : why;
        tell(`${name} stays: its ${part} "${path}" ${kept} (neverliie prune ${name})`);
      }
    }
    if (json) return print(removed, true);
    writeLine(removed.length === 0 ? "Nothing to remove." : `Removed: ${removed.join(", ")}`);
  });
}

/** `neverliie logs APP` and `neverliie logs -f APP`, which goes on until Ctrl-C. */
export const logs = (app: string, options: CommonOptions & LogsOptions): Promise<void> =>
  withMesh((ipc) => showLogs(ipc.home, app, options));

/** `neverliie bench APP [METHOD [JSON]]` */
export function bench(
  app: string,
  method: string | undefined,
  argument: string | undefined,
  options: CallFlags & { count: number; concurrency: number },
): Promise<void> {
  return withParams(argument, async (ipc, params) => {
    const { json, count, concurrency } = options;
    const plan = { app, method: method ?? "$/ping", params, count, concurrency };
    const show = (text: string) => json || showProgress(text);
    const result = await measure(ipc, plan, callOptions(options), (share) => {
      show(`${Math.floor(share * 100)} % of ${count} calls`);
    });
    show("");
    if (json) return print(result, true);
    const { perSecond, min, p50, p90, p99, max } = result;
    writeLine(
      `${app} ${plan.method}: ${count} calls, ${concurrency} at once, ${perSecond} a second`,
    );
    writeTable(
      ["MIN", "P50", "P90", "P99", "MAX"],
      [[min, p50, p90, p99, max].map((time) => `${time} ms`)],
    );
  });
}

/** `neverliie trace APP` */
export const trace = (app: string, options: CommonOptions & { params?: boolean }): Promise<void> =>
  withMesh((ipc) => traceCalls(ipc, app, options));

/** `neverliie events APP [TOPIC]` */
export const events = (
  app: string,
  topic: string | undefined,
  options: CommonOptions & { activate?: boolean },
): Promise<void> => withMesh((ipc) => showEvents(ipc, app, topic, options));

/** `neverliie types APP` */
export function types(app: string, options: CallFlags): Promise<void> {
  return withMesh(async (ipc) => {
    const about = await ipc.call<AppDescription>(app, "$/describe", {}, callOptions(options));
    const text = declarations(about);
    if (options.json) return print({ name: app, types: text }, true);
    writeText(text);
  });
}

/** `neverliie mcp [APP…]` */
export function mcp(apps: string[], { activate = true, signal }: CallFlags): Promise<void> {
  return withMesh(async (ipc) => {
    const { serveTools } = await late<typeof import("./mcp/mcp.ts")>("mcp/mcp");
    await serveTools(ipc, { apps, activate, signal });
  });
}

/** `neverliie top [APP…]` */
export function top(
  apps: string[],
  options: CommonOptions & { once?: boolean; interval: number },
): Promise<void> {
  return withMesh(async (ipc) => {
    const { top } = await late<typeof import("./top/top.ts")>("top/top");
    await top(ipc, apps, options);
  });
}

/** `neverliie inspect` */
export function inspect(options: CommonOptions & { port: number; open: boolean }): Promise<void> {
  return withMesh(async (ipc) => {
    const { inspect } = await late<typeof import("./inspect/inspect.ts")>("inspect/inspect");
    await inspect(ipc, options);
  });
}

/** `neverliie conformance APP` */
export function conformance(app: string, options: CallFlags): Promise<void> {
  return withMesh(async (ipc) => {
    const name = "conformance/conformance";
    const { checkApp } = await late<typeof import("./conformance/conformance.ts")>(name);
    await checkApp(ipc, app, options);
  });
}

/** A module by its URL, so that no other subcommand waits for it. (In an executable it is bundled.) */
function late<T>(name: string): Promise<T> {
  const file = name + (import.meta.url.endsWith(".ts") ? ".ts" : ".js");
  return import(new URL(file, import.meta.url).href);
}
