/**
 * The one engine behind all overlapped I/O of this process.
 *
 * Every OVERLAPPED carries the same auto-reset event, those of writes another. A wait registered
 * once with the system's thread pool calls into JavaScript when the event is set; what has completed
 * is then read from memory (OVERLAPPED.Internal), without a system call. The alternatives and their
 * figures are in docs/decisions.
 *
 * No wake is lost, by three rules: a started operation resets the event, so every start is followed
 * by a scan on a later turn; a scan reads all pending statuses, not one; and the status is written
 * before the event is set.
 *
 * https://learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-overlapped
 *
 * @module
 */

import { DWORD, dwordIn, type Handle, type Kernel32, kernel32, memory } from "./kernel32.ts";
import { type WaitCallback, waitCallback, WaitedEvent } from "./waited_event.ts";
import { ERROR_IO_PENDING } from "./win32_error.ts";

/** How an operation ended. */
export interface Outcome {
  /** A Win32 error code, 0 for success. */
  readonly error: number;
  /** Bytes transferred. */
  readonly bytes: number;
}

/** Starts one operation with the given OVERLAPPED and returns what the function returned (a BOOL). */
export type Start = (overlapped: Deno.PointerValue) => number;

const STATUS_PENDING = 0x103;
const OVERLAPPED = { sizeof: 32, Internal: 0, InternalHigh: 8, hEvent: 24 } as const;
// The same in words, as which it is read and written.
const WORD = Int32Array.BYTES_PER_ELEMENT;
const OVERLAPPED_WORDS = OVERLAPPED.sizeof / WORD;
const STATUS = OVERLAPPED.Internal / WORD;
const TRANSFERRED = OVERLAPPED.InternalHigh / WORD;
const EVENT = OVERLAPPED.hEvent / WORD;
const BLOCK = 64;

/**
 * How long statuses are polled in memory after the last activity. Longer idling costs nothing. An
 * answer that takes longer is no worse off for a thread's wake-up.
 */
const SPIN_MILLISECONDS = 0.4;
/** After polling in vain, so many times at the most it is not tried again: twice as many each time. */
const REST_MAX = 64;
/** Operations that may complete at once before a turn of the event loop is forced in between. */
const STREAK = 64;

/**
 * Node's timers, which alone call back in the very next turn. Loaded once peers talk: they take as
 * long as all else that a program waits for when it opens the mesh.
 */
let timers: typeof import("node:timers") | undefined;
type Turn = ReturnType<typeof import("node:timers").setImmediate> | AbortSignal;
/** The wake that loads them: the first is a peer's arrival, and its first call should not wait. */
const LOADING_WAKE = 2;

/** One pending operation. The buffer is held here because the kernel holds its address. */
interface Pending {
  readonly handle: Handle;
  readonly buffer: Uint8Array | null;
  readonly quick: boolean;
  readonly settle: (outcome: Outcome) => void;
}

/** The engine. Obtained by {@link CompletionEngine.acquire}, given back by {@link release}. */
export class CompletionEngine {
  static #current: CompletionEngine | null = null;

  readonly #kernel: Kernel32 = kernel32();
  /** Set by whatever completes, quick operations apart; always waited for. */
  readonly #event = new WaitedEvent();
  /**
   * Set by what nearly always completes at once: writes. That would wake the pool's thread, and this
   * one, for nothing; so it is waited for only while one of them is pending.
   */
  readonly #quickEvent = new WaitedEvent();
  readonly #callback: WaitCallback;
  /** What the callback is told of the quick event's wait: not null. */
  readonly #quick = Deno.UnsafePointer.create(1n);

  /** Per slot: the address of its OVERLAPPED, the words of its block, and what is pending in it. */
  readonly #overlapped: Deno.PointerObject[] = [];
  readonly #words: Int32Array[] = [];
  readonly #operations: (Pending | null)[] = [];
  readonly #free: number[] = [];
  /** The slots in use, in no order. */
  readonly #pending: number[] = [];

  #users = 0;
  #referenced = true;
  /** The turn that is to come. */
  #spin: Turn | null = null;
  #wakes = 0;
  #active = 0;
  /** How often in a row polling was in vain, and how often it is left out before the next attempt. */
  #misses = 0;
  #rest = 0;
  #streak = 0;
  #deferred: (() => void)[] = [];

  /** The running engine, or a new one; each caller owes one {@link release}. */
  static acquire(): CompletionEngine {
    const engine = CompletionEngine.#current ??= new CompletionEngine();
    engine.#users++;
    return engine;
  }

  private constructor() {
    this.#callback = waitCallback((which) => this.#woken(which));
    try {
      this.#event.wait(this.#callback, null, false);
    } catch (error) {
      this.#callback.close();
      this.#event.close();
      this.#quickEvent.close();
      throw error;
    }
    this.#reference(false);
  }

  /**
   * Gives the engine back. The last user's call takes it down and resolves when no thread of the
   * system can call into it any more.
   */
  async release(): Promise<void> {
    if (--this.#users > 0) return;
    if (CompletionEngine.#current === this) CompletionEngine.#current = null;
    if (this.#spin instanceof AbortSignal) this.#spin.removeEventListener("abort", this.#turn);
    else if (this.#spin !== null) timers!.clearImmediate(this.#spin);
    this.#spin = null;
    await this.#event.end();
    await this.#quickEvent.end();
    this.#callback.close();
    this.#event.close();
    this.#quickEvent.close();
  }

  /**
   * Starts one operation on `handle`. The outcome comes back at once when the operation completed
   * at once, else as a promise, which always resolves: whoever closes the handle cancels first.
   *
   * @param buffer the memory the operation uses, held until the kernel is done with it
   * @param quick whether it nearly always completes at once, as a write does
   */
  issue(
    handle: Handle,
    buffer: Uint8Array | null,
    start: Start,
    quick = false,
  ): Outcome | Promise<Outcome> {
    const slot = this.#free.pop() ?? this.#grow();
    const words = this.#words[slot]!;
    const base = (slot % BLOCK) * OVERLAPPED_WORDS;
    words[base + STATUS] = STATUS_PENDING;
    words[base + TRANSFERRED] = 0;
    const { low, high } = quick ? this.#quickEvent : this.#event;
    words[base + EVENT] = low;
    words[base + EVENT + 1] = high;
    const done = start(this.#overlapped[slot]!);
    // In the same stretch as the call: any turn in between replaces the thread's last error.
    const error = done !== 0 ? 0 : this.#kernel.GetLastError();
    this.#touch();
    // Pending may already be over when the call is back, as a write to a waiting reader is.
    const pending = error === ERROR_IO_PENDING;
    if (pending && Atomics.load(words, base + STATUS) === STATUS_PENDING) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      this.#operations[slot] = { handle, buffer, quick, settle: resolve };
      this.#pending.push(slot);
      if (quick) this.#waitForQuick();
      this.#reference(true);
      return promise;
    }
    const outcome = error === 0 || pending ? this.#outcome(handle, slot) : { error, bytes: 0 };
    this.#free.push(slot);
    if (++this.#streak < STREAK) return outcome;
    // A peer that keeps the pipe full must not keep timers and other connections waiting.
    return new Promise((resolve) => this.#deferred.push(() => resolve(outcome)));
  }

  /** Adds a block of OVERLAPPEDs and returns one free slot of it. */
  #grow(): number {
    const block = new ArrayBuffer(BLOCK * OVERLAPPED.sizeof);
    const words = new Int32Array(block);
    const first = this.#overlapped.length;
    for (let i = 0; i < BLOCK; i++) {
      const overlapped = new Uint8Array(block, i * OVERLAPPED.sizeof, OVERLAPPED.sizeof);
      const pointer = Deno.UnsafePointer.of(overlapped);
      this.#overlapped.push(pointer!);
      this.#words.push(words);
      this.#operations.push(null);
      if (i > 0) this.#free.push(first + i);
    }
    return first;
  }

  /** Settles what has completed; true when anything had. */
  #scan(): boolean {
    let moved = false;
    for (let i = this.#pending.length - 1; i >= 0; i--) {
      const slot = this.#pending[i]!;
      const words = this.#words[slot]!;
      const base = (slot % BLOCK) * OVERLAPPED_WORDS;
      // Atomic, so that it is read anew each time: the kernel writes it behind the engine's back.
      const status = Atomics.load(words, base + STATUS);
      if (status === STATUS_PENDING) continue;
      moved = true;
      const operation = this.#operations[slot]!;
      this.#operations[slot] = null;
      const last = this.#pending.pop()!;
      if (last !== slot) this.#pending[i] = last;
      const outcome = this.#outcome(operation.handle, slot);
      this.#free.push(slot);
      operation.settle(outcome);
    }
    return moved;
  }

  /** The outcome of a completed operation. */
  #outcome(handle: Handle, slot: number): Outcome {
    const words = this.#words[slot]!;
    const base = (slot % BLOCK) * OVERLAPPED_WORDS;
    if (words[base + STATUS] === 0) return { error: 0, bytes: words[base + TRANSFERRED]! >>> 0 };
    // Asked only because it turns the status into a Win32 code; it does not wait.
    const transferred = memory(DWORD.sizeof);
    const done = this.#kernel.GetOverlappedResult(handle, this.#overlapped[slot]!, transferred, 0);
    const error = done !== 0 ? 0 : this.#kernel.GetLastError();
    return { error, bytes: dwordIn(transferred) };
  }

  /** An event was set. Also happens for operations that completed at once. */
  #woken(which: Deno.PointerValue): void {
    if (which !== null) this.#quickEvent.forget();
    const moved = this.#scan();
    if (this.#pending.some((slot) => this.#operations[slot]!.quick)) this.#waitForQuick();
    if (!moved) return;
    this.#touch();
    if (++this.#wakes === LOADING_WAKE) void import("node:timers").then((them) => timers = them);
  }

  #waitForQuick(): void {
    if (!this.#quickEvent.waited) this.#quickEvent.wait(this.#callback, this.#quick, true);
  }

  /** Notes activity: statuses are polled on the coming turns, which is also the scan after a start. */
  #touch(): void {
    this.#active = performance.now();
    this.#spin ??= this.#later();
  }

  /** Asks for a turn: the very next one, or one in a millisecond as long as that must do. */
  #later(): Turn {
    if (timers !== undefined) return timers.setImmediate(this.#turn);
    const signal = AbortSignal.timeout(0);
    signal.addEventListener("abort", this.#turn, { once: true });
    return signal;
  }

  readonly #turn = (): void => {
    this.#spin = null;
    this.#streak = 0;
    if (this.#deferred.length > 0) {
      for (const resume of this.#deferred.splice(0)) resume();
      this.#active = performance.now();
    }
    if (this.#scan()) {
      this.#active = performance.now();
      this.#misses = this.#rest = 0;
    }
    if (this.#pending.length > 0 && this.#polls()) this.#spin = this.#later();
    else this.#reference(this.#pending.length > 0);
  };

  /** Whether to look again on the next turn, rather than to wait for the event. */
  #polls(): boolean {
    if (timers === undefined) return false;
    if (this.#rest > 0) {
      this.#rest--;
      return false;
    }
    if (performance.now() - this.#active < SPIN_MILLISECONDS) return true;
    // Others need the processor, or there is no answer to come: polling would be in their way.
    this.#rest = Math.min(REST_MAX, 2 ** ++this.#misses);
    return false;
  }

  /** Keeps the event loop alive, or no longer, as a socket with a pending read would. */
  #reference(on: boolean): void {
    if (on === this.#referenced) return;
    this.#referenced = on;
    if (on) this.#callback.ref();
    else this.#callback.unref();
  }
}
