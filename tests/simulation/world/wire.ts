/**
 * Connections between processes of a simulated machine, as lib/ipc/os/transport.ts promises them:
 * bytes in order, in any pieces, at any time.
 *
 * @module
 */

import type { Transport } from "../../../lib/ipc/os/transport.ts";
import type { Machine } from "./machine.ts";
import type { Process, Resource } from "./process.ts";

/** Bytes that the system holds for a reader, at most. */
const CAPACITY = [4 << 10, 64 << 10, 208 << 10] as const;

interface Read {
  into: Uint8Array<ArrayBuffer> | undefined;
  resolve(bytes: Uint8Array | null): void;
  due: boolean;
}

interface Write {
  bytes: Uint8Array;
  sent: number;
  resolve(): void;
  reject(error: Error): void;
}

/** One direction of a connection: what one process sends and the other has not read. */
export class Channel {
  readonly #machine: Machine;
  readonly #capacity: number;
  readonly #pieces: Uint8Array[] = [];
  #held = 0;
  #read: Read | null = null;
  #write: Write | null = null;
  /** What the last read gave out, which the next one takes back. */
  #lent: Uint8Array | null = null;
  /** What is sent the other way. */
  reverse!: Channel;
  writerGone = false;
  readerGone = false;

  constructor(
    machine: Machine,
    readonly writer: Process,
    public reader: Process,
    /** The connection's number. */
    readonly connection: number,
  ) {
    this.#machine = machine;
    this.#capacity = CAPACITY[machine.random(3)]!;
  }

  /** How many bytes the system holds. */
  get held(): number {
    return this.#held;
  }

  /** Takes bytes as there is room. */
  write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#write = { bytes, sent: 0, resolve, reject };
    this.#machine.soon(this.writer, this.#take);
    return promise;
  }

  /** Gives the next bytes. */
  read(into: Uint8Array<ArrayBuffer> | undefined): Promise<Uint8Array | null> {
    // Whoever looks at the last ones now sees that they are not theirs any more.
    this.#lent?.fill(0xaa);
    this.#lent = null;
    const { promise, resolve } = Promise.withResolvers<Uint8Array | null>();
    this.#read = { into, resolve, due: false };
    this.#rouse();
    return promise;
  }

  /** The writer sends nothing more; what it has sent still arrives. */
  endWriting(why: string): void {
    if (this.writerGone) return;
    this.writerGone = true;
    this.#break(why);
    this.#rouse();
  }

  /** Nobody reads any more. */
  endReading(why: string): void {
    if (this.readerGone) return;
    this.readerGone = true;
    this.#pieces.length = this.#held = 0;
    const read = this.#read;
    this.#read = null;
    if (read !== null) this.#machine.soon(this.reader, () => read.resolve(null));
    this.#break(why);
  }

  #break(why: string): void {
    const write = this.#write;
    this.#write = null;
    const error = new Deno.errors.BrokenPipe(why);
    if (write !== null) this.#machine.soon(this.writer, () => write.reject(error));
  }

  readonly #take = (): void => {
    const write = this.#write;
    if (write === null) return;
    if (this.readerGone) return this.#break("the peer is gone");
    const room = this.#capacity - this.#held;
    const count = Math.min(room, write.bytes.length - write.sent);
    if (count > 0) {
      const piece = write.bytes.slice(write.sent, write.sent + count);
      write.sent += count;
      this.#held += count;
      this.#pieces.push(piece);
      for (const onlooker of this.#machine.onlookers) onlooker.onBytes(this, piece, "taken");
      this.#rouse();
    }
    if (write.sent < write.bytes.length) return;
    this.#write = null;
    write.resolve();
  };

  /** Has the reader get something, where it waits and there is something. */
  #rouse(): void {
    const read = this.#read;
    if (read === null || read.due || (this.#held === 0 && !this.writerGone)) return;
    read.due = true;
    this.#machine.soon(this.reader, this.#deliver);
  }

  readonly #deliver = (): void => {
    const read = this.#read;
    if (read === null) return;
    this.#read = null;
    if (this.#held === 0) return read.resolve(null);
    // Mostly all there is, at times a part of it that ends anywhere.
    const wish = this.#machine.random(4) > 0 ? this.#held : 1 + this.#machine.random(this.#held);
    const room = read.into === undefined ? wish : Math.min(wish, read.into.length);
    const target = read.into ?? new Uint8Array(room);
    for (let filled = 0; filled < room;) {
      const piece = this.#pieces[0]!;
      const part = piece.subarray(0, room - filled);
      target.set(part, filled);
      filled += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#held -= room;
    const bytes = target.subarray(0, room);
    if (read.into === undefined) this.#lent = bytes;
    for (const onlooker of this.#machine.onlookers) onlooker.onBytes(this, bytes, "delivered");
    if (this.#write !== null) this.#machine.soon(this.writer, this.#take);
    read.resolve(bytes);
  };
}

/** One end of a connection, as a process has it. */
export class End implements Transport, Resource {
  readonly #machine: Machine;
  readonly #process: Process;
  readonly #incoming: Channel;
  readonly #outgoing: Channel;
  #closed: Promise<void> | null = null;

  constructor(machine: Machine, process: Process, incoming: Channel, outgoing: Channel) {
    this.#machine = machine;
    this.#process = process;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    process.resources.add(this);
  }

  get what(): string {
    return `connection ${this.#incoming.connection}`;
  }

  read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
    if (!this.#process.alive) return new Promise(() => {});
    if (this.#closed !== null) return Promise.resolve(null);
    return this.#incoming.read(into);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!this.#process.alive) return new Promise(() => {});
    if (this.#closed !== null) {
      return Promise.reject(new Deno.errors.BrokenPipe("the transport is closed"));
    }
    return this.#outgoing.write(bytes);
  }

  close(): Promise<void> {
    if (!this.#process.alive) return new Promise(() => {});
    if (this.#closed === null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#closed = promise;
      this.#process.resources.delete(this);
      this.#machine.story.trace(this.#process, `closes ${this.what}`);
      this.drop();
      this.#machine.soon(this.#process, resolve);
    }
    return this.#closed;
  }

  /** The system lets go of it, as nobody has accepted it. */
  refuse(): void {
    this.#process.resources.delete(this);
    this.drop();
  }

  drop(): void {
    this.#outgoing.endWriting("the transport was closed");
    this.#incoming.endReading("the peer is gone");
  }
}

/** Joins two processes; the ends of the one that dialled and of the one that listens. */
export function join(
  machine: Machine,
  caller: Process,
  app: Process,
  connection: number,
): [caller: End, app: End] {
  const there = new Channel(machine, caller, app, connection);
  const back = new Channel(machine, app, caller, connection);
  [there.reverse, back.reverse] = [back, there];
  return [new End(machine, caller, back, there), new End(machine, app, there, back)];
}
