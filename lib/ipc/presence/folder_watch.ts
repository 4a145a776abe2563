/**
 * Folders that are watched: what becomes of the files in them, as the system tells it.
 *
 * @module
 */

import { basename } from "../base/path.ts";
import { callUnkept } from "../base/timer.ts";

/** What somebody is told of the folders. */
export interface FolderNotices {
  /** Something became of the file `name`: it was made, removed, or closed after writing. */
  changed(name: string): void;
  /** Anything may have become of any: the watch has just begun, or there is none at the time. */
  look(): void;
}

/** Milliseconds between two looks while nothing tells. */
const LOOK = 1_000;
/**
 * Milliseconds from an event to a look at all, and on to further ones: some events of many may have
 * been lost, and a lock is let go of only after its file was told to be closed.
 */
const SETTLED = [40, 400, 2_000];

/** What Deno's watchers have beside their type (as Node's, for which they were made). */
interface Watcher extends AsyncIterator<Deno.FsEvent> {
  unref(): void;
  close(): void;
}

/**
 * A watch of some folders, but not of folders in them. Where the system refuses one (a user has 128
 * on many a Linux), or a folder was removed, it looks once a second, and tries for a watch again.
 * It does not keep the program running.
 */
export class FolderWatch {
  readonly #folders: readonly string[];
  readonly #notices: FolderNotices;
  readonly #looks: boolean;
  #watcher: Watcher | null = null;
  /** The folders by the names that events have. */
  #real: ReadonlySet<string> = new Set();
  /** The next look; there is one at most. */
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Which of those after an event that is; `null` for the one of each second. */
  #settles: number | null = null;
  #closed = false;
  /** Why it looks once a second; `null` while the system tells. */
  fault: string | null = null;

  /** @param looks whether it looks once a second in any case, as some changes are not told */
  constructor(folders: readonly string[], notices: FolderNotices, looks: boolean) {
    this.#folders = folders;
    this.#notices = notices;
    this.#looks = looks;
    this.#lookIn(0);
    this.#open();
  }

  /** Ends the watch. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = null;
  }

  #open(): void {
    try {
      this.#real = new Set(this.#folders.map((path) => Deno.realPathSync(path)));
      const watcher = Deno.watchFs([...this.#real], { recursive: false });
      this.#watcher = watcher as unknown as Watcher;
      this.fault = null;
      void this.#read(this.#watcher);
    } catch (error) {
      this.fault = (error as Error).message;
    }
  }

  async #read(watcher: Watcher): Promise<void> {
    try {
      while (this.#watcher === watcher) {
        const next = watcher.next();
        watcher.unref();
        const { value, done } = await next;
        if (done || this.#watcher !== watcher) return;
        this.#take(value);
      }
    } catch (error) {
      if (this.#watcher === watcher) this.#giveUp((error as Error).message);
    }
  }

  #take({ kind, paths }: Deno.FsEvent): void {
    for (const path of paths) {
      if (!this.#real.has(path)) this.#notices.changed(basename(path));
      // One of that name, made later, would not be watched.
      else if (kind === "remove" || kind === "rename") {
        return this.#giveUp(`"${path}" was removed`);
      }
    }
    if (this.#settles !== 0) this.#lookIn(SETTLED[0]!);
    this.#settles = 0;
  }

  #giveUp(why: string): void {
    this.#watcher?.close();
    this.#watcher = null;
    this.fault = why;
    this.#lookIn(0);
  }

  #lookIn(milliseconds: number): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = callUnkept(milliseconds, this.#look);
  }

  readonly #look = (): void => {
    this.#timer = null;
    const next = this.#settles === null ? SETTLED.length : this.#settles + 1;
    this.#settles = null;
    // Before the look, so that nothing is missed between.
    if (this.#watcher === null) this.#open();
    this.#notices.look();
    if (this.#watcher === null || this.#looks) this.#lookIn(LOOK);
    else if (next < SETTLED.length && this.#settles === null) {
      this.#settles = next;
      this.#lookIn(SETTLED[next]!);
    }
  };
}
