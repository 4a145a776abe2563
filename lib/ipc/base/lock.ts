/**
 * Locks between processes: an advisory lock on an empty file, which the system drops with the
 * process that held it, however that ended. One implementation serves every system; see
 * docs/decisions/0003-file-locks.md for why Windows mutexes do not.
 *
 * @module
 */

import { inFolder, withRemedy } from "./problem.ts";
import { pauseFor } from "./timer.ts";

/** How {@link ProcessLock.acquire} waits. */
export interface AcquireOptions {
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
  /** Makes the lock's folder anew, where that was removed. */
  renew?: () => void;
}

/** A lock that this process holds. */
export class ProcessLock implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  #identity: Deno.FileInfo | null = null;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Takes the lock at `path`, or returns `null` at once when somebody (also here) holds it.
   *
   * @param renew makes the lock's folder anew, where that was removed
   */
  static try(path: string, renew?: () => void): ProcessLock | null {
    // The library never removes the file: two processes could then lock two files of one name. A
    // cleaner of /tmp may remove it all the same, and isCurrent tells of that.
    const lock = () => tryToLock(path, { create: true, write: true, mode: 0o600 }, true);
    const file = renew === undefined ? lock() : inFolder(lock, renew);
    return file && new ProcessLock(file, path);
  }

  /** Whether a process holds the lock at `path`. Makes no file where there is none. */
  static isHeld(path: string): boolean {
    return ProcessLock.stateOf(path) === "held";
  }

  /** Whether a process holds the lock at `path`, and whether there is a file at all. */
  static stateOf(path: string): "held" | "free" | "missing" {
    try {
      // Shared, so that two who ask do not see each other as holders.
      const file = tryToLock(path, { read: true, write: true }, false);
      file?.close();
      return file === null ? "held" : "free";
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "missing";
      throw error;
    }
  }

  /**
   * Takes the lock at `path`, looking again every few milliseconds while somebody holds it.
   *
   * @param timeout milliseconds after which it gives up
   * @throws {Deno.errors.TimedOut} that names the file.
   */
  static async acquire(
    path: string,
    timeout: number,
    { signal, renew }: AcquireOptions = {},
  ): Promise<ProcessLock> {
    const deadline = performance.now() + timeout;
    for (let pause = 1;; pause = Math.min(pause * 2, 16)) {
      signal?.throwIfAborted();
      const lock = ProcessLock.try(path, renew);
      if (lock !== null) return lock;
      if (performance.now() > deadline) {
        throw new Deno.errors.TimedOut(
          `Cannot lock "${path}": another process has held it for ${timeout} ms`,
        );
      }
      // Spread out, so that many waiters do not knock in step.
      await pauseFor(pause * (0.5 + Math.random()));
    }
  }

  /** Whether the locked file was removed: then another process may hold a lock of that name. */
  isRemoved(): boolean {
    return this.#look(() => this.#file.statSync().nlink === 0);
  }

  /**
   * Whether the locked file is still the one at the path: somebody may have removed or moved it.
   * Unlike {@link isRemoved} this looks at the path.
   */
  isCurrent(): boolean {
    return this.#look(() => {
      this.#identity ??= this.#file.statSync();
      const { dev, ino } = Deno.lstatSync(this.#path);
      return dev === this.#identity.dev && ino === this.#identity.ino;
    });
  }

  /** @throws {Error} that names the file; what is not there is no lock. */
  #look(work: () => boolean): boolean {
    try {
      return work();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw notUsable(this.#path, error);
    }
  }

  /** Gives the lock back. Closing is the release: unlocking alone fails under Wine. */
  release(): void {
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * A lock that another process holds. The file stays open: another look at it tells nobody who watches
 * the folder, and is at that process's file, wherever somebody may have moved it.
 */
export class ForeignLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** The lock at `path`; `null` where nobody holds it. */
  static find(path: string): ForeignLock | null {
    let file: Deno.FsFile;
    try {
      // (To open a pipe in its place would wait for somebody who writes.)
      if (!Deno.lstatSync(path).isFile) return null;
      file = Deno.openSync(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw notUsable(path, error);
    }
    const lock = new ForeignLock(file);
    try {
      if (lock.isHeld()) return lock;
    } catch (error) {
      lock[Symbol.dispose]();
      throw notUsable(path, error);
    }
    lock[Symbol.dispose]();
    return null;
  }

  /** Whether it is held still. After `false` this is to be disposed of: until then nobody gets it. */
  isHeld(): boolean {
    return !this.#file.tryLockSync(false);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/**
 * The file at `path`, locked; `null` where somebody else has a lock.
 *
 * @throws {Error} that names the file; {@link Deno.errors.NotFound} as it is.
 */
function tryToLock(
  path: string,
  options: Deno.OpenOptions,
  exclusive: boolean,
): Deno.FsFile | null {
  let file: Deno.FsFile | null = null;
  try {
    file = Deno.openSync(path, options);
    if (file.tryLockSync(exclusive)) return file;
    file.close();
    return null;
  } catch (error) {
    file?.close();
    if (error instanceof Deno.errors.NotFound) throw error;
    // (Windows opens folders as well, and only then refuses.)
    throw notUsable(path, error);
  }
}

function notUsable(path: string, error: unknown): Error {
  return new Error(`Cannot use "${path}" as a lock: ${withRemedy(error)}`, { cause: error });
}
