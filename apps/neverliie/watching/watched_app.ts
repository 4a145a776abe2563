/**
 * One running app: what it says of itself, and what it tells of its calls, until it ends.
 *
 * @module
 */

import type { AppDescription, NeverLiieIPC, WatchEvent } from "../../../lib/ipc/mod.ts";
import { pause } from "../../../lib/system/waiting.ts";

/** Milliseconds that an app has to say what it offers. */
const TIMEOUT = 5_000;
/** Milliseconds until an app that could not be watched is asked again. */
const AGAIN = 5_000;

/** Who is told of an app's calls. */
export interface Listener {
  take(event: WatchEvent): void;
  /** Nothing more comes. */
  over(): void;
}

/** An app that is being watched. */
export class WatchedApp implements AsyncDisposable {
  /** Its process, once it has told. */
  pid: number | null = null;
  /** What it offers, once it has told. */
  about: AppDescription | null = null;
  /** Why its calls are not told. */
  problem: string | null = null;
  /** Whether it is to be begun anew, should the app run. */
  ended = false;
  readonly #left = new AbortController();
  readonly #done: Promise<void>;

  constructor(ipc: NeverLiieIPC, name: string, listener: Listener) {
    this.#done = this.#watch(ipc, name, listener);
  }

  /** Lets go of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#left.abort();
    await this.#done;
  }

  async #watch(ipc: NeverLiieIPC, name: string, listener: Listener): Promise<void> {
    const { signal } = this.#left;
    try {
      const events = ipc.stream<WatchEvent>(name, "$/watch", { progress: true }, {
        activate: false,
        timeout: TIMEOUT,
        signal,
      });
      const told = this.#describe(ipc, name);
      for await (const event of events) {
        if (event.event === "watching") this.pid = event.pid;
        listener.take(event);
        // What has ended meanwhile would be under way for ever: the next look begins anew.
        if (event.event === "dropped") break;
      }
      await told;
    } catch (error) {
      // It has ended, is busy, or knows no such method: the next look finds it running, or not.
      this.problem = error instanceof Error ? error.message : String(error);
      listener.over();
      await pause(this.pid === null ? AGAIN : 0, signal).catch(() => {});
    } finally {
      listener.over();
      this.ended = true;
    }
  }

  async #describe(ipc: NeverLiieIPC, name: string): Promise<void> {
    const options = { activate: false, timeout: TIMEOUT, signal: this.#left.signal };
    try {
      this.about = await ipc.call<AppDescription>(name, "$/describe", {}, options);
      this.pid ??= this.about.pid;
    } catch {
      // What it offers is left open; whether it answers at all, the watching tells.
    }
  }
}
