/**
 * The one engine behind all overlapped I/O of this process.
 *
 * All operations set the same auto-reset event at their end, writes another. A wait registered once
 * with the system's thread pool calls into JavaScript when the event is set; what has completed is
 * then read from memory (their IO_STATUS_BLOCKs), without a system call. The alternatives and their
 * figures are in docs/decisions/0001-completion-engine.md.
 *
 * No wake is lost, by three rules: a started operation resets the event, so every start is followed
 * by a scan on a later turn; a scan reads all pending statuses, not one; and the status is written
 * before the event is set.
 *
 * https://learn.microsoft.com/windows-hardware/drivers/ddi/wdm/ns-wdm-_io_status_block
 *
 * @module
 */

import { errorOf, isRefusal, STATUS_PENDING } from "./ntdll.ts";
import type { Outcome, Pending, Start } from "./operation.ts";
import { type WaitCallback, waitCallback, WaitedEvent } from "./waited_event.ts";

const IO_STATUS_BLOCK = { sizeof: 16, Status: 0, Information: 8 } as const;
// The same in words, as which it is read and written.
const WORD = Int32Array.BYTES_PER_ELEMENT;
const WORDS = IO_STATUS_BLOCK.sizeof / WORD;
const STATUS = IO_STATUS_BLOCK.Status / WORD;
const INFORMATION = IO_STATUS_BLOCK.Information / WORD;
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

/** The engine. Obtained by {@link CompletionEngine.acquire}, given back by {@link release}. */
export class CompletionEngine {
  static #current: CompletionEngine | null = null;

  /** Set by whatever completes, quick operations apart; always waited for. */
  readonly #event: WaitedEvent;
  /**
   * Set by what nearly always completes at once: writes. That would wake the pool's thread, and this
   * one, for nothing; so it is waited for only while one of them is pending.
   */
  readonly #quickEvent: WaitedEvent;
  readonly #callback: WaitCallback;
  /** What the callback is told of the quick event's wait: not null. */
  readonly #quick = Deno.UnsafePointer.create(1n);

  /** Per slot: the address of its IO_STATUS_BLOCK, the memory that it is in, and what is pending. */
  readonly #blocks: Deno.PointerObject[] = [];
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
  /** Whether a quick operation is pending that the pool could not be asked to wait for. */
  #unwaited = false;
  #deferred: (() => void)[] = [];

  /** The running engine, or a new one; each caller owes one {@link release}. */
  static acquire(): CompletionEngine {
    const engine = CompletionEngine.#current ??= new CompletionEngine();
    engine.#users++;
    return engine;
  }

  private constructor() {
    const made: { close(): void }[] = [];
    try {
      made.push(this.#event = new WaitedEvent());
      made.push(this.#quickEvent = new WaitedEvent());
      made.push(this.#callback = waitCallback((which) => this.#woken(which)));
      this.#event.wait(this.#callback, null, false);
    } catch (error) {
      for (const one of made.reverse()) one.close();
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
   * Starts one operation. The outcome comes back at once when the operation completed at once, else
   * as a promise, which always resolves: whoever closes the handle cancels first.
   *
   * @param buffer the memory the operation uses, held until the kernel is done with it
   * @param quick whether it nearly always completes at once, as a write does
   */
  issue(
    buffer: Uint8Array | null,
    start: Start,
    quick = false,
  ): Outcome | Promise<Outcome> {
    const slot = this.#free.pop() ?? this.#grow();
    const words = this.#words[slot]!;
    const base = (slot % BLOCK) * WORDS;
    words[base + STATUS] = STATUS_PENDING;
    words[base + INFORMATION] = 0;
    const status = start((quick ? this.#quickEvent : this.#event).handle, this.#blocks[slot]!);
    this.#touch();
    // Pending may already be over when the call is back, as a write to a waiting reader is.
    if (status === STATUS_PENDING && Atomics.load(words, base + STATUS) === STATUS_PENDING) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      this.#operations[slot] = { buffer, quick, settle: resolve };
      this.#pending.push(slot);
      if (quick) this.#waitForQuick();
      this.#reference(true);
      return promise;
    }
    const outcome = isRefusal(status) ? { error: errorOf(status), bytes: 0 } : this.#outcome(slot);
    this.#free.push(slot);
    if (++this.#streak < STREAK) return outcome;
    // A peer that keeps the pipe full must not keep timers and other connections waiting.
    return new Promise((resolve) => this.#deferred.push(() => resolve(outcome)));
  }

  /** Adds memory for more of them and returns one free slot of it. */
  #grow(): number {
    const block = new ArrayBuffer(BLOCK * IO_STATUS_BLOCK.sizeof);
    const words = new Int32Array(block);
    const first = this.#blocks.length;
    for (let i = 0; i < BLOCK; i++) {
      const bytes = new Uint8Array(block, i * IO_STATUS_BLOCK.sizeof, IO_STATUS_BLOCK.sizeof);
      const pointer = Deno.UnsafePointer.of(bytes);
      this.#blocks.push(pointer!);
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
      const base = (slot % BLOCK) * WORDS;
      // Atomic, so that it is read anew each time: the kernel writes it behind the engine's back.
      const status = Atomics.load(words, base + STATUS);
      if (status === STATUS_PENDING) continue;
      moved = true;
      const operation = this.#operations[slot]!;
      this.#operations[slot] = null;
      const last = this.#pending.pop()!;
      if (last !== slot) this.#pending[i] = last;
      const outcome = this.#outcome(slot);
      this.#free.push(slot);
      operation.settle(outcome);
    }
    return moved;
  }

  /** The outcome of a completed operation. */
  #outcome(slot: number): Outcome {
    const words = this.#words[slot]!;
    const base = (slot % BLOCK) * WORDS;
    const status = words[base + STATUS]!;
    const error = status === 0 ? 0 : errorOf(status);
    return { error, bytes: words[base + INFORMATION]! >>> 0 };
  }

  /** An event was set. Also happens for operations that completed at once. */
  #woken(which: Deno.PointerValue): void {
    if (which !== null) this.#quickEvent.forget();
    const moved = this.#scan();
    this.#waitForQuick();
    if (!moved) return;
    this.#touch();
    if (++this.#wakes === LOADING_WAKE) void import("node:timers").then((them) => timers = them);
  }

  /** Has the pool wait for quick operations as long as one of them is pending. */
  #waitForQuick(): void {
    this.#unwaited = false;
    if (this.#quickEvent.waited) return;
    if (!this.#pending.some((slot) => this.#operations[slot]!.quick)) return;
    try {
      this.#quickEvent.wait(this.#callback, this.#quick, true);
    } catch {
      // The system has none to give. The operation was started, so it is no failure of that one:
      // its status is looked at until there is a wait to be had.
      this.#unwaited = true;
      this.#spin ??= this.#alarm();
    }
  }

  /** Notes activity: statuses are polled on the coming turns, which is also the scan after a start. */
  #touch(): void {
    this.#active = performance.now();
    this.#spin ??= this.#later();
  }

  /** Asks for a turn: the very next one, or one in a millisecond as long as that must do. */
  #later(): Turn {
    return timers !== undefined ? timers.setImmediate(this.#turn) : this.#alarm();
  }

  /** Asks for a turn in a millisecond. */
  #alarm(): AbortSignal {
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
    if (this.#unwaited) this.#waitForQuick();
    if (this.#pending.length > 0 && this.#polls()) this.#spin ??= this.#later();
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
