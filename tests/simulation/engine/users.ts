/**
 * Who uses the engine in a scripted process: handles, what is started on them, and what is to come
 * of it.
 *
 * @module
 */

import type { OverlappedHandle } from "../../../lib/ipc/os/windows/overlapped_handle.ts";
import type { Outcome } from "../../../lib/ipc/os/windows/operation.ts";
import { isPending, type Kernel, type Kind, type Operation } from "./kernel.ts";
import type { Pointer } from "./memory.ts";
import type { Notes } from "./notes.ts";
import type { Engine } from "./scope.ts";
import { errorOf } from "./statuses.ts";

/** Operations that may be over at once before a turn; see completion.ts. */
const STREAK = 64;
/** Handles at a time, and bytes that an operation may transfer. */
const HANDLES_MAX = 5;
const BYTES_MAX = 64;

/** A handle in use. */
interface Held {
  readonly handle: OverlappedHandle;
  readonly pointer: Pointer;
  closing: boolean;
  closed: boolean;
}

/** All users. */
export class Users {
  readonly handles: Held[] = [];
  /** Operations whose outcome is still to come. */
  readonly waiting = new Set<Operation>();
  /** How often an outcome came. */
  settled = 0;
  /** How much they are still to do. */
  left: number;
  /** Operations that were over at once in this turn. */
  streak = 0;
  /** Memory that nobody uses. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  constructor(readonly notes: Notes, readonly kernel: Kernel, readonly engine: Engine) {
    this.left = 20 + notes.random(50);
  }

  /** One thing that they do. */
  act(): void {
    const { notes } = this;
    this.left--;
    const open = this.handles.filter(({ closing }) => !closing);
    const drawn = notes.random(100);
    if (open.length === 0 || (drawn < 15 && open.length < HANDLES_MAX)) this.#open();
    else if (drawn < 27) this.#close(notes.pick(open));
    else if (drawn < 30) this.#burst(notes.pick(open));
    else this.#issue(notes.pick(open));
  }

  /** Closes all that is open. */
  closeAll(): void {
    this.left = 0;
    for (const held of this.handles) if (!held.closing) this.#close(held);
  }

  #open(): void {
    const { notes, kernel } = this;
    if (this.handles.every(({ closing }) => closing)) {
      // There will be another engine.
      this.streak = 0;
      if (this.handles.length > 0) notes.met("an engine begins while one is being taken down");
    }
    const pointer = kernel.openPipe();
    let handle: OverlappedHandle;
    try {
      handle = this.engine.OverlappedHandle.own(pointer as unknown as Deno.PointerObject);
    } catch (error) {
      notes.must(kernel.pool.scarce, () => `a handle is refused: ${error}`);
      return;
    }
    this.handles.push({ handle, pointer, closing: false, closed: false });
    notes.tell(() => `handle ${pointer.address} opens`);
  }

  #close(held: Held): void {
    const { notes, kernel } = this;
    const { address } = held.pointer;
    const pending = kernel.pendingOf(address).length;
    notes.met(pending > 0 ? "a handle closes while something pends" : "an idle handle closes");
    notes.tell(() => `handle ${address} is to close`);
    held.closing = true;
    const closing = held.handle.close();
    notes.must(held.handle.close() === closing, () => "a second close is another one");
    closing.then(() => {
      held.closed = true;
      this.handles.splice(this.handles.indexOf(held), 1);
      notes.tell(() => `handle ${address} has closed`);
      const late = [...this.waiting].find(({ pipe }) => pipe === address);
      notes.must(late === undefined, () => `a handle has closed before operation ${late!.id}`);
    }, (error) => notes.fail(`a handle does not close: ${error}`));
  }

  /** Starts more than may be over at once in a turn. */
  #burst(held: Held): void {
    this.notes.met("many operations are over in one turn");
    this.kernel.fate = "at once";
    for (let i = 0; i < STREAK * 1.5; i++) this.#issue(held, "write");
    this.kernel.fate = "drawn";
  }

  #issue(held: Held, kind = this.notes.pick<Kind>(["read", "read", "write", "write", "listen"])) {
    const { notes, kernel, engine } = this;
    const buffer = kind === "listen" ? null : this.#take();
    const pipe = held.handle.handle;
    let operation: Operation | undefined;
    let started: Outcome | Promise<Outcome>;
    try {
      started = held.handle.issue(buffer, (event, status) => {
        const result = kind === "listen"
          ? engine.startListening(pipe, event, status)
          : kind === "read"
          ? engine.startRead(pipe, buffer!, event, status)
          : engine.startWrite(pipe, buffer!, event, status);
        operation = kernel.operations.at(-1);
        return result;
      }, kind === "write");
    } catch (error) {
      notes.fail(
        `${kind} ${operation?.id} is ${operation?.state}, and its start throws: ${error}`,
      );
      return;
    }
    const own = operation!;
    if (!(started instanceof Promise)) {
      notes.must(++this.streak < STREAK, () => `${STREAK} operations are over in one turn`);
      this.#settle(own, started, buffer);
      return;
    }
    if (!isPending(own)) notes.met("an outcome waits for a turn");
    this.waiting.add(own);
    started.then((outcome) => {
      this.waiting.delete(own);
      this.#settle(own, outcome, buffer);
      // Who was waiting goes on at once.
      if (this.left > 0 && !held.closing && notes.chance(40)) {
        this.left--;
        this.#issue(held);
      }
    }, (error) => notes.fail(`operation ${own.id} is rejected: ${error}`));
  }

  /** Looks at an outcome. */
  #settle(own: Operation, { error, bytes }: Outcome, buffer: Uint8Array<ArrayBuffer> | null): void {
    const { notes } = this;
    const { id, kind } = own;
    this.settled++;
    notes.tell(() => `${kind} ${id} is settled`);
    notes.must(!isPending(own), () => `${kind} ${id} is settled, and pends`);
    const right = own.state === "refused" ? 0 : own.bytes;
    notes.must(
      error === errorOf(own.status) && bytes === right,
      () => `${kind} ${id} comes to ${error} and ${bytes}: ${errorOf(own.status)} and ${right}`,
    );
    if (buffer === null) return;
    const whole = kind !== "read" || buffer.subarray(0, right).every((byte) => byte === id % 256);
    notes.must(whole, () => `another's bytes are in the memory of ${kind} ${id}`);
    this.#free.push(buffer);
  }

  #take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(new ArrayBuffer(BYTES_MAX));
  }
}
