/** The palette on the terminal, kept up to date until it is left. */
import { isServing, listApps, type NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { pause } from "../../lib/system/waiting.ts";
import { showScreen } from "../../lib/ui/screen.tsx";
import { appChanges } from "../app_changes.ts";
import { writeLine } from "../output.ts";
import type { StatusBarTopics } from "../statusbar/contract.ts";
import { Catalog } from "./catalog.ts";
import { Palette } from "./palette.tsx";
import { PaletteModel } from "./palette_model.ts";
import { stillRunning } from "./view.ts";

/** Milliseconds between two looks at what is installed; who comes and goes is told. */
const REFRESH = 2_000;
/** Milliseconds until the figures are asked for again where they could not be. */
const RETRY = 1_000;

/** Shows the palette until Esc, Ctrl-C or the signal. */
export async function showPalette(client: NeverLiieIPC, signal: AbortSignal): Promise<void> {
  const left = new AbortController();
  const ended = AbortSignal.any([signal, left.signal]);
  const model = new PaletteModel();
  // Shown as long as they last, by the view.
  const catalog = new Catalog(client, () => {});
  const tasks = [followStats(client, model, ended), followCatalog(client, catalog, model, ended)];
  try {
    await showScreen(
      <Palette
        model={model}
        search={(query, limit) => catalog.search({ query, limit })}
        launch={(id, params, signal) => catalog.launch(id, params, signal)}
      />,
      { signal },
    );
  } finally {
    left.abort();
    await Promise.all(tasks);
  }
  const running = stillRunning(await listApps(client));
  if (running !== null) writeLine(running);
}

function tell(model: PaletteModel, problem: string): void {
  model.message = problem;
  model.changed();
}

/** The figures, told each second by the status bar, which is woken once: who stops it has it stopped. */
async function followStats(
  client: NeverLiieIPC,
  model: PaletteModel,
  signal: AbortSignal,
): Promise<void> {
  for (let activate = true; !signal.aborted; activate = false) {
    const how = { signal, activate, overflow: "latest" } as const;
    try {
      const figures = client.subscribe<StatusBarTopics["stats"]>("statusbar", "stats", how);
      for await (const stats of figures) model.show(stats);
    } catch (error) {
      if (signal.aborted) return;
      tell(model, (error as Error).message);
      await pause(RETRY, signal).catch(() => {
        // Left meanwhile; the loop sees it.
      });
    }
  }
}

async function followCatalog(
  client: NeverLiieIPC,
  catalog: Catalog,
  model: PaletteModel,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const _ of appChanges(client, REFRESH, signal)) {
        await catalog.refresh(signal);
        model.problems = catalog.problems;
        // Figures that nobody tells any more are not shown as those of now.
        const silent = model.stats !== null && !isServing(client, "statusbar");
        if (silent) model.message = "The status bar does not run: its entry here wakes it";
        model.changed();
      }
    } catch (error) {
      if (signal.aborted) return;
      tell(model, (error as Error).message);
      await pause(REFRESH, signal).catch(() => {
        // Left meanwhile; the loop sees it.
      });
    }
  }
}
