/**
 * Pipes as far as the engine sees them: operations that are refused, over at once, or pending, and
 * then end in any order. What becomes of each is drawn from the seed.
 *
 * The end of one that pends comes in pieces, with anything in between: its bytes, its status, its
 * event. Its start resets that event, whoever else had set it.
 *
 * @module
 */

import { type Place, placeOf, type Pointer } from "./memory.ts";
import type { KernelEvent, Pool } from "./pool.ts";
import type { Notes } from "./notes.ts";
import * as statuses from "./statuses.ts";

/** What an operation does. */
export type Kind = "read" | "write" | "listen";

/** One operation. */
export interface Operation {
  readonly id: number;
  readonly kind: Kind;
  readonly pipe: bigint;
  readonly event: KernelEvent;
  /** Its IO_STATUS_BLOCK. */
  readonly block: Place;
  readonly buffer: Place | null;
  readonly length: number;
  /** How far it has come: "ended" is with its status written, "told" with its event set. */
  state: "pending" | "counted" | "ended" | "told" | "refused";
  cancelled: boolean;
  /** Whether its end was not told at its start. */
  pended: boolean;
  status: number;
  bytes: number;
}

/** How many of a hundred are refused. */
const REFUSED: Readonly<Record<Kind, number>> = { read: 8, write: 10, listen: 18 };

/** The system's side of all pipes. */
export class Kernel {
  readonly operations: Operation[] = [];
  #started = 0;
  /** What becomes of each operation: over at once, as when a peer keeps a pipe full, or pending. */
  fate: "drawn" | "at once" | "pending" = "drawn";
  /** The pipes that are open. */
  readonly open = new Set<bigint>();

  /** How many of a hundred are over at once. */
  readonly #atOnce: Readonly<Record<Kind, number>>;

  constructor(readonly notes: Notes, readonly pool: Pool) {
    this.#atOnce = { read: 20, write: notes.pick([30, 75, 85]), listen: 12 };
  }

  /** Of kernel32. */
  readonly symbols = {
    CloseHandle: (handle: Pointer): number => {
      if (this.pool.close(handle)) return 1;
      this.notes.must(this.open.delete(handle.address), () => "a pipe is closed twice");
      for (const operation of this.pendingOf(handle.address)) {
        this.notes.fail(`a pipe is closed while operation ${operation.id} pends`);
      }
      return 1;
    },
    CancelIoEx: (handle: Pointer): number => {
      this.notes.must(this.open.has(handle.address), () => "a closed pipe is cancelled");
      const pending = this.pendingOf(handle.address);
      for (const operation of pending) {
        operation.cancelled = true;
        if (this.notes.chance(50)) continue;
        this.notes.met("what is cancelled is over when the call is back");
        for (let pieces = 2 + this.notes.random(2); pieces > 0; pieces--) this.#goOn(operation);
      }
      return pending.length > 0 ? 1 : 0;
    },
    GetLastError: (): number => 8,
  };

  /** Of ntdll. */
  readonly native = {
    NtReadFile: (...[pipe, event, , , status, buffer, length]: Transfer): number =>
      this.#start("read", pipe, event, status, buffer, length),
    NtWriteFile: (...[pipe, event, , , status, buffer, length]: Transfer): number =>
      this.#start("write", pipe, event, status, buffer, length),
    NtFsControlFile: (...[pipe, event, , , status]: Transfer): number =>
      this.#start("listen", pipe, event, status, null, 0),
    RtlNtStatusToDosError: (status: number): number => statuses.errorOf(status),
  };

  /** Opens a pipe. */
  openPipe(): Pointer {
    const address = this.pool.memory.address();
    this.open.add(address);
    return this.pool.memory.UnsafePointer.create(address)!;
  }

  /** The operations that still use their memory. */
  pendingOf(pipe: bigint): Operation[] {
    return this.operations.filter((one) => one.pipe === pipe && isPending(one));
  }

  /** How operations come nearer to their ends: of those that pend only if `all`. */
  *steps(all: (operation: Operation) => boolean): Generator<() => void> {
    for (const operation of this.operations) {
      const goesOn = operation.state === "ended" || (isPending(operation) && all(operation));
      if (goesOn) yield () => this.#goOn(operation);
    }
  }

  /** Forgets what is over and told. */
  forget(isSettled: (operation: Operation) => boolean): void {
    const isOver = ({ state }: Operation) => state === "told" || state === "refused";
    const kept = this.operations.filter((one) => !isOver(one) || !isSettled(one));
    this.operations.splice(0, Infinity, ...kept);
  }

  #start(
    ...[kind, pipe, handle, status, buffer, length]: [
      ...[Kind, Pointer, Pointer, Pointer, Uint8Array | null, number],
    ]
  ): number {
    const { notes } = this;
    notes.must(this.open.has(pipe.address), () => `a ${kind} starts on a closed pipe`);
    const block = status.memory!;
    const event = this.pool.event(handle);
    const operation: Operation = {
      ...{
        id: ++this.#started,
        kind,
        pipe: pipe.address,
        event,
        block,
        length,
        status: 0,
        bytes: 0,
      },
      ...{ buffer: buffer === null ? null : placeOf(buffer), state: "pending", cancelled: false },
      pended: false,
    };
    for (const other of this.operations) {
      if (!isPending(other)) continue;
      const same = (one: Place | null, two: Place | null) =>
        one !== null && two !== null && one.offset === two.offset &&
        one.buffer.deref() === two.buffer.deref();
      notes.must(!same(other.block, block), () => `${kind} takes the status of ${other.id}`);
      notes.must(!same(other.buffer, operation.buffer), () => `its memory is ${other.id}'s`);
    }
    this.operations.push(operation);
    return this.#fate(operation);
  }

  /** Decides what becomes of an operation at its start; returns what the start does. */
  #fate(operation: Operation): number {
    const { notes } = this;
    const { kind, id, event } = operation;
    const now = this.#atOnce[kind];
    const refused = now + REFUSED[kind];
    const drawn = this.fate === "drawn" ? notes.random(100) : this.fate === "pending" ? 99 : 0;
    const isRefused = drawn >= now && drawn < refused;
    // One that is refused early has not come that far.
    if (!isRefused || notes.chance(50)) {
      const unseen = event.set && this.operations.some((one) => {
        return one.event === event && one.pended && one.state === "told";
      });
      if (unseen) notes.met("a start resets an event that told of an end, and nobody saw");
      event.set = false;
    }
    if (isRefused) {
      operation.state = "refused";
      operation.status = notes.pick(statuses.FAILURES);
      notes.met("an operation is refused");
      notes.tell(() => `${kind} ${id} is refused with ${operation.status.toString(16)}`);
      if (notes.chance(50)) this.#write(operation, 0, operation.status);
      return operation.status | 0;
    }
    if (drawn < now) {
      this.#end(operation);
      operation.event.set = true;
      operation.state = "told";
      notes.met("an operation is over at once");
      notes.tell(() => `${kind} ${id} is over at once`);
      // An error that comes with a status of its own is a refusal, so here it is none.
      return operation.status | 0;
    }
    operation.pended = true;
    notes.met(kind === "write" ? "a write pends" : "an operation pends");
    notes.tell(() => `${kind} ${id} pends`);
    if (this.fate === "drawn" && notes.chance(15)) {
      notes.met("what pends is over when the call is back");
      for (let pieces = 1 + notes.random(3); pieces > 0; pieces--) this.#goOn(operation);
    }
    return statuses.STATUS_PENDING;
  }

  /** The next piece of an end. */
  #goOn(operation: Operation): void {
    const { notes } = this;
    const { id, kind, event } = operation;
    if (operation.state === "pending") {
      this.#end(operation, true);
      operation.state = "counted";
    } else if (operation.state === "counted") {
      this.#write(operation, operation.bytes, operation.status);
      operation.state = "ended";
      notes.tell(() => `${kind} ${id} ends with ${operation.status.toString(16)}`);
    } else {
      if (event.set) notes.met("one event tells of several ends");
      event.set = true;
      operation.state = "told";
      notes.tell(() => `the event of ${kind} ${id} is set: ${event.address}`);
    }
  }

  /** Draws an end. Of one that pended only the bytes are written yet, and where they are counted. */
  #end(operation: Operation, pended = false): void {
    const { notes } = this;
    const drawn = notes.random(100);
    const cancelled = operation.cancelled && drawn < 70;
    const failed = pended && (cancelled || drawn < 15);
    if (cancelled) operation.status = statuses.STATUS_CANCELLED;
    else if (failed) operation.status = notes.pick(statuses.FAILURES);
    else if (operation.kind === "read" && drawn > 90) {
      operation.status = statuses.STATUS_BUFFER_OVERFLOW;
    } else operation.status = statuses.STATUS_SUCCESS;
    if (cancelled) notes.met("an operation is cancelled");
    else if (operation.cancelled) notes.met("one that was cancelled ends on its own");
    operation.bytes = failed ? 0 : notes.random(operation.length + 1);
    if (operation.buffer !== null) {
      const memory = operation.buffer.buffer.deref();
      notes.must(memory !== undefined, () => `the memory of operation ${operation.id} is gone`);
      const { offset } = operation.buffer;
      if (operation.kind === "read" && memory !== undefined) {
        new Uint8Array(memory, offset, operation.bytes).fill(operation.id);
      }
    }
    this.#write(operation, operation.bytes, pended ? statuses.STATUS_PENDING : operation.status);
  }

  #write({ id, block }: Operation, bytes: number, status: number): void {
    const memory = block.buffer.deref();
    this.notes.must(memory !== undefined, () => `the status of operation ${id} is gone`);
    if (memory === undefined) return;
    const view = new DataView(memory, block.offset, 16);
    view.setBigUint64(8, BigInt(bytes), true);
    view.setInt32(0, status | 0, true);
  }
}

type Transfer = [Pointer, Pointer, null, null, Pointer, Uint8Array, number];

/** Whether the system may still write into an operation's memory. */
export function isPending({ state }: Operation): boolean {
  return state === "pending" || state === "counted";
}
