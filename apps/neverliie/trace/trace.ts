/**
 * `neverliie trace`: what an app is asked, and what comes of it, as it happens.
 *
 * @module
 */

import type { NeverLiieIPC, WatchEvent } from "../../../lib/ipc/mod.ts";
import { jsonText, print, writeLine } from "../../output.ts";

/** Prints a line an event, until the signal or the app's end. Starts no app. */
export async function trace(
  ipc: NeverLiieIPC,
  app: string,
  { params = false, json, signal }: { params?: boolean; json?: boolean; signal: AbortSignal },
): Promise<void> {
  const options = { activate: false, signal };
  for await (const event of ipc.stream<WatchEvent>(app, "$/watch", { params }, options)) {
    if (json) print(event, true);
    else writeLine(lineOf(app, event));
  }
}

function lineOf(app: string, event: WatchEvent): string {
  const time = new Date(event.at).toISOString().slice(11, -1);
  switch (event.event) {
    case "watching":
      return `${time}  watching ${app}, process ${event.pid}; Ctrl-C ends it`;
    case "began": {
      const { call, method, names, from, running } = event;
      const given = typeof names === "number" ? `${names} positions` : names.join(", ");
      const shown = "params" in event ? jsonText(event.params) : given;
      const size = event.size === undefined ? "" : `, ${event.size} bytes of params`;
      const who = from === null ? "" : ` from ${from.name ?? "a client"} (process ${from.pid})`;
      return `${time}  #${call} ${method}(${shown})${size}${who}${running ? ", runs already" : ""}`;
    }
    case "progress":
      return `${time}  #${event.call} ${event.method}: ${event.items} items`;
    case "ended": {
      const { call, method, outcome, milliseconds, items, error } = event;
      const made = items === undefined ? "" : `, ${items} items`;
      const why = error === undefined ? "" : `: ${error.message}`;
      return `${time}  #${call} ${method} ${outcome} after ${milliseconds} ms${made}${why}`;
    }
    case "dropped":
      return `${time}  ${event.count} lines are missing: more came than could be shown`;
  }
}
