import { HostReader } from "../../lib/system/host.ts";
import { runApp } from "../app.ts";
import type { NotifyParams, StatusBarTopics, WatchStatsParams } from "./contract.ts";
import { watchStats } from "./stats.ts";
import { Notices } from "./notices.ts";

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

Gives out this machine's figures (get_stats, watch_stats) and shows what apps have to say (notify).
In a terminal it is one line at its edge, with the notices in what is left: arrows choose one, x
cancels its task, d dismisses it, q or Ctrl-C ends the bar. --host serves without a view.
statusbar.jsonc in the home says what the line shows; docs/statusbar.md tells how.`,
  serve(ipc) {
    ipc.expose("get_stats", (_params, { signal }) => reader.read(signal), {
      params: [],
      description: "CPU, memory, battery and uptime of this machine now",
      idempotent: true,
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
    const stats = ipc.topic<StatusBarTopics["stats"]>("stats", {
      description: "this machine's figures, each second while somebody listens",
      async onListen(signal) {
        for await (const figures of watchStats({}, signal)) stats.emit(figures);
      },
    });
    const shown = ipc.topic<StatusBarTopics["notices"]>("notices", {
      retain: true,
      description: "the notices after each change, the newest first",
    });
    shown.emit([]);
    const notices = new Notices(
      (app, method, params) => ipc.call(app, method, params),
      (all) => shown.emit(all),
    );
    void ipc.closed.then(() => notices.clear());
    ipc.expose("notify", (params: NotifyParams) => notices.notify(params), {
      params: ["text", "level", "ttl", "progress", "id", "cancel"],
      description: "shows a notice, or changes the one of that id; progress is 0 to 1",
    });
    ipc.expose("dismiss", ({ id }: { id: string }) => notices.dismiss(id), {
      params: ["id"],
      description: "takes a notice away",
    });
    ipc.expose("cancel_notice", ({ id }: { id: string }) => notices.cancel(id), {
      params: ["id"],
      description: "ends the task that a notice tells of",
    });
  },
  async view(client, signal) {
    const { showBar } = await import("./bar_view.tsx");
    await showBar(client, signal);
  },
});
