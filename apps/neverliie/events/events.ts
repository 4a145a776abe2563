/**
 * `neverliie events`: what an app tells whoever listens, as it happens.
 *
 * @module
 */

import {
  type AppDescription,
  isServing,
  type NeverLiieIPC,
  TargetNotRunningError,
  TargetUnknownError,
  TopicGap,
} from "../../../lib/ipc/mod.ts";
import { jsonText, print, tell, writeLine } from "../../output.ts";

/** How events are shown. */
export interface EventsOptions {
  /** Starts the app where it sleeps; it is waited for otherwise. */
  activate?: boolean;
  json?: boolean;
  signal: AbortSignal;
}

/** Prints a line an event, until the signal. An app that ends is waited for. */
export async function showEvents(
  ipc: NeverLiieIPC,
  app: string,
  topic: string | undefined,
  options: EventsOptions,
): Promise<void> {
  const { signal, activate = false } = options;
  if (!activate && !isServing(ipc, app)) {
    tell(`${app} does not run: waiting for it; Ctrl-C ends it`);
  }
  const topics = topic === undefined ? await topicsOf(ipc, app, options) : [topic];
  if (topics.length === 0) return tell(`${app} has no topics`);
  const failed = new AbortController();
  const how = { signal: AbortSignal.any([signal, failed.signal]), activate, gaps: true };
  await Promise.all(topics.map(async (name) => {
    try {
      for await (const item of ipc.subscribe(app, name, how)) show(name, item, options);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  }));
}

/** The app's topics, told by itself, once it runs. */
async function topicsOf(
  ipc: NeverLiieIPC,
  app: string,
  { activate = false, signal }: EventsOptions,
): Promise<string[]> {
  for (;;) {
    try {
      const options = { activate, signal };
      const { topics } = await ipc.call<AppDescription>(app, "$/describe", {}, options);
      // (An app in another language, or of an older version, tells none.)
      return (topics ?? []).map(({ name }) => name);
    } catch (error) {
      const away = error instanceof TargetNotRunningError || error instanceof TargetUnknownError;
      if (activate || !away) throw error;
      await whenUp(ipc, app, signal);
    }
  }
}

/** Resolves once the app runs: at once where it does. */
async function whenUp(ipc: NeverLiieIPC, app: string, signal: AbortSignal): Promise<void> {
  for await (const told of ipc.presence({ signal })) {
    const up = told.event === "present"
      ? told.apps.some(({ name, running }) => name === app && running)
      : told.event === "up" && told.name === app;
    if (up) return;
  }
}

function show(topic: string, item: unknown, { json }: EventsOptions): void {
  const at = Date.now();
  if (json) {
    const told = item instanceof TopicGap
      ? { event: item.gap, ...(item.count === null ? {} : { count: item.count }) }
      : { event: "value", value: item };
    return print({ at, topic, ...told }, true);
  }
  const text = !(item instanceof TopicGap)
    ? jsonText(item)
    : item.gap === "restarted"
    ? "the app was started again; what it told before is missing"
    : `${item.count} values are missing: more came than could be shown`;
  writeLine(`${new Date(at).toISOString().slice(11, -1)}  ${topic}  ${text}`);
}
