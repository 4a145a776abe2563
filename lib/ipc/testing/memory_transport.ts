/**
 * A linked pair of transports inside one process: for unit tests of the session, never in place of a
 * pipe or a socket.
 *
 * @module
 */

import type { Transport } from "../os/transport.ts";

class MemoryTransport implements Transport {
  peer!: MemoryTransport;
  readonly #queue: Uint8Array[] = [];
  #ended = false;
  #wake: (() => void) | null = null;

  async read(): Promise<Uint8Array | null> {
    while (this.#queue.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = null;
    }
    return this.#queue.shift() ?? null;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(new Deno.errors.BrokenPipe("the peer is gone"));
    this.peer.#queue.push(bytes.slice());
    this.peer.#wake?.();
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#end();
    this.peer.#end();
    return Promise.resolve();
  }

  #end(): void {
    this.#ended = true;
    this.#wake?.();
  }
}

/** Two transports: what one writes, the other reads. */
export function memoryPair(): [Transport, Transport] {
  const [left, right] = [new MemoryTransport(), new MemoryTransport()];
  left.peer = right;
  right.peer = left;
  return [left, right];
}
