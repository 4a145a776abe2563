/**
 * Who runs and who is registered, and from then on who comes and goes.
 *
 * @module
 */

import { asRecord } from "../base/record.ts";
import { keepRunning } from "../base/timer.ts";
import type { Registry } from "../registry/registry.ts";
import { type AppChange, watchApps, type WatchContext, type Watching } from "./app_watch.ts";

/** One app, as it is at the time. */
export interface PresentApp {
  /** The app's name. */
  name: string;
  /** Whether the registry has an entry that it can be started by. */
  registered: boolean;
  /** Whether it can be called without being started. */
  running: boolean;
  /** Its process; `null` where it does not run, or runs and does not tell. */
  pid: number | null;
  /** Its version, as it tells it; `null` where it does not. */
  version: string | null;
}

/** What {@link Presence} tells; `at` is in milliseconds since the epoch. */
export type PresenceEvent =
  /** All apps, in the order of names: the first one, and where the reader was too slow for the rest. */
  | { event: "present"; at: number; apps: PresentApp[] }
  /** An app has come: it can be called. */
  | { event: "up"; at: number; name: string; pid: number | null; version: string | null }
  | AppWentDown
  /** An app has got an entry in the registry, or lost it. */
  | { event: "registered" | "removed"; at: number; name: string };

/** An app has gone. */
export interface AppWentDown {
  /** What is told. */
  event: "down";
  /** When, in milliseconds since the epoch. */
  at: number;
  /** The app's name. */
  name: string;
  /** The process that it was. */
  pid: number | null;
  /** The version that it had. */
  version: string | null;
  /** "left": in order. "unknown": nobody has told, or another was in its place before. */
  how: "left" | "died" | "unknown";
}

/** How apps are asked who they are, and until when. */
export interface PresenceSource {
  /** The mesh's registry. */
  readonly registry: Registry;
  /** Resolves when this process has left the mesh. */
  readonly closed: Promise<void>;
  /** Asks an app. */
  call(
    app: string,
    method: string,
    params: Record<string, never>,
    options: object,
  ): Promise<unknown>;
}

/** How {@link Presence} is ended from outside. */
export interface PresenceOptions {
  /** Ends it; a pending or the next `next()` rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Milliseconds that an app has to tell who it is. */
const ANSWER_TIME = 2_000;
/** Events that wait for the reader: beyond, one "present" stands for them. */
const WAITING_MAX = 1_000;

/** Who an app is. */
type Identity = Pick<PresentApp, "pid" | "version">;

/** Of an app that does not tell: it is too busy, has just ended, or is another program. */
const NOT_TOLD: Identity = { pid: null, version: null };

/** What waits for the next event. */
type Reader = PromiseWithResolvers<IteratorResult<PresenceEvent>>;

/**
 * Who runs, event by event, as the system tells it. It begins with the first `next()`, and ends with
 * the loop over it, with its signal, or when this process leaves the mesh. Starts nobody.
 *
 * @example
 * ```ts
 * import { NeverLiieIPC } from "@neverliie/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * await using client = await NeverLiieIPC.client();
 * await using app = await NeverLiieIPC.open("visitor", { launch: false });
 * const seen: string[] = [];
 * for await (const event of client.presence()) {
 *   if (event.event === "present") {
 *     seen.push(...event.apps.filter(({ running }) => running).map(({ name }) => name));
 *     void app.close();
 *   } else if (event.event === "down" && event.name === "visitor") break;
 * }
 * assertEquals(seen.includes("visitor"), true);
 * ```
 */
export class Presence implements AsyncIterableIterator<PresenceEvent>, AsyncDisposable {
  readonly #context: WatchContext;
  readonly #source: PresenceSource;
  readonly #signal: AbortSignal | undefined;
  /** Those who run, as they are told. */
  readonly #apps = new Map<string, Identity>();
  #registered: ReadonlySet<string> = new Set();
  /** What is being found out, by app. */
  readonly #asking = new Map<string, Promise<void>>();
  #reading: Promise<void> | null = null;
  #readAgain = false;
  /** Whether the first event was told. */
  #told = false;
  #events: PresenceEvent[] = [];
  /** Whether the reader fell behind, and is given all anew. */
  #behind = false;
  #readers: Reader[] = [];
  #watching: Watching | null = null;
  #letEnd: (() => void) | null = null;
  #ended: { why: unknown } | "done" | null = null;

  /** Made by {@link NeverLiieIPC.presence}. */
  constructor(context: WatchContext, source: PresenceSource, options: PresenceOptions = {}) {
    this.#context = context;
    this.#source = source;
    this.#signal = options.signal;
  }

  /** Why it looks once a second; `null` while the system tells, and before it has begun. */
  get fault(): string | null {
    return this.#watching?.fault() ?? null;
  }

  /** The next event; waits for it. */
  next(): Promise<IteratorResult<PresenceEvent>> {
    const reader: Reader = Promise.withResolvers();
    this.#readers.push(reader);
    if (this.#ended === null && this.#watching === null) this.#begin();
    this.#hand();
    return reader.promise;
  }

  /** Ends it: what `break` calls. */
  return(): Promise<IteratorResult<PresenceEvent>> {
    this.#end("done");
    return Promise.resolve({ value: undefined, done: true });
  }

  /** What `for await` calls. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What `await using` calls. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #begin(): void {
    if (this.#signal?.aborted) return this.#onAbort();
    this.#signal?.addEventListener("abort", this.#onAbort, { once: true });
    void this.#source.closed.then(() => this.#end("done"));
    // The watch does not keep the program running; who reads means to wait.
    this.#letEnd = keepRunning();
    this.#watching = watchApps(this.#context, {
      app: null,
      changed: this.#onChange,
      registryChanged: () => void this.#readRegistry(),
    });
    void this.#tellFirst(this.#watching);
  }

  async #tellFirst(watching: Watching): Promise<void> {
    await watching.begun;
    await this.#readRegistry();
    await Promise.all(this.#asking.values());
    this.#told = true;
    this.#push(this.#present());
  }

  #present(): PresenceEvent {
    const names = [...new Set([...this.#registered, ...this.#apps.keys()])].sort();
    const apps = names.map((name) => {
      const registered = this.#registered.has(name);
      const { pid, version } = this.#apps.get(name) ?? NOT_TOLD;
      return { name, registered, running: this.#apps.has(name), pid, version };
    });
    return { event: "present", at: Date.now(), apps };
  }

  readonly #onChange = (app: string, change: AppChange): void => {
    // (In their order, however long each of them takes to tell who it is.)
    const before = this.#asking.get(app);
    const asking = (async () => {
      await before;
      if (change === "gone") return this.#down(app, "unknown");
      if (change === "left" || change === "died") return this.#down(app, change);
      const identity = await this.#ask(app);
      // One that does not tell is taken for the one that was there, if one was.
      if (identity !== null || change === "up") this.#up(app, identity ?? NOT_TOLD);
    })();
    this.#asking.set(app, asking);
    void asking.finally(() => {
      if (this.#asking.get(app) === asking) this.#asking.delete(app);
    });
  };

  async #ask(app: string): Promise<Identity | null> {
    try {
      const options = { activate: false, timeout: ANSWER_TIME, startTimeout: ANSWER_TIME };
      const answer = asRecord(await this.#source.call(app, "$/describe", {}, options));
      const { pid, version } = answer ?? {};
      return {
        pid: typeof pid === "number" ? pid : null,
        version: typeof version === "string" ? version : null,
      };
    } catch {
      return null;
    }
  }

  #up(name: string, identity: Identity): void {
    const before = this.#apps.get(name);
    // It listens anew, be it that a cleaner had removed its socket.
    if (before !== undefined && before.pid === identity.pid) return;
    this.#down(name, "unknown");
    this.#apps.set(name, identity);
    this.#push({ event: "up", at: Date.now(), name, ...identity });
  }

  #down(name: string, how: AppWentDown["how"]): void {
    const identity = this.#apps.get(name);
    if (!this.#apps.delete(name)) return;
    this.#push({ event: "down", at: Date.now(), name, ...identity!, how });
  }

  #readRegistry(): Promise<void> {
    this.#readAgain = this.#reading !== null;
    return this.#reading ??= this.#compareRegistry().finally(() => {
      this.#reading = null;
      if (this.#readAgain) void this.#readRegistry();
    });
  }

  async #compareRegistry(): Promise<void> {
    const { apps, fault } = await this.#source.registry.readOrTell();
    // What could not be read says nothing.
    if (fault !== null) return;
    const before = this.#registered;
    const now = this.#registered = new Set(apps.keys());
    const tell = (event: "registered" | "removed", names: Set<string>) => {
      for (const name of names) this.#push({ event, at: Date.now(), name });
    };
    tell("registered", now.difference(before));
    tell("removed", new Set(before).difference(now));
  }

  #push(event: PresenceEvent): void {
    if (!this.#told || this.#ended !== null) return;
    this.#behind ||= this.#events.length >= WAITING_MAX;
    if (this.#behind) this.#events = [];
    else this.#events.push(event);
    this.#hand();
  }

  /** Gives those who wait what there is. */
  #hand(): void {
    while (this.#readers.length > 0) {
      const value = this.#behind ? this.#present() : this.#events.shift();
      this.#behind = false;
      if (value !== undefined) this.#readers.shift()!.resolve({ value, done: false });
      else if (this.#ended === null) return;
      else if (this.#ended === "done") this.#readers.shift()!.resolve({ value, done: true });
      else {
        this.#readers.shift()!.reject(this.#ended.why);
        this.#ended = "done";
      }
    }
  }

  readonly #onAbort = (): void => this.#end({ why: this.#signal!.reason });

  #end(how: { why: unknown } | "done"): void {
    if (this.#ended !== null) return;
    this.#ended = how;
    this.#events = [];
    this.#behind = false;
    this.#watching?.end();
    this.#letEnd?.();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#hand();
  }
}
