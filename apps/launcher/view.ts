/** The dashboard: read, printed once, or kept on the screen. */
import { listApps, type NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { wantsColour } from "../../lib/ui/colour.ts";
import { Screen } from "../../lib/ui/screen.ts";
import type { HostStats, StatusBar } from "../statusbar/contract.ts";
import { type DashboardApp, type DashboardModel, renderDashboard } from "./dashboard.ts";

/** Readings in the sparkline. */
const HISTORY = 60;
/** Milliseconds between two looks at which apps run. */
const APPS_INTERVAL = 2_000;

/** What the dashboard shows now; the status bar is woken for it. */
export async function readDashboard(
  client: NeverLiieIPC,
  signal: AbortSignal,
): Promise<DashboardModel> {
  const stats = await client.connect<StatusBar>("statusbar").get_stats({}, { signal });
  const history = stats.cpu.percent === null ? [] : [stats.cpu.percent];
  return { stats, history, apps: await listApps(client, signal) };
}

/** Prints the dashboard once. */
export async function printDashboard(client: NeverLiieIPC, signal: AbortSignal): Promise<void> {
  const model = await readDashboard(client, signal);
  console.log(renderDashboard(model, { columns: 80, colour: wantsColour() }).join("\n"));
  const left = stillRunning(model.apps);
  if (left !== null) console.log(`\n${left}`);
}

/** What goes on after the launcher has ended, and how to end it; `null` where nothing does. */
function stillRunning(apps: readonly DashboardApp[]): string | null {
  const names = apps.filter((app) => app.running).map((app) => app.name);
  if (names.length === 0) return null;
  const command = Deno.build.standalone ? "neverliie" : "deno task -q neverliie";
  return `Still running: ${names.join(", ")}. To end them: ${command} stop --all`;
}

/** Keeps the dashboard on the screen until Ctrl-C or q. */
export async function showDashboard(client: NeverLiieIPC, signal: AbortSignal): Promise<void> {
  const left = new AbortController();
  const ended = AbortSignal.any([signal, left.signal]);
  const model: DashboardModel = { stats: null, history: [], apps: [] };
  {
    const draw = () => {
      const { columns, rows } = screen.size;
      screen.draw(renderDashboard(model, { columns, rows, colour: wantsColour() }));
    };
    using screen = Screen.open({ onResize: draw, onSignal: () => left.abort() });
    model.message = "waking the status bar…";
    draw();
    const tasks = [
      watchKeys(left),
      followStats(client, model, draw, ended),
      followApps(client, model, draw, ended),
    ];
    try {
      await Promise.race([Promise.all(tasks.slice(1)), aborted(ended)]);
    } finally {
      left.abort();
      stopKeys();
      // Reading keys ends with the next key, or with the process.
      await Promise.allSettled(tasks.slice(1));
    }
  }
  const running = stillRunning(await listApps(client));
  if (running !== null) console.log(running);
}

async function followStats(
  client: NeverLiieIPC,
  model: DashboardModel,
  draw: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (
        const stats of client.connect<StatusBar>("statusbar").watch_stats({}, { signal })
      ) {
        show(model, stats);
        draw();
      }
    } catch (error) {
      if (signal.aborted) return;
      // Stopped or crashed: say so, and wake it again; the start limit keeps this from racing.
      model.message = (error as Error).message;
      draw();
      await pause(1_000, signal);
    }
  }
}

function show(model: DashboardModel, stats: HostStats): void {
  delete model.message;
  model.stats = stats;
  if (stats.cpu.percent !== null) model.history.push(stats.cpu.percent);
  if (model.history.length > HISTORY) model.history.shift();
}

async function followApps(
  client: NeverLiieIPC,
  model: DashboardModel,
  draw: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      model.apps = await listApps(client, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    draw();
    await pause(APPS_INTERVAL, signal);
  }
}

/** Ends with q or Ctrl-C, which arrives as a key while the terminal is raw. */
async function watchKeys(left: AbortController): Promise<void> {
  if (!Deno.stdin.isTerminal()) return;
  Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
  const key = new Uint8Array(16);
  while (!left.signal.aborted) {
    const count = await Deno.stdin.read(key);
    if (count === null) return;
    const text = new TextDecoder().decode(key.subarray(0, count));
    if (text.includes("q") || text.includes("\x03")) left.abort();
  }
}

function stopKeys(): void {
  if (Deno.stdin.isTerminal()) Deno.stdin.setRaw(false);
}

/** Resolves when the signal fires. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Resolves after `milliseconds`, or at once when the signal fires. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), milliseconds);
  await aborted(AbortSignal.any([signal, late.signal]));
  clearTimeout(timer);
}
