/**
 * The mesh as it is now, for top and the page of inspect: looked at as somebody comes or goes and once
 * a second, and told by each running app of its calls. Starts no app, and waits for none.
 *
 * @module
 */

import {
  type AppDescription,
  type AppStatus,
  glanceAtApps,
  NeverLiieIPC,
} from "../../../lib/ipc/mod.ts";
import { appChanges } from "../../app_changes.ts";
import { Activity, type Running } from "./activity.ts";
import type { Figures } from "../figures.ts";
import { unlessAborted } from "../../../lib/system/waiting.ts";
import type { AppView, InspectSource, Snapshot } from "./snapshot.ts";
import { viewOfTask } from "./task.ts";
import { WatchedApp } from "./watched_app.ts";

/** Milliseconds between two looks at the registry's faults; who comes and goes is told. */
const LOOK = 1_000;
/** Tasks and methods that are sent at most: more than that nobody reads. */
const TASKS_MAX = 200;
/** Milliseconds from which on a call is shown: others come and go before anybody could read them. */
const TASK_AGE = 1_000;
const METHODS_MAX = 60;

/** What {@link InspectSource} asks for, of a real mesh. */
export class MeshModel implements InspectSource, AsyncDisposable {
  readonly #ipc: NeverLiieIPC;
  readonly #activity = new Activity();
  readonly #watched = new Map<string, WatchedApp>();
  readonly #ended = new AbortController();
  #apps: AppStatus[] = [];
  #problems: Snapshot["problems"] = [];
  #change = Promise.withResolvers<void>();
  #looking: Promise<void> = Promise.resolve();

  constructor(ipc: NeverLiieIPC) {
    this.#ipc = ipc;
  }

  /** Looks at the mesh for the first time, and then on its own. */
  async begin(): Promise<void> {
    await this.#look();
    this.#looking = this.#goOn();
  }

  /** The mesh as it is known now. */
  snapshot(): Snapshot {
    const now = Date.now();
    const running = this.#activity.running().filter(({ since }) => now - since >= TASK_AGE);
    return {
      at: now,
      home: this.#ipc.home.path,
      apps: this.#apps.map((app) => this.#viewOf(app)),
      problems: this.#problems,
      edges: this.#activity.edges(now),
      tasks: running.slice(0, TASKS_MAX).map(viewOfTask),
      tasksInAll: running.length,
      methods: this.#activity.methods(now).slice(0, METHODS_MAX),
    };
  }

  /** What is under way in an app, or in all of them; the oldest first. */
  running(app?: string): Running[] {
    const running = this.#activity.running();
    return app === undefined ? running : running.filter((one) => one.app === app);
  }

  /** How often an app was called in the last ten seconds, and how long that took. */
  figures(app: string): Figures {
    return this.#activity.figures(app);
  }

  /** When the app's process began, in milliseconds since the epoch; `null` where it did not tell. */
  started(app: string): number | null {
    return this.#watched.get(app)?.about?.started ?? null;
  }

  /** Resolves with the next thing that happens, or with the signal. */
  changed(signal: AbortSignal): Promise<void> {
    return unlessAborted(this.#change.promise, signal).catch(() => {
      // The signal ends the wait as well.
    });
  }

  /** Ends a call of another's; whether it was still there. */
  async cancel(app: string, pid: number, call: number): Promise<boolean> {
    const options = { activate: false, signal: this.#ended.signal };
    // The number means something to the process that gave it, and to no later one.
    const params = { call, pid };
    const answer = await this.#ipc.call<{ cancelled: boolean }>(
      app,
      "$/cancelCall",
      params,
      options,
    );
    return answer.cancelled;
  }

  /** Lets go of all apps. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#looking;
    await Promise.all([...this.#watched.values()].map((app) => app[Symbol.asyncDispose]()));
    this.#tellChange();
  }

  async #goOn(): Promise<void> {
    const { signal } = this.#ended;
    try {
      for await (const _ of appChanges(this.#ipc, LOOK, signal)) await this.#look();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #look(): Promise<void> {
    try {
      const { problems, fault } = await this.#ipc.registry.readOrTell();
      this.#problems = [...problems].map(([about, problem]) => ({ about, problem }));
      // Who runs is shown all the same.
      if (fault !== null) this.#problems.push({ about: "registry", problem: fault });
      this.#apps = await glanceAtApps(this.#ipc);
    } catch (error) {
      // A registry that others may write, a home that is gone: the page says so, and looks again.
      const problem = error instanceof Error ? error.message : String(error);
      this.#problems = [{ about: "registry", problem }];
    }
    for (const [name, watched] of this.#watched) {
      if (watched.ended) this.#watched.delete(name);
    }
    for (const { name, running } of this.#apps) {
      if (running) this.#watch(name);
    }
    this.#tellChange();
  }

  #watch(name: string): void {
    if (this.#watched.has(name)) return;
    const watched = new WatchedApp(this.#ipc, name, {
      take: (event) => {
        this.#activity.take(name, event);
        this.#tellChange();
      },
      over: () => {
        this.#activity.forget(name);
        this.#tellChange();
      },
    });
    this.#watched.set(name, watched);
  }

  #viewOf({ name, running, gave_up, registered, type, cmd, cwd, address }: AppStatus): AppView {
    const watched = running ? this.#watched.get(name) : undefined;
    const about: AppDescription | null = watched?.about ?? null;
    return {
      name,
      state: running ? "running" : gave_up === null ? "asleep" : "gave up",
      reason: gave_up,
      pid: watched?.pid ?? null,
      version: about?.version ?? null,
      silent: watched?.problem ?? null,
      registered,
      type,
      command: cmd,
      cwd,
      address,
      methods: (about?.methods ?? []).map(({ name, kind, idempotent, description = "" }) => ({
        name,
        kind: idempotent === true ? `${kind}, idempotent` : kind,
        description,
      })),
      // (An app in another language, or of an older version, tells none.)
      topics: (about?.topics ?? []).map(({ name, retain, description = "" }) => ({
        name,
        kind: retain ? "topic, retained" : "topic",
        description,
      })),
    };
  }

  #tellChange(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers<void>();
    resolve();
  }
}
