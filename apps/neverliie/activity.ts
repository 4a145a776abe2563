/**
 * What the apps of a mesh do, made from what `$/watch` tells of each: who calls whom how often, how
 * long it takes, and what is under way.
 *
 * @module
 */

import type { CallBegan, CallEnded, WatchEvent } from "../../lib/ipc/mod.ts";
import { type Figures, type Point, SlidingWindow } from "./sliding_window.ts";

/** Who calls, of callers that have no name or tell none. */
export const CLIENTS = "";

/** A call or stream that is under way. */
export interface Running {
  app: string;
  /** Its number in the app. */
  call: number;
  method: string;
  names: string[] | number;
  /** Milliseconds since the epoch. */
  since: number;
}

/** One method's calls. */
export interface MethodFigures extends Figures {
  app: string;
  method: string;
  /** One point for each two seconds of the last two minutes. */
  points: Point[];
}

/** What is known of all apps that are watched. */
export class Activity {
  readonly #methods = new Map<string, { app: string; method: string; window: SlidingWindow }>();
  readonly #running = new Map<string, Map<number, Running>>();
  readonly #since = Date.now();

  /** Takes in what `app` tells. */
  take(app: string, event: WatchEvent, now: number = Date.now()): void {
    if (event.event === "watching") this.#running.set(app, new Map());
    else if (event.event === "began") this.#begin(app, event);
    else if (event.event === "ended") this.#end(app, event, now);
  }

  /** `app` has ended, or is not watched any more: nothing of it is under way. */
  forget(app: string): void {
    this.#running.delete(app);
  }

  /** What is under way, the oldest first. */
  running(): Running[] {
    return [...this.#running.values()].flatMap((calls) => [...calls.values()])
      .sort((a, b) => a.since - b.since);
  }

  /** The methods that were called in the last two minutes, the busiest first. */
  methods(now: number = Date.now()): MethodFigures[] {
    for (const [key, { window }] of this.#methods) {
      if (window.isEmpty(now)) this.#methods.delete(key);
    }
    return [...this.#methods.values()]
      .map(({ app, method, window }) => ({
        app,
        method,
        ...window.figures(now),
        points: window.points(now),
      }))
      .sort((a, b) => b.perSecond - a.perSecond || (a.method < b.method ? -1 : 1));
  }

  #begin(app: string, { call, method, names, at }: CallBegan): void {
    this.#running.get(app)?.set(call, { app, call, method, names, since: at });
  }

  #end(app: string, { call, method, milliseconds, outcome, items }: CallEnded, now: number): void {
    this.#running.get(app)?.delete(call);
    const key = `${app} ${method}`;
    let entry = this.#methods.get(key);
    if (entry === undefined) {
      entry = { app, method, window: new SlidingWindow(this.#since) };
      this.#methods.set(key, entry);
    }
    // How long a stream goes on, or a call until it was given up, says nothing of the app's speed.
    const timed = items === undefined && outcome !== "cancelled";
    entry.window.add(now, timed ? milliseconds : null, outcome === "failed");
  }
}
