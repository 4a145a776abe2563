/**
 * Deno's watches of folders, as far as the library uses them, on Node's.
 *
 * @module
 */

import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { asDenoError, withErrors } from "./errors.ts";

/** What is told of a file. */
interface FolderEvent {
  kind: "rename" | "modify";
  paths: string[];
}

/** A watch of folders. It keeps no program running. */
class FolderWatcher {
  readonly #watchers: FSWatcher[] = [];
  readonly #events: FolderEvent[] = [];
  #failure: Error | null = null;
  #closed = false;
  #wake: (() => void) | null = null;

  constructor(folders: readonly string[]) {
    try {
      for (const folder of folders) this.#watchers.push(this.#watch(folder));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #watch(folder: string): FSWatcher {
    const watcher = watch(folder, { persistent: false }, (type, name) => {
      // (Without a name it is the folder itself.)
      const path = name === null ? folder : join(folder, name);
      this.#events.push({ kind: type === "rename" ? "rename" : "modify", paths: [path] });
      this.#wake?.();
    });
    watcher.on("error", (error) => {
      this.#failure = asDenoError(error);
      this.#wake?.();
    });
    return watcher;
  }

  async next(): Promise<IteratorResult<FolderEvent, undefined>> {
    for (;;) {
      if (this.#closed) return { value: undefined, done: true };
      const event = this.#events.shift();
      if (event !== undefined) return { value: event, done: false };
      if (this.#failure !== null) throw this.#failure;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = null;
    }
  }

  unref(): void {}

  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher.close();
    this.#wake?.();
  }
}

/** Watches folders, and not what is in folders in them. */
export const watchFs = withErrors((folders: readonly string[]) => new FolderWatcher(folders));
