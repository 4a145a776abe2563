/**
 * Auto-reset events that the system's thread pool waits for, and calls into JavaScript when they are
 * set.
 *
 * https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-registerwaitforsingleobject
 *
 * @module
 */

import {
  HANDLE,
  type Handle,
  INFINITE,
  INVALID_HANDLE_VALUE,
  type Kernel32,
  kernel32,
  memory,
  pointerIn,
  WT_EXECUTEINWAITTHREAD,
  WT_EXECUTEONLYONCE,
} from "./kernel32.ts";
import { lastError, systemError } from "./win32_error.ts";

const WAITORTIMERCALLBACK = { parameters: ["pointer", "u8"], result: "void" } as const;

/** What the pool calls, on this thread. */
export type WaitCallback = Deno.UnsafeCallback<typeof WAITORTIMERCALLBACK>;

/** Makes a function ready for the pool: `context` is what the wait was registered with. */
export function waitCallback(woken: (context: Deno.PointerValue) => void): WaitCallback {
  return Deno.UnsafeCallback.threadSafe(WAITORTIMERCALLBACK, woken);
}

/** One event, and the wait for it. */
export class WaitedEvent {
  readonly #kernel: Kernel32 = kernel32();
  readonly handle: Handle;
  #wait: Deno.PointerValue = null;

  constructor() {
    const handle = this.#kernel.CreateEventW(null, 0, 0, null);
    if (handle === null) throw systemError("Cannot create an event", lastError());
    this.handle = handle;
  }

  /** Whether the pool waits for it. */
  get waited(): boolean {
    return this.#wait !== null;
  }

  /**
   * Has the pool wait for it, for ever or until it is set once.
   *
   * @param context handed to the callback
   */
  wait(callback: WaitCallback, context: Deno.PointerValue, once: boolean): void {
    const flags = once ? WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE : WT_EXECUTEINWAITTHREAD;
    const wait = memory(HANDLE.sizeof);
    const registered = this.#kernel.RegisterWaitForSingleObject(
      wait,
      this.handle,
      callback.pointer,
      context,
      INFINITE,
      flags,
    );
    if (registered === 0) {
      throw systemError("Cannot wait for an event", lastError());
    }
    this.#wait = pointerIn(wait);
  }

  /** Gives a wait for once back that has called. To be called in the callback; does not block. */
  forget(): void {
    if (this.#wait !== null) this.#kernel.UnregisterWait(this.#wait);
    this.#wait = null;
  }

  /** Ends the wait; resolves when no thread of the pool can call any more. */
  async end(): Promise<void> {
    const wait = this.#wait;
    this.#wait = null;
    // Off this thread: it waits for a running callback, which needs this thread to finish.
    // https://learn.microsoft.com/windows/win32/sync/unregisterwaitex
    if (wait !== null) {
      await this.#kernel.UnregisterWaitEx(wait, Deno.UnsafePointer.create(INVALID_HANDLE_VALUE));
    }
  }

  /** Closes the event. Nothing may use it any more. */
  close(): void {
    this.#kernel.CloseHandle(this.handle);
  }
}
