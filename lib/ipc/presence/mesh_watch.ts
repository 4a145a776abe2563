/**
 * Which apps of a mesh take connections, as the system tells it.
 *
 * An app is up from when its address answers to a dial, while somebody holds its lock. It is down
 * once nobody holds that. See docs/decisions/0060-presence.md.
 *
 * @module
 */

import { ForeignLock } from "../base/lock.ts";
import { isAppName } from "../base/name.ts";
import { dirname, join } from "../base/path.ts";
import { callUnkept } from "../base/timer.ts";
import type { Platform } from "../os/transport.ts";
import type { Home } from "../registry/home.ts";
import { FolderWatch } from "./folder_watch.ts";

/** What a watch works with. */
export interface WatchContext {
  home: Home;
  platform: Platform;
}

/**
 * What is told of an app. "renewed": it listens anew, be it that it was started again in a moment,
 * or that its socket had been removed.
 */
export type AppChange = "up" | "renewed" | "left" | "died";

/** Somebody who is told. */
export interface Onlooker {
  /** Whom it asks about; `null` for all. */
  app: string | null;
  /** Told of each change, and first of those who are up. */
  changed(app: string, change: AppChange): void;
  /** Told of anything that may have become of `registry.json`. */
  registryChanged?(): void;
}

/** Longest time, in milliseconds, until those who are up are told of first. */
const FIRST_LOOK = 500;
/** Milliseconds between two dials to an app that holds its lock and does not listen yet. */
const DIAL_FIRST = 1;
const DIAL_MAX = 1_000;

/** What is known of an app. */
interface Known {
  /** Its lock, held by its process. */
  lock: ForeignLock;
  up: boolean;
  /** Which socket it was when it answered; `null` where sockets are no files. */
  socket: string | null;
  /** Whether it is being dialled, until it answers. */
  dialling: Promise<void> | null;
  /** Ends the pause before the next dial. */
  wake: () => void;
}

/** The watch of one mesh, for all of this process who ask about its apps. */
export class MeshWatch {
  readonly #context: WatchContext;
  readonly #onlookers = new Set<Onlooker>();
  readonly #known = new Map<string, Known>();
  readonly folders: FolderWatch;
  #closed = false;

  constructor(context: WatchContext) {
    this.#context = context;
    const { home, platform } = context;
    // A folder that somebody has open tells nothing of its removal; the one above it does.
    const folders = [home.runtime, dirname(home.runtime), home.path];
    this.folders = new FolderWatch(folders, this, platform.endTold === "look");
  }

  /** Resolves when those who are up have been told. */
  async add(onlooker: Onlooker): Promise<void> {
    this.#onlookers.add(onlooker);
    // Whoever asks has the watch before it is told.
    await Promise.resolve();
    if (!this.#onlookers.has(onlooker)) return;
    for (const [app, { up }] of this.#known) {
      if (up && (onlooker.app ?? app) === app) onlooker.changed(app, "up");
    }
    this.look();
    const dialling = Promise.all([...this.#known.values()].map(({ dialling }) => dialling));
    await new Promise<void>((resolve) => {
      const late = callUnkept(FIRST_LOOK, resolve);
      void dialling.then(() => resolve()).finally(() => clearTimeout(late));
    });
  }

  /** @returns whether somebody is left */
  remove(onlooker: Onlooker): boolean {
    this.#onlookers.delete(onlooker);
    if (this.#onlookers.size > 0) return true;
    this.#closed = true;
    this.folders.close();
    for (const { lock, wake } of this.#known.values()) {
      lock[Symbol.dispose]();
      wake();
    }
    this.#known.clear();
    return false;
  }

  changed(name: string): void {
    if (name === "registry.json") {
      for (const { registryChanged } of this.#onlookers) registryChanged?.();
      return;
    }
    const app = /^([^.]+)\.(?:lock|sock)$/.exec(name)?.[1];
    if (app !== undefined && this.#isAsked(app)) this.#lookAt(app);
  }

  look(): void {
    const { home } = this.#context;
    for (const { registryChanged } of this.#onlookers) registryChanged?.();
    for (const app of new Set([...home.appsWith("lock"), ...this.#known.keys()])) {
      if (this.#isAsked(app)) this.#lookAt(app);
    }
  }

  #isAsked(app: string): boolean {
    if (!isAppName(app)) return false;
    return [...this.#onlookers].some((one) => one.app === null || one.app === app);
  }

  #lookAt(app: string): void {
    const known = this.#holder(app);
    if (known === null || known.dialling !== null || !this.#isNew(app, known)) return;
    known.dialling = this.#dial(app, known).finally(() => known.dialling = null);
  }

  /** Whether it is to be told that the app listens, or listens anew. */
  #isNew(app: string, { up, socket }: Known): boolean {
    const now = this.#socketOf(app);
    return !up || (now !== null && now !== socket);
  }

  /** What is known of an app that somebody holds; tells of it where nobody does any more. */
  #holder(app: string): Known | null {
    const { home } = this.#context;
    const known = this.#known.get(app);
    if (known?.lock.isHeld()) return known;
    known?.lock[Symbol.dispose]();
    const path = home.runtimeFile(app, "lock");
    const lock = findLock(path);
    if (lock === null) {
      this.#known.delete(app);
      known?.wake();
      if (known?.up) this.#tell(app, this.#isLeft(app, known) ? "left" : "died");
      return null;
    }
    if (known !== undefined) {
      // It made its lock anew, as that was removed; or another copy has the name by now.
      known.lock = lock;
      return known;
    }
    const found: Known = { lock, up: false, socket: null, dialling: null, wake: () => {} };
    this.#known.set(app, found);
    return found;
  }

  /** Who leaves in order removes its socket before it lets go of its lock. */
  #isLeft(app: string, { socket }: Known): boolean {
    return socket !== null && this.#socketOf(app) === null;
  }

  /** Dials until somebody answers: one that has just made its socket may not listen yet. */
  async #dial(app: string, known: Known): Promise<void> {
    for (let pause = DIAL_FIRST;; pause = Math.min(pause * 2, DIAL_MAX)) {
      const socket = this.#socketOf(app);
      const answers = await this.#answers(app);
      if (this.#closed || this.#holder(app) !== known) return;
      if (answers) {
        const change = known.up ? "renewed" : "up";
        Object.assign(known, { up: true, socket });
        this.#tell(app, change);
        if (!this.#isNew(app, known)) return;
        pause = DIAL_FIRST;
      }
      await new Promise<void>((resolve) => {
        const timer = callUnkept(pause, resolve);
        known.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (this.#closed || this.#holder(app) !== known) return;
    }
  }

  /** What tells its socket from one that it made before; `null` where there is none. */
  #socketOf(app: string): string | null {
    try {
      // (Not by its address: who asks for a pipe's state connects to it.)
      const { dev, ino, ctime } = Deno.lstatSync(join(this.#context.home.runtime, `${app}.sock`));
      return `${dev} ${ino} ${ctime?.getTime()}`;
    } catch {
      return null;
    }
  }

  async #answers(app: string): Promise<boolean> {
    const { home, platform } = this.#context;
    try {
      const transport = await platform.dial(home.address(app), { deadline: performance.now() });
      await transport?.close();
      return transport !== null;
    } catch (error) {
      // Busy: it listens.
      return error instanceof Deno.errors.TimedOut;
    }
  }

  #tell(app: string, change: AppChange): void {
    for (const onlooker of [...this.#onlookers]) {
      if ((onlooker.app ?? app) === app) onlooker.changed(app, change);
    }
  }
}

function findLock(path: string): ForeignLock | null {
  try {
    return ForeignLock.find(path);
  } catch {
    // What is in place of its lock can be nobody's. Its start, and doctor, tell of that.
    return null;
  }
}
