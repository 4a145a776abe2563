import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { runApp } from "../app.ts";
import { tell } from "../output.ts";
import { Catalog } from "./catalog.ts";
import type { LaunchParams, SearchParams } from "./contract.ts";
import { printDashboard, readDashboard } from "./view.ts";

await runApp({
  name: "launcher",
  help: `Usage: launcher [--host]

In a terminal: one prompt over installed programs, the apps of the mesh and their methods; > runs a
shell command. Enter runs, Esc cancels and leaves, so does Ctrl-C. What is used often comes first.
Without a terminal it prints this machine's figures and the apps of the mesh once.
--host serves search, launch and get_dashboard to the mesh instead.`,
  serve(ipc) {
    const catalog = new Catalog(ipc, tell);
    ipc.expose("get_dashboard", (_params, context) => readDashboard(ipc, context), {
      params: [],
      description: "this machine's figures and the apps of the mesh",
    });
    ipc.expose("search", async (params: SearchParams, { signal }) => {
      await catalog.refresh(signal);
      return catalog.search(params);
    }, {
      params: ["query", "limit"],
      description: "programs, apps, methods and commands by name, the best match first",
    });
    ipc.expose("launch", async function* ({ id, params }: LaunchParams, { signal }) {
      await catalog.refresh(signal);
      yield* catalog.launch(id, params, signal);
    }, {
      params: ["id", "params"],
      kind: "stream",
      description: "runs what search found, by its id; items and the result as they come",
    });
  },
  glance: printDashboard,
  async view(client: NeverLiieIPC, signal: AbortSignal) {
    const { showPalette } = await import("./palette_view.tsx");
    await showPalette(client, signal);
  },
});
