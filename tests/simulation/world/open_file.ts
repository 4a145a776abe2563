/**
 * A file that a simulated process has open, with the lock that it may hold on it.
 *
 * @module
 */

import type { Inode, LockHolder } from "./disk.ts";
import type { Machine } from "./machine.ts";
import type { Process, Resource } from "./process.ts";
import { statOf } from "./system_calls.ts";

/** An open file. */
export class OpenFile implements Resource, LockHolder, Disposable {
  readonly #machine: Machine;
  readonly process: Process;
  readonly #path: string;
  readonly #file: Inode;
  #at = 0;
  exclusive = false;
  /** When it took its lock, on the machine's clock. */
  lockedAt = 0;

  constructor(machine: Machine, process: Process, path: string, file: Inode) {
    this.#machine = machine;
    this.process = process;
    this.#path = path;
    this.#file = file;
    process.resources.add(this);
  }

  get what(): string {
    return this.#file.locks.has(this) ? `lock ${this.#path}` : `file ${this.#path}`;
  }

  tryLockSync(exclusive: boolean): boolean {
    this.#machine.enter(this.process, "lock", this.#path);
    const { locks } = this.#file;
    for (const holder of locks) {
      if (holder !== this && (exclusive || holder.exclusive)) return false;
    }
    this.exclusive = exclusive;
    this.lockedAt = this.#machine.scheduler.now;
    locks.add(this);
    const { faults } = this.#machine;
    if (exclusive && faults.nextLock !== null) {
      this.process.callsLeft = faults.nextLock;
      this.process.fate = { fault: "killedWithLock", how: `dies holding ${this.#path}` };
      faults.nextLock = null;
    }
    return true;
  }

  statSync() {
    this.#machine.enter(this.process, "fstat", this.#path);
    return statOf(this.#file);
  }

  seekSync(offset: number): number {
    return this.#at = offset;
  }

  readSync(into: Uint8Array): number | null {
    const bytes = this.#file.data.subarray(this.#at, this.#at + into.length);
    into.set(bytes);
    this.#at += bytes.length;
    return bytes.length === 0 ? null : bytes.length;
  }

  writeSync(bytes: Uint8Array): number {
    this.#machine.enter(this.process, "write", this.#path);
    this.#machine.disk.write(this.#path, this.#file, this.#at, bytes);
    this.#at += bytes.length;
    return bytes.length;
  }

  close(): void {
    if (!this.process.resources.delete(this)) return;
    this.drop();
  }

  drop(): void {
    if (!this.#file.locks.delete(this) || !this.exclusive) return;
    const current = this.#machine.disk.find(this.#path) === this.#file;
    for (const one of this.#machine.onlookers) one.onUnlock(this.process, this.#path, current);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
