/**
 * The room of presence: who runs, as the system tells it, asking nobody. It knows homes
 * (`registry/`), addresses (`os/`) and locks (`base/`). It must not know what is said on a
 * connection, nor how a program is started.
 *
 * This file is what others wait with for an app that is to come.
 *
 * @module
 */

import { checkAppName } from "../base/name.ts";
import { type AppChange, MeshWatch, type Onlooker, type WatchContext } from "./mesh_watch.ts";

export type { AppChange, Onlooker, WatchContext };

/** A watch that somebody has asked for. */
export interface Watching {
  /** Resolves when the onlooker has been told of those who are up. */
  readonly begun: Promise<void>;
  /** Why it looks once a second; `null` while the system tells. */
  fault(): string | null;
  /** Ends it. The last one ends the watcher of this process. */
  end(): void;
}

/** The watches of this process, by the mesh's folder: one each, however many ask. */
const watches = new Map<string, MeshWatch>();

/** Has somebody told of apps. It does not keep the program running. */
export function watchApps(context: WatchContext, onlooker: Onlooker): Watching {
  const { runtime } = context.home;
  const watch = watches.get(runtime) ?? new MeshWatch(context);
  watches.set(runtime, watch);
  return {
    begun: watch.add(onlooker),
    fault: () => watch.folders.fault,
    end() {
      if (!watch.remove(onlooker) && watches.get(runtime) === watch) watches.delete(runtime);
    },
  };
}

/**
 * Tells whether `app` is up: soon after the call, and then each change, "up" and "down" in turn. A
 * restart is told as both.
 *
 * @returns a function that ends it
 */
export function watchApp(
  context: WatchContext,
  app: string,
  told: (state: "up" | "down") => void,
): () => void {
  checkAppName(app);
  let state: "up" | "down" | null = null;
  let ended = false;
  const tell = (next: "up" | "down") => {
    if (ended || state === next) return;
    state = next;
    told(next);
  };
  const changed = (_: string, change: AppChange) => {
    if (change !== "up") tell("down");
    if (change === "up" || change === "renewed") tell("up");
  };
  const watching = watchApps(context, { app, changed });
  void watching.begun.then(() => state ?? tell("down"));
  return () => {
    if (!ended) watching.end();
    ended = true;
  };
}

/** Resolves once `app` is up: at once where it is. @throws the reason of `signal` once that fires */
export function whenUp(context: WatchContext, app: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const settle = (how: () => void) => {
      end();
      signal?.removeEventListener("abort", onAbort);
      how();
    };
    const onAbort = () => settle(() => reject(signal!.reason));
    signal?.addEventListener("abort", onAbort, { once: true });
    const end = watchApp(context, app, (state) => {
      if (state === "up") settle(resolve);
    });
  });
}
