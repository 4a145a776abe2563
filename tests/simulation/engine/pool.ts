/**
 * Events and the threads that wait for them: CreateEventW, RegisterWaitForSingleObject and what ends
 * such a wait.
 *
 * A set event is seen by the pool when the seed says. Seeing it resets it; its thread then calls, and
 * does nothing else until the call is over. That may be long after: all that is set meanwhile makes
 * one more call.
 *
 * @module
 */

import type { EventLoop } from "./loop.ts";
import { type Callback, Memory, type Pointer } from "./memory.ts";
import type { Notes } from "./notes.ts";

const WT_EXECUTEINWAITTHREAD = 0x4;
const WT_EXECUTEONLYONCE = 0x8;
const INVALID_HANDLE_VALUE = 0xffff_ffff_ffff_ffffn;

/** An auto-reset event. */
export interface KernelEvent {
  readonly address: bigint;
  set: boolean;
  closed: boolean;
}

/** A registered wait. */
interface Wait {
  readonly event: KernelEvent;
  readonly callback: Callback;
  readonly context: Pointer | null;
  readonly once: boolean;
  /** Whether the pool still looks at the event. */
  active: boolean;
  /** Calls that have begun and are not over. */
  calling: number;
  /** Whether it was given back. */
  ended: boolean;
}

/** The events and the pool. */
export class Pool {
  readonly events = new Map<bigint, KernelEvent>();
  readonly waits = new Map<bigint, Wait>();
  /** UnregisterWaitEx: those that have not begun, and those that wait for a call to be over. */
  readonly #ending: { wait: Wait; begun: boolean; resolve: (done: number) => void }[] = [];
  readonly #threads: number;
  #busy = 0;

  constructor(
    readonly notes: Notes,
    readonly loop: EventLoop,
    readonly memory: Memory,
    /** Whether the system refuses some. */
    readonly scarce: boolean,
  ) {
    this.#threads = 1 + notes.random(2);
  }

  /** Of kernel32. */
  readonly symbols = {
    CreateEventW: (_: null, manual: number, initial: number): Pointer | null => {
      this.notes.must(manual === 0 && initial === 0, () => "an event is not as it was");
      if (this.#refuses("an event")) return null;
      const event = { address: this.memory.address(), set: false, closed: false };
      this.events.set(event.address, event);
      return this.memory.UnsafePointer.create(event.address);
    },
    RegisterWaitForSingleObject: (
      ...[into, handle, code, context, , flags]: [
        ...[Uint8Array<ArrayBuffer>, Pointer, Pointer, Pointer | null, number, number],
      ]
    ): number => {
      const once = (flags & WT_EXECUTEONLYONCE) !== 0;
      if (this.#refuses(once ? "a wait for once" : "a wait for ever")) return 0;
      const event = this.event(handle);
      this.notes.must((flags & WT_EXECUTEINWAITTHREAD) !== 0, () => "a wait takes a thread more");
      this.notes.must(!code.code!.closed, () => "a wait calls what was closed");
      const address = this.memory.address();
      const wait = { event, callback: code.code!, context, active: true, calling: 0, ended: false };
      this.waits.set(address, { ...wait, once });
      new DataView(into.buffer).setBigUint64(into.byteOffset, address, true);
      return 1;
    },
    UnregisterWait: (handle: Pointer): number => {
      const wait = this.#give(handle);
      wait.active = false;
      return wait.calling === 0 ? 1 : 0;
    },
    UnregisterWaitEx: (handle: Pointer, how: Pointer): Promise<number> => {
      const wait = this.#give(handle);
      this.notes.must(how.address === INVALID_HANDLE_VALUE, () => "it does not wait for calls");
      if (wait.calling > 0) this.notes.met("a wait ends while it calls");
      return new Promise((resolve) => this.#ending.push({ wait, begun: false, resolve }));
    },
  };

  /** The event of a handle. */
  event({ address }: Pointer): KernelEvent {
    const event = this.events.get(address);
    this.notes.must(event?.closed === false, () => "an event is used that was closed");
    return event!;
  }

  /** Closes an event; false where the handle is none. */
  close({ address }: Pointer): boolean {
    const event = this.events.get(address);
    if (event === undefined) return false;
    this.notes.must(!event.closed, () => "an event is closed twice");
    for (const wait of this.waits.values()) {
      const free = wait.event !== event || (wait.ended && !wait.active && wait.calling === 0);
      this.notes.must(free, () => "an event is closed that a thread waits for");
    }
    event.closed = true;
    return true;
  }

  /** Called before a callback is closed. */
  readonly closing = (callback: Callback): void => {
    this.notes.must(!callback.closed, () => "a callback is closed twice");
    for (const wait of this.waits.values()) {
      const free = wait.callback !== callback || (!wait.active && wait.calling === 0);
      this.notes.must(free, () => "a callback is closed that a thread may call");
    }
  };

  /** What the pool can do next, each of them a step. */
  *steps(): Generator<() => void> {
    for (const wait of this.waits.values()) {
      if (wait.active && wait.event.set && this.#busy < this.#threads) yield () => this.#see(wait);
    }
    for (const ending of this.#ending) {
      if (!ending.begun) yield () => this.#begin(ending);
      else if (ending.wait.calling === 0) yield () => this.#end(ending);
    }
  }

  #refuses(what: string): boolean {
    if (!this.scarce || !this.notes.chance(40)) return false;
    this.notes.met(`the system refuses ${what}`);
    this.notes.tell(() => `the system refuses ${what}`);
    return true;
  }

  #give({ address }: Pointer): Wait {
    const wait = this.waits.get(address);
    this.notes.must(wait?.ended === false, () => "a wait is ended that is none, or no more");
    wait!.ended = true;
    return wait!;
  }

  /** A thread sees that an event is set, and calls. */
  #see(wait: Wait): void {
    const { event, callback, context, once } = wait;
    event.set = false;
    if (once) wait.active = false;
    wait.calling++;
    this.#busy++;
    if (wait.ended) this.notes.met("a wait calls that is being ended");
    this.notes.tell(() => `a thread of the pool calls for event ${event.address}`);
    this.loop.calls.push({
      run: () => {
        this.notes.must(!callback.closed, () => "a callback is called after it was closed");
        callback.call(context, 0);
        wait.calling--;
        this.#busy--;
      },
    });
  }

  #begin(ending: { wait: Wait; begun: boolean }): void {
    ending.begun = true;
    ending.wait.active = false;
  }

  #end(ending: { wait: Wait; begun: boolean; resolve: (done: number) => void }): void {
    this.#ending.splice(this.#ending.indexOf(ending), 1);
    ending.resolve(1);
  }
}
