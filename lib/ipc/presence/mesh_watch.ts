/**
 * Which apps of a mesh take connections, as the system tells it.
 *
 * An app is up from when its address answers to a dial, while somebody holds its lock. It is down
 * once nobody holds that. See docs/decisions/0060-presence.md.
 *
 * @module
 */

import { ForeignLock, ProcessLock } from "../base/lock.ts";
import { isAppName } from "../base/name.ts";
import { dirname, join } from "../base/path.ts";
import { callUnkept } from "../base/timer.ts";
import type { Platform, Transport } from "../os/transport.ts";
import type { Home } from "../registry/home.ts";
import { FolderWatch } from "./folder_watch.ts";

/** What a watch works with. */
export interface WatchContext {
  home: Home;
  platform: Platform;
}

/**
 * What is told of an app. "renewed": it listens anew, be it that it was started again in a moment,
 * or that its socket had been removed. "gone": in one way or another, as nobody has told of it.
 */
export type AppChange = "up" | "renewed" | "left" | "died" | "gone";

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

/** What lasts as long as its process has the name. */
interface Life extends Disposable {
  isHeld(): boolean;
}

/** What is known of an app. */
interface Known {
  life: Life;
  up: boolean;
  /** By which of its signs it was told of last. */
  sign: string | null;
  /** Whether it said that it leaves, where its lock does not tell. */
  leaving: boolean;
  /** Whether it is being dialled, until it answers. */
  dialling: Promise<void> | null;
  /** Each ends a pause before the next dial or look. */
  readonly pauses: Set<() => void>;
  /** A connection to it whose end tells of its own, where nothing else does. */
  line: Transport | null;
}

/** The watch of one mesh, for all of this process who ask about its apps. */
export class MeshWatch {
  readonly #context: WatchContext;
  readonly #onlookers = new Set<Onlooker>();
  readonly #known = new Map<string, Known>();
  readonly folders: FolderWatch;
  #closed = false;
  /** A look at all that is about to be taken, for who asks meanwhile. */
  #looking: Promise<void> | null = null;

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
    // Whoever asks has the watch before it is told. Those who ask in one turn share a look.
    await (this.#looking ??= this.#lookSoon());
    if (!this.#onlookers.has(onlooker)) return;
    for (const [app, { up }] of this.#known) {
      if (up && (onlooker.app ?? app) === app) onlooker.changed(app, "up");
    }
    const dials = [...this.#known.values()].flatMap(({ dialling }) => dialling ?? []);
    if (dials.length === 0) return;
    await new Promise<void>((resolve) => {
      const late = callUnkept(FIRST_LOOK, resolve);
      void Promise.all(dials).then(() => resolve()).finally(() => clearTimeout(late));
    });
  }

  async #lookSoon(): Promise<void> {
    await Promise.resolve();
    this.#looking = null;
    // (Those whom nobody asked about until now may have gone since.)
    if (!this.#closed) this.look();
  }

  /** @returns whether somebody is left */
  remove(onlooker: Onlooker): boolean {
    this.#onlookers.delete(onlooker);
    if (this.#onlookers.size > 0) return true;
    this.#closed = true;
    this.folders.close();
    for (const known of this.#known.values()) {
      known.life[Symbol.dispose]();
      letGo(known);
    }
    this.#known.clear();
    return false;
  }

  changed(name: string): void {
    if (name === "registry.json") {
      for (const { registryChanged } of this.#onlookers) registryChanged?.();
      return;
    }
    const [, app, what] = /^([^.]+)\.(lock|sock|up|left)$/.exec(name) ?? [];
    if (app === undefined || !this.#isAsked(app)) return;
    const known = this.#known.get(app);
    if (what === "left" && known !== undefined) known.leaving = true;
    this.#lookAt(app);
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
  #isNew(app: string, { up, sign }: Known): boolean {
    const now = this.#signOf(app);
    return !up || (now !== null && now !== sign);
  }

  /** What is known of an app that has its name; tells of it where nobody has it any more. */
  #holder(app: string): Known | null {
    const known = this.#known.get(app);
    if (known?.life.isHeld()) return known;
    known?.life[Symbol.dispose]();
    const life = this.#lifeOf(app);
    if (life === null) {
      this.#known.delete(app);
      if (known === undefined) return null;
      letGo(known);
      if (known.up) this.#tell(app, this.#endOf(app, known));
      return null;
    }
    if (known !== undefined) {
      // It made its lock anew, as that was removed; or another copy has the name by now.
      known.life = life;
      return known;
    }
    const found: Known = {
      ...{ life, up: false, sign: null, leaving: false, dialling: null, line: null },
      pauses: new Set(),
    };
    this.#known.set(app, found);
    return found;
  }

  #lifeOf(app: string): Life | null {
    const { home, platform } = this.#context;
    const lock = home.runtimeFile(app, "lock");
    try {
      if (platform.endTold !== "mark") return ForeignLock.find(lock);
      // A mark that a crash of the machine has left is nobody's.
      if (this.#signOf(app) === null || !ProcessLock.isHeld(lock)) return null;
      return { isHeld: () => this.#signOf(app) !== null, [Symbol.dispose]() {} };
    } catch {
      // What is in place of its lock can be nobody's. Its start, and doctor, tell of that.
      return null;
    }
  }

  /** Who leaves in order says so, or removes its socket before it lets go of its lock. */
  #endOf(app: string, { sign, leaving }: Known): AppChange {
    if (this.#context.platform.endTold !== "mark") {
      return sign !== null && this.#signOf(app) === null ? "left" : "died";
    }
    // (The news of that file may be behind the look that finds the app gone.)
    if (leaving || this.#signOf(app, "left") !== null) return "left";
    return this.folders.fault === null ? "died" : "gone";
  }

  /** Dials until somebody answers: one that has just made its socket may not listen yet. */
  async #dial(app: string, known: Known): Promise<void> {
    for (let pause = DIAL_FIRST;; pause = Math.min(pause * 2, DIAL_MAX)) {
      const sign = this.#signOf(app);
      const answers = await this.#answers(app, known);
      if (this.#closed || this.#holder(app) !== known) return;
      if (answers) {
        const change = known.up ? "renewed" : "up";
        Object.assign(known, { up: true, sign, leaving: false });
        this.#tell(app, change);
        if (!this.#isNew(app, known)) return;
        pause = DIAL_FIRST;
      }
      await pauseOf(known, pause);
      if (this.#closed || this.#holder(app) !== known) return;
    }
  }

  /**
   * The file that shows that it listens, told from one that it made before; `null` where there is none.
   * (Not the address itself: who asks for the state of a pipe connects to it.)
   */
  #signOf(
    app: string,
    ending: string = this.#context.platform.endTold === "mark" ? "up" : "sock",
  ): string | null {
    const { home } = this.#context;
    try {
      const { dev, ino, ctime, mtime } = Deno.lstatSync(join(home.runtime, `${app}.${ending}`));
      return [dev, ino, ctime?.getTime(), mtime?.getTime()].join(" ");
    } catch {
      return null;
    }
  }

  async #answers(app: string, known: Known): Promise<boolean> {
    const { home, platform } = this.#context;
    try {
      const transport = await platform.dial(home.address(app), { deadline: performance.now() });
      if (transport === null) return false;
      if (platform.endTold === "connection") void this.#hold(app, known, transport);
      else await transport.close();
      return true;
    } catch (error) {
      // Busy: it listens.
      return error instanceof Deno.errors.TimedOut;
    }
  }

  /** Keeps the connection. Once it has ended, the app is looked at until it has let go of its name. */
  async #hold(app: string, known: Known, line: Transport): Promise<void> {
    void known.line?.close();
    known.line = line;
    line.unref?.();
    try {
      while (await line.read() !== null);
    } catch {
      // It broke: an end as any other.
    }
    await line.close();
    for (let pause = DIAL_FIRST; known.line === line; pause = Math.min(pause * 2, DIAL_MAX)) {
      if (this.#closed || this.#holder(app) !== known) return;
      if (known.dialling === null) this.#lookAt(app);
      await pauseOf(known, pause);
    }
  }

  #tell(app: string, change: AppChange): void {
    for (const onlooker of [...this.#onlookers]) {
      if ((onlooker.app ?? app) === app) onlooker.changed(app, change);
    }
  }
}

/** Ends what waits for something of an app that has gone, or that nobody asks about any more. */
function letGo({ pauses, line }: Known): void {
  for (const end of pauses) end();
  void line?.close();
}

function pauseOf({ pauses }: Known, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      pauses.delete(end);
      resolve();
    };
    const timer = callUnkept(milliseconds, end);
    pauses.add(end);
  });
}
