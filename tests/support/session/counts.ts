/**
 * Counts what work costs, instead of timing it: reads, writes and bytes of a transport, and what
 * the whole process does meanwhile with timers, buffers and copies. Counts are the same on a busy
 * machine.
 *
 * @module
 */
import { textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { FrameDecoder } from "../../../lib/ipc/wire/codec.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";

/** A transport that counts. */
export class CountedTransport implements Transport {
  readonly #inner: Transport;
  reads = 0;
  writes = 0;
  /** Bytes written. */
  bytes = 0;
  /** Told of each block before it is written. */
  onWrite: ((bytes: Uint8Array) => void) | null = null;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  read(): Promise<Uint8Array | null> {
    this.reads++;
    return this.#inner.read();
  }

  write(bytes: Uint8Array): Promise<void> {
    this.writes++;
    this.bytes += bytes.length;
    this.onWrite?.(bytes);
    return this.#inner.write(bytes);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  /** Begins to count anew. */
  reset(): void {
    this.reads = this.writes = this.bytes = 0;
  }
}

/** Collects the messages that a transport writes from now on. */
export function writtenMessages(transport: CountedTransport): { method?: string }[] {
  const messages: { method?: string }[] = [];
  const decoder = new FrameDecoder();
  transport.onWrite = (bytes) =>
    decoder.push(bytes, (body) => messages.push(JSON.parse(textOf(body))));
  return messages;
}

/** What this process did while something ran. */
export interface Work {
  /** Timers set. */
  timers: number;
  /** Bytes of new buffers of a kilobyte or more, and how many there were. */
  allocated: number;
  buffers: number;
  /** Bytes copied from one buffer to another. */
  copied: number;
}

/** The functions that are counted, as they were. */
const { setTimeout: plainSetTimeout, Uint8Array: PlainUint8Array, ArrayBuffer: PlainArrayBuffer } =
  globalThis;
const { set, slice, copyWithin } = PlainUint8Array.prototype;
/** Smaller buffers are what every program makes all the time. */
const LARGE = 1_024;

/** Counts while `body` runs: nothing else may run meanwhile. */
export async function countWork(body: () => Promise<void>): Promise<Work> {
  const work: Work = { timers: 0, allocated: 0, buffers: 0, copied: 0 };
  const allocating = <T extends typeof PlainUint8Array | typeof PlainArrayBuffer>(plain: T): T =>
    new Proxy(plain, {
      construct(target, args, newTarget) {
        if (typeof args[0] === "number" && args[0] >= LARGE) {
          work.buffers++;
          work.allocated += args[0];
        }
        return Reflect.construct(
          target,
          args,
          newTarget === proxied.get(plain) ? target : newTarget,
        );
      },
    });
  const proxied = new Map<unknown, unknown>();
  const prototype = PlainUint8Array.prototype;
  try {
    for (const plain of [PlainUint8Array, PlainArrayBuffer]) proxied.set(plain, allocating(plain));
    globalThis.Uint8Array = proxied.get(PlainUint8Array) as typeof PlainUint8Array;
    globalThis.ArrayBuffer = proxied.get(PlainArrayBuffer) as typeof PlainArrayBuffer;
    globalThis.setTimeout = ((...args: Parameters<typeof plainSetTimeout>) => {
      work.timers++;
      return plainSetTimeout(...args);
    }) as typeof plainSetTimeout;
    prototype.set = function (this: Uint8Array, source: ArrayLike<number>, offset?: number) {
      work.copied += source.length;
      return set.call(this, source, offset);
    };
    prototype.slice = function (this: Uint8Array<ArrayBuffer>, start?: number, end?: number) {
      const copy = slice.call(this, start, end) as Uint8Array<ArrayBuffer>;
      work.copied += copy.length;
      return copy;
    };
    prototype.copyWithin = function (
      this: Uint8Array,
      target: number,
      start: number,
      end?: number,
    ) {
      work.copied += (end ?? this.length) - start;
      return copyWithin.call(this, target, start, end);
    } as typeof prototype.copyWithin;
    await body();
  } finally {
    globalThis.Uint8Array = PlainUint8Array;
    globalThis.ArrayBuffer = PlainArrayBuffer;
    globalThis.setTimeout = plainSetTimeout;
    // They belong to the prototype of all typed arrays, where the plain ones still are.
    for (const name of ["set", "slice", "copyWithin"] as const) {
      delete (prototype as Partial<Uint8Array>)[name];
    }
  }
  return work;
}
