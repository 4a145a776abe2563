/**
 * Where a simulated process waits for its peers. It promises what lib/ipc/os/unix/socket.ts does:
 * its name is a file that others may remove, that is looked at every two seconds and made anew, and
 * that the system removes when the listener is closed, whoever has the name by then.
 *
 * @module
 */

import type { Listener, ListenOptions } from "../../../lib/ipc/os/transport.ts";
import { coded, type Inode } from "./disk.ts";
import type { Machine } from "./machine.ts";
import type { Process, Resource } from "./process.ts";
import type { Task } from "./scheduler.ts";
import type { End } from "./wire.ts";

/** Milliseconds between two looks at the name. */
const LOOK = 2_000;
/** Peers that may be connected and not yet accepted. */
const BACKLOG = 128;

/** One listener. */
export class SimulatedListener implements Listener, Resource {
  readonly address: string;
  readonly process: Process;
  readonly what: string;
  readonly #machine: Machine;
  readonly #options: ListenOptions;
  readonly #backlog: End[] = [];
  #accepting: PromiseWithResolvers<End | null> | null = null;
  #accepted: Task | null = null;
  /** Its file, as far as it was looked at. */
  #file: Inode | null;
  #renewing = false;
  #look: Task;
  #told = false;
  #closed: Promise<void> | null = null;

  constructor(machine: Machine, process: Process, address: string, options: ListenOptions) {
    this.#machine = machine;
    this.process = process;
    this.address = this.what = address;
    this.#options = options;
    this.#file = this.#bind();
    process.resources.add(this);
    for (const onlooker of machine.onlookers) onlooker.onListen(process, address);
    machine.listeners.add(this);
    this.#look = machine.scheduler.after(LOOK, process, this.#onLook);
    machine.story.tell(process, `listens at ${address}`);
  }

  /** Whether somebody who dials can get through. */
  get open(): boolean {
    return this.process.alive && this.#closed === null && !this.#renewing;
  }

  /** Whether no more peers can be connected for the moment. */
  get full(): boolean {
    return this.#backlog.length >= BACKLOG;
  }

  /** A peer has dialled. */
  connect(end: End): void {
    this.#backlog.push(end);
    this.#serve();
  }

  accept(): Promise<End | null> {
    if (!this.process.alive) return new Promise(() => {});
    if (this.#closed !== null) return Promise.resolve(null);
    const { faults, scheduler } = this.#machine;
    if (faults.acceptFailsUntil > scheduler.now && this.#backlog.length > 0) {
      faults.happened("failedAccept");
      const error = coded(new Error("Too many open files (os error 24)"), "EMFILE");
      return new Promise((_, reject) => this.#machine.soon(this.process, () => reject(error)));
    }
    this.#accepting = Promise.withResolvers();
    this.#serve();
    return this.#accepting.promise;
  }

  close(): Promise<void> {
    if (this.#closed !== null) return this.#closed;
    this.#closed = Promise.resolve();
    this.#machine.story.tell(this.process, "listens no more");
    this.#look.cancelled = true;
    if (this.#owns()) this.#remove();
    this.drop();
    this.process.resources.delete(this);
    this.#machine.listeners.delete(this);
    const accepting = this.#accepting;
    this.#accepting = null;
    // The system removes what has the name once the last accept has ended.
    this.#machine.scheduler.after(this.#machine.random(500) / 1_000, this.process, () => {
      this.#remove();
      accepting?.resolve(null);
    });
    return this.#closed;
  }

  drop(): void {
    if (!this.process.alive) this.#machine.listeners.delete(this);
    for (const end of this.#backlog.splice(0)) end.refuse();
  }

  #serve(): void {
    const waits = this.#accepted !== null && !this.#accepted.cancelled;
    if (this.#accepting === null || this.#backlog.length === 0 || waits) return;
    this.#accepted = this.#machine.soon(this.process, () => {
      this.#accepted = null;
      const accepting = this.#accepting;
      const end = this.#backlog.shift();
      if (accepting === null || end === undefined) return end?.refuse();
      this.#accepting = null;
      accepting.resolve(end);
    });
  }

  readonly #onLook = (): void => {
    this.#look = this.#machine.scheduler.after(LOOK, this.process, this.#onLook);
    try {
      if (!this.#owns()) return;
      if (this.#renewing) return this.#listenAgain();
      const file = this.#machine.disk.find(this.address);
      if (file !== null && file === this.#file) return;
      this.#renewing = true;
      this.drop();
      this.#machine.soon(this.process, () => {
        this.#remove();
        if (this.#closed === null && this.#owns()) this.#listenAgain();
      });
    } catch (error) {
      if (!this.#told) this.#report(`Nobody can connect: ${(error as Error).message}`);
      this.#told = true;
    }
  };

  #listenAgain(): void {
    this.#file = this.#bind();
    this.#renewing = false;
    this.#report(`The socket "${this.address}" was removed, and is made anew`);
  }

  #owns(): boolean {
    return this.#options.owns?.() ?? true;
  }

  #report(problem: string): void {
    this.#options.report?.(problem);
  }

  /** Takes the name, in place of whatever has it. */
  #bind(): Inode {
    this.#machine.enter(this.process, "bind", this.address);
    this.#remove();
    const { disk } = this.#machine;
    const folder = this.address.slice(0, this.address.lastIndexOf("/"));
    if (disk.find(folder) === null) disk.makeFolder(folder, true, 0o700);
    return disk.bind(this.address, this);
  }

  #remove(): void {
    if (this.process.alive && this.#machine.disk.find(this.address) !== null) {
      this.#machine.disk.remove(this.address);
    }
  }
}
