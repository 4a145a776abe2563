import { runApp } from "../app.ts";
import { printDashboard, readDashboard, showDashboard } from "./view.ts";

await runApp({
  name: "launcher",
  help: `Usage: launcher [--host]

Wakes the status bar and shows the dashboard: this machine's figures and the apps of the mesh. In a
terminal it stays and follows them, Ctrl-C or q leaves; otherwise it prints them once.
--host serves get_dashboard to the mesh instead.`,
  serve(ipc) {
    ipc.expose("get_dashboard", (_params, { signal }) => readDashboard(ipc, signal), {
      params: [],
      description: "this machine's figures and the apps of the mesh",
    });
  },
  glance: printDashboard,
  view: showDashboard,
});
