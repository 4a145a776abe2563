/**
 * What the apps of a mesh do, made from what `$/watch` tells of each: who calls whom how often, how
 * long it takes, and what is under way.
 *
 * @module
 */

import type {
  CallBegan,
  CallEnded,
  CallProgress,
  PeerIdentity,
  WatchEvent,
} from "../../../lib/ipc/mod.ts";
import type { Edge, Figures, MethodFigures } from "../figures.ts";
import { SlidingWindow } from "./sliding_window.ts";

/** Who calls, of callers that have no name or tell none. */
const CLIENTS = "";

/** A call or stream that is under way. */
export interface Running {
  app: string;
  /** The app's process. */
  pid: number;
  /** Its number in the process. */
  call: number;
  method: string;
  names: string[] | number;
  /** Who asked, as it says itself. */
  from: PeerIdentity | null;
  /** Milliseconds since the epoch. */
  since: number;
  /** It began before that, nobody knows when. */
  atLeast: boolean;
  /** Items that a stream has made; `null` of what has made none. */
  items: number | null;
  /** The last of them, where it was told. */
  value: unknown;
}

/** One process that is watched. */
interface Watched {
  pid: number;
  /** Since when, in milliseconds since the epoch. */
  at: number;
  calls: Map<number, Running>;
}

/** What is known of all apps that are watched. */
export class Activity {
  readonly #methods = new Map<string, { app: string; method: string; window: SlidingWindow }>();
  readonly #running = new Map<string, Watched>();
  readonly #apps = new Map<string, SlidingWindow>();
  readonly #edges = new Map<string, { from: string; to: string; window: SlidingWindow }>();
  readonly #since = Date.now();

  /** Takes in what `app` tells. */
  take(app: string, event: WatchEvent, now: number = Date.now()): void {
    if (event.event === "watching") {
      this.#running.set(app, { pid: event.pid, at: event.at, calls: new Map() });
    } else if (event.event === "began") this.#begin(app, event, now);
    else if (event.event === "progress") this.#progress(app, event);
    else if (event.event === "ended") this.#end(app, event, now);
  }

  /** `app` has ended, or is not watched any more: nothing of it is under way. */
  forget(app: string): void {
    this.#running.delete(app);
  }

  /** What is under way, the oldest first. */
  running(): Running[] {
    return [...this.#running.values()].flatMap(({ calls }) => [...calls.values()])
      .sort((a, b) => a.since - b.since);
  }

  /** All calls of an app that ended in the last ten seconds. */
  figures(app: string, now: number = Date.now()): Figures {
    return (this.#apps.get(app) ?? new SlidingWindow(this.#since)).figures(now);
  }

  /** Who called whom in the last two minutes. */
  edges(now: number = Date.now()): Edge[] {
    for (const [key, { window }] of this.#edges) if (window.isEmpty(now)) this.#edges.delete(key);
    return [...this.#edges.values()].map(({ from, to, window }) => {
      return { from, to, perSecond: window.figures(now).perSecond };
    });
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

  #begin(app: string, event: CallBegan, now: number): void {
    const { call, method, names, from = null, at, items = null, value } = event;
    const process = this.#running.get(app);
    if (process === undefined) return;
    const atLeast = event.running === true && at === process.at;
    const task = { app, pid: process.pid, call, method, names, from, since: at, atLeast, items };
    process.calls.set(call, { ...task, value });
    const caller = from?.name ?? CLIENTS;
    const key = `${caller} ${app}`;
    let edge = this.#edges.get(key);
    if (edge === undefined) {
      edge = { from: caller, to: app, window: new SlidingWindow(this.#since) };
      this.#edges.set(key, edge);
    }
    edge.window.add(now, null);
  }

  #progress(app: string, { call, items, value }: CallProgress): void {
    const task = this.#running.get(app)?.calls.get(call);
    if (task === undefined) return;
    task.items = items;
    task.value = value;
  }

  #end(app: string, { call, method, milliseconds, outcome, items }: CallEnded, now: number): void {
    this.#running.get(app)?.calls.delete(call);
    const key = `${app} ${method}`;
    let entry = this.#methods.get(key);
    if (entry === undefined) {
      entry = { app, method, window: new SlidingWindow(this.#since) };
      this.#methods.set(key, entry);
    }
    // How long a stream goes on, or a call until it was given up, says nothing of the app's speed.
    const timed = items === undefined && outcome !== "cancelled";
    let all = this.#apps.get(app);
    if (all === undefined) this.#apps.set(app, all = new SlidingWindow(this.#since));
    for (const window of [entry.window, all]) {
      window.add(now, timed ? milliseconds : null, outcome === "failed");
    }
  }
}
