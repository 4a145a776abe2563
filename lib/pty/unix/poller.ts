/**
 * Waiting for descriptors: one parked poll(2) for all terminals of the process.
 *
 * Deno cannot read from a descriptor that it did not open, and a parked read for each terminal
 * would take one of its few blocking threads each.
 *
 * @module
 */

import { closeOnExecNonblocking, failure, libc } from "./libc.ts";

/** Of a `struct pollfd`: descriptor i32, wanted i16, happened i16. */
const POLLFD_SIZE = 8;

interface Waiter {
  descriptor: number;
  events: number;
  resolve: () => void;
}

/** Who waits for what. Between waits it costs nothing. */
class Poller {
  #waiters: Waiter[] = [];
  /** "parked" while poll(2) waits in a thread; "awake" while the loop around it runs here. */
  #state: "idle" | "awake" | "parked" = "idle";
  /** A pipe whose one purpose is to end a parked poll; it lives as long as the process. */
  #wake: [read: number, write: number] | null = null;

  /** Resolves once one of `events` (or an error, or a hang-up) is there. */
  wait(descriptor: number, events: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push({ descriptor, events, resolve });
    this.#disturb();
    return promise;
  }

  /** Resolves all waits for `descriptor`; to be called before it is closed. */
  forget(descriptor: number): void {
    this.#settle((waiter) => waiter.descriptor === descriptor);
    this.#disturb();
  }

  #settle(ready: (waiter: Waiter) => boolean): void {
    const settled = this.#waiters.filter(ready);
    this.#waiters = this.#waiters.filter((waiter) => !settled.includes(waiter));
    for (const { resolve } of settled) resolve();
  }

  /** Has what is waited for looked at anew. */
  #disturb(): void {
    if (this.#state === "parked") libc().write(this.#wake![1], new Uint8Array(1), 1n);
    else if (this.#state === "idle") void this.#run();
  }

  async #run(): Promise<void> {
    this.#state = "awake";
    // Later in this turn others may come, too.
    await Promise.resolve();
    const [wake] = this.#wake ??= wakePipe();
    while (this.#waiters.length > 0) {
      const waiters = [...this.#waiters];
      const table = new DataView(new ArrayBuffer((waiters.length + 1) * POLLFD_SIZE));
      const wanted = [{ descriptor: wake, events: 1 }, ...waiters];
      wanted.forEach(({ descriptor, events }, i) => {
        table.setInt32(i * POLLFD_SIZE, descriptor, true);
        table.setInt16(i * POLLFD_SIZE + 4, events, true);
      });
      this.#state = "parked";
      await libc().poll(new Uint8Array(table.buffer), BigInt(wanted.length), -1);
      this.#state = "awake";
      const happened = (i: number) => table.getInt16(i * POLLFD_SIZE + 6, true) !== 0;
      if (happened(0)) libc().read(wake, new Uint8Array(64), 64n);
      const ready = new Set(waiters.filter((_, i) => happened(i + 1)));
      this.#settle((waiter) => ready.has(waiter));
    }
    this.#state = "idle";
  }
}

function wakePipe(): [read: number, write: number] {
  const ends = new Int32Array(2);
  if (libc().pipe(new Uint8Array(ends.buffer)) < 0) throw failure("Cannot make a pipe");
  const [read, write] = ends as unknown as [number, number];
  for (const end of [read, write]) closeOnExecNonblocking(end);
  return [read, write];
}

/** The one of this process. */
export const poller = new Poller();
