/**
 * Locks between processes: an advisory lock on an empty file, which the system drops with the
 * process that held it, however that ended. One implementation serves every system; see
 * docs/decisions/0003-file-locks.md for why Windows mutexes do not.
 *
 * @module
 */

import { pauseFor } from "./timer.ts";

/** A lock that this process holds. */
export class ProcessLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Takes the lock at `path`, or returns `null` at once when somebody (also here) holds it. */
  static try(path: string): ProcessLock | null {
    // The file stays where it is for good: removing it would let two processes lock two files of
    // one name.
    const file = Deno.openSync(path, { create: true, write: true, mode: 0o600 });
    try {
      if (file.tryLockSync(true)) return new ProcessLock(file);
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
    return null;
  }

  /** Whether a process holds the lock at `path`. Makes no file where there is none. */
  static isHeld(path: string): boolean {
    try {
      using file = Deno.openSync(path, { read: true, write: true });
      // Shared, so that two who ask do not see each other as holders.
      return !file.tryLockSync(false);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /**
   * Takes the lock at `path`, looking again every few milliseconds while somebody holds it.
   *
   * @param timeout milliseconds after which it gives up
   * @throws {Deno.errors.TimedOut} that names the file.
   */
  static async acquire(path: string, timeout: number, signal?: AbortSignal): Promise<ProcessLock> {
    const deadline = performance.now() + timeout;
    for (let pause = 1;; pause = Math.min(pause * 2, 16)) {
      signal?.throwIfAborted();
      const lock = ProcessLock.try(path);
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

  /** Gives the lock back. Closing is the release: unlocking alone fails under Wine. */
  release(): void {
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
