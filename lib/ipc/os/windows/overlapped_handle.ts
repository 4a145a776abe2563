/**
 * A handle opened for overlapped I/O: operations, and a close that the kernel can bear.
 *
 * @module
 */

import { CompletionEngine } from "./completion.ts";
import { type Handle, kernel32 } from "./kernel32.ts";
import type { Outcome, Start } from "./operation.ts";

/** Owns a handle. Nothing is started on it once {@link close} was called. */
export class OverlappedHandle {
  readonly handle: Handle;
  readonly #engine = CompletionEngine.acquire();
  #pending = 0;
  #drained: (() => void) | null = null;
  #closing: Promise<void> | null = null;

  /** Takes a handle over, and closes it where that cannot be. */
  static own(handle: Handle): OverlappedHandle {
    try {
      return new OverlappedHandle(handle);
    } catch (error) {
      kernel32().CloseHandle(handle);
      throw error;
    }
  }

  constructor(handle: Handle) {
    this.handle = handle;
  }

  get closed(): boolean {
    return this.#closing !== null;
  }

  /** Starts one operation; see {@link CompletionEngine.issue}. */
  issue(buffer: Uint8Array | null, start: Start, quick = false): Outcome | Promise<Outcome> {
    const outcome = this.#engine.issue(buffer, start, quick);
    return outcome instanceof Promise ? this.#track(outcome) : outcome;
  }

  async #track(outcome: Promise<Outcome>): Promise<Outcome> {
    this.#pending++;
    try {
      return await outcome;
    } finally {
      if (--this.#pending === 0) this.#drained?.();
    }
  }

  /** Cancels what is pending, waits until the kernel has let go of it, then closes the handle. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    if (this.#pending > 0) {
      // Only asks: memory may be reused when the operations have completed.
      // https://learn.microsoft.com/windows/win32/fileio/cancelioex-func
      kernel32().CancelIoEx(this.handle, null);
      await new Promise<void>((resolve) => this.#drained = resolve);
    }
    kernel32().CloseHandle(this.handle);
    await this.#engine.release();
  }
}
