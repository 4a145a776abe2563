/** The dashboard: read, and printed once. */
import { type CallBounds, listApps, type NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { wantsColour } from "../../lib/ui/colour.ts";
import { writeLine, writeStyled } from "../output.ts";
import type { StatusBar } from "../statusbar/contract.ts";
import { type DashboardApp, type DashboardModel, renderDashboard } from "./dashboard.ts";

/** What the dashboard shows now; the status bar is woken for it. */
export async function readDashboard(
  client: NeverLiieIPC,
  within: CallBounds,
): Promise<DashboardModel> {
  const stats = await client.connect<StatusBar>("statusbar").get_stats({}, { within });
  const history = stats.cpu.percent === null ? [] : [stats.cpu.percent];
  return { stats, history, apps: await listApps(client, within.signal) };
}

/** Prints the dashboard once. */
export async function printDashboard(client: NeverLiieIPC, signal: AbortSignal): Promise<void> {
  const model = await readDashboard(client, { signal, deadline: Infinity });
  writeStyled(renderDashboard(model, { columns: 80, colour: wantsColour() }));
  const left = stillRunning(model.apps);
  if (left === null) return;
  writeLine("");
  writeLine(left);
}

/**
 * What goes on after the launcher has ended, and how to end it; `null` where nothing does.
 *
 * @param executable The program that runs this: Deno, or the launcher itself.
 */
export function stillRunning(
  apps: readonly DashboardApp[],
  executable: string = Deno.execPath(),
): string | null {
  const names = apps.filter((app) => app.running).map((app) => app.name);
  if (names.length === 0) return null;
  const command = Deno.build.standalone ? "neverliie" : `${denoBy(executable)} task -q neverliie`;
  return `Still running: ${names.join(", ")}. To end them: ${command} stop --all`;
}

/** How a person runs Deno: one that npx has fetched is on nobody's PATH. */
function denoBy(executable: string): string {
  return /[\\/]_npx[\\/]/.test(executable) ? `npx -y deno@${Deno.version.deno}` : "deno";
}
