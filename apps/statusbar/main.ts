import { HostReader } from "../../lib/system/host.ts";
import { runApp } from "../app.ts";
import type { WatchStatsParams } from "./contract.ts";
import { watchStats } from "./stats.ts";
import { showLine } from "./view.ts";

const reader = new HostReader();

/** {@link WatchStatsParams} for those who ask; the handler checks them itself. */
const WATCH_STATS_PARAMS = {
  type: "object",
  properties: {
    interval: { type: "number", minimum: 250, maximum: 60_000, description: "in milliseconds" },
  },
};

await runApp({
  name: "statusbar",
  help: `Usage: statusbar [--host]

Gives out this machine's figures: get_stats, watch_stats.
In a terminal it shows them in one line; Ctrl-C ends it. --host serves without a view.`,
  serve(ipc) {
    ipc.expose("get_stats", (_params, { signal }) => reader.read(signal), {
      params: [],
      description: "CPU, memory, battery and uptime of this machine now",
      tool: true,
    });
    ipc.expose(
      "watch_stats",
      (params: WatchStatsParams, { signal }) => watchStats(params, signal),
      {
        jsonSchema: { params: WATCH_STATS_PARAMS },
        kind: "stream",
        description: "the same figures now and every interval milliseconds (1000 by default)",
      },
    );
  },
  view: showLine,
});
