/**
 * What the suite's apps share: who serves, who shows, and how the process ends.
 *
 * @module
 */

import { AlreadyRunningError, isWoken, NeverLiieIPC, type OpenOptions } from "../lib/ipc/mod.ts";
import { AppLog } from "./app_log.ts";
import { recordsFile } from "./app_record.ts";
import { namedLaunch } from "./own_name.ts";
import { OutputClosed, tell, writeLine, writeText } from "./output.ts";
import { suite } from "./suite.ts";
import { endOnUncaught } from "./uncaught.ts";
import { VERSION } from "./version.ts";

/** One app of the suite. */
export interface App {
  name: string;
  /** Printed for `--help`. */
  help: string;
  /** Those of the arguments that are not meant for a program that the app runs; all by default. */
  ownArguments?(args: readonly string[]): readonly string[];
  /** Exposes the app's methods. */
  serve(ipc: NeverLiieIPC): void;
  /**
   * A job given by arguments, done by the host; a nameless client asks for it. Returns the exit
   * code.
   */
  job?(client: NeverLiieIPC, args: string[], signal: AbortSignal): Promise<number>;
  /** What a terminal shows while the host runs, wherever it does. Ends with the signal. */
  view?(client: NeverLiieIPC, signal: AbortSignal): Promise<number | void>;
  /** What is shown once without a terminal; the app serves then unless this is given. */
  glance?(client: NeverLiieIPC, signal: AbortSignal): Promise<number | void>;
}

/**
 * Runs an app. Woken by the mesh, or with `--host`, it serves until it is stopped. Started by hand
 * with arguments it is a client that has its host do the job. Started by hand without arguments it
 * serves, and in a terminal it also shows its view, on the host that runs already if one does.
 */
export async function runApp(app: App): Promise<void> {
  endOnUncaught(app.name);
  const args = [...Deno.args];
  const own = app.ownArguments?.(args) ?? args;
  try {
    if (own.includes("--help") || own.includes("-h")) writeText(app.help);
    else if (isWoken() || args[0] === "--host") await host(app);
    else if (args.length > 0) await doJob(app, args);
    else if (app.glance !== undefined) await show(app, app.glance);
    else await hostInSight(app);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") Deno.exit(130);
    if (error instanceof OutputClosed) Deno.exit();
    tell(`${app.name}: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}

/** Joins the mesh as the app, and records its start, its problems and its end. */
async function open(app: App, options: OpenOptions = {}): Promise<NeverLiieIPC> {
  const log = new AppLog(app.name);
  const ipc = await NeverLiieIPC.open(app.name, {
    ...options,
    launch: namedLaunch(),
    suite: suite(),
    version: VERSION,
    onProblem(problem) {
      tell(problem);
      log.write("warning", problem);
    },
    async onLeave(why) {
      log.write("info", "left", { pid: Deno.pid, why });
      await log.end();
    },
  });
  const { pid, version: { deno } } = Deno;
  log.write("info", "started", { pid, version: VERSION, deno, by: isWoken() ? "mesh" : "hand" });
  log.begin(recordsFile(ipc.home, app.name));
  return ipc;
}

async function host(app: App): Promise<void> {
  await using ipc = await open(app);
  app.serve(ipc);
  announce(`${app.name} is serving as process ${Deno.pid} at ${ipc.address}`);
  await ipc.closed;
}

/** Says that it serves; whether that can be read anywhere is nothing that it depends on. */
function announce(line: string): void {
  try {
    writeLine(line);
  } catch (error) {
    if (!(error instanceof OutputClosed)) tell((error as Error).message);
  }
}

async function doJob(app: App, args: string[]): Promise<void> {
  if (app.job === undefined) {
    tell(`${app.name} takes no arguments, but got "${args[0]}". See --help`);
    Deno.exit(2);
  }
  const job = app.job;
  // A job that reads keys still waits for one.
  Deno.exit(await asClient((client, signal) => job(client, args, signal)));
}

async function show(app: App, glance: NonNullable<App["glance"]>): Promise<void> {
  const view = isScreen() ? app.view ?? glance : glance;
  const code = await asClient((client, signal) => view(client, signal));
  // A view that reads keys still waits for one.
  Deno.exit(code ?? 0);
}

async function hostInSight(app: App): Promise<void> {
  if (!isScreen()) return await host(app);
  try {
    await using ipc = await open(app, { ifRunning: "throw" });
    app.serve(ipc);
    const closed = new AbortController();
    void ipc.closed.then(() => closed.abort());
    if (app.view !== undefined) {
      await app.view(ipc, closed.signal).catch((error) => {
        // Stopped from elsewhere: the view ends with its host.
        if (!closed.signal.aborted) throw error;
      });
      // Left by a key: who started it by hand ends it so. A view that reads keys still waits for one.
      await ipc.close();
      Deno.exit();
    } else {
      announce(`${app.name} is serving as process ${Deno.pid}. Ctrl-C ends it; see --help`);
    }
    await ipc.closed;
  } catch (error) {
    if (!(error instanceof AlreadyRunningError) || error.pid === null) throw error;
    const { message } = error;
    await asClient(async (client, signal) => {
      if (app.view !== undefined) await app.view(client, signal);
      else writeLine(message);
    });
    Deno.exit();
  }
}

/** Whether there is a terminal that can be drawn on, with somebody to press keys. */
function isScreen(): boolean {
  return Deno.stdout.isTerminal() && Deno.stdin.isTerminal() && Deno.env.get("TERM") !== "dumb";
}

/** Runs `work` as a nameless client whose signal fires on Ctrl-C. */
async function asClient<T>(
  work: (client: NeverLiieIPC, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new DOMException("interrupted", "AbortError"));
  Deno.addSignalListener("SIGINT", interrupt);
  try {
    await using client = await NeverLiieIPC.client({ suite: suite() });
    return await work(client, interrupted.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}
