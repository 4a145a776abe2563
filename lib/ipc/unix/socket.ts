/**
 * Transports on Unix domain sockets.
 *
 * @module
 */

import type { DialOptions, Listener, Transport } from "../transport.ts";

/** A connection that nobody writes to should cost little; one that is busy should read in bulk. */
const BUFFER_MIN = 4 << 10;
const BUFFER_MAX = 256 << 10;

class SocketTransport implements Transport {
  readonly #conn: Deno.UnixConn;
  #buffer = new Uint8Array(BUFFER_MIN);
  #closed: Promise<void> | null = null;

  constructor(conn: Deno.UnixConn) {
    this.#conn = conn;
  }

  async read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
    if (this.#closed !== null) return null;
    let count: number | null;
    try {
      count = await this.#conn.read(into ?? this.#buffer);
    } catch (error) {
      if (this.#closed !== null || isPeerGone(error)) return null;
      throw error;
    }
    if (count === null) return null;
    if (into !== undefined) return into.subarray(0, count);
    const bytes = this.#buffer.subarray(0, count);
    if (count === this.#buffer.length && count < BUFFER_MAX) {
      this.#buffer = new Uint8Array(count * 4);
    }
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    let sent = 0;
    try {
      while (sent < bytes.length) {
        sent += await this.#conn.write(sent === 0 ? bytes : bytes.subarray(sent));
      }
    } catch (error) {
      if (this.#closed === null && !isPeerGone(error)) throw error;
      throw new Deno.errors.BrokenPipe("the peer is gone", { cause: error });
    }
  }

  close(): Promise<void> {
    if (this.#closed === null) {
      this.#closed = Promise.resolve();
      this.#conn.close();
    }
    return this.#closed;
  }
}

class SocketListener implements Listener {
  readonly address: string;
  readonly #listener: Deno.UnixListener;
  #closed: Promise<void> | null = null;

  constructor(address: string) {
    this.address = address;
    // The caller holds the app's lock, so a socket that is still there is a dead process's.
    removeSocket(address);
    this.#listener = Deno.listen({ transport: "unix", path: address });
  }

  async accept(): Promise<Transport | null> {
    if (this.#closed !== null) return null;
    try {
      return new SocketTransport(await this.#listener.accept());
    } catch (error) {
      if (this.#closed !== null) return null;
      throw error;
    }
  }

  close(): Promise<void> {
    if (this.#closed === null) {
      this.#closed = Promise.resolve();
      removeSocket(this.address);
      this.#listener.close();
    }
    return this.#closed;
  }
}

/** Listens at `path`, in place of whatever socket an earlier process left there. */
export function listenOnSocket(path: string): Listener {
  return new SocketListener(path);
}

/** Connects to the socket at `path`; `null` when nobody listens. */
export async function dialSocket(
  path: string,
  { signal, deadline }: DialOptions,
): Promise<Transport | null> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      const conn = await Deno.connect({ transport: "unix", path });
      if (signal?.aborted) {
        conn.close();
        throw signal.reason;
      }
      return new SocketTransport(conn);
    } catch (error) {
      if (
        error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused ||
        // The listener went while this one waited to be accepted.
        error instanceof Deno.errors.ConnectionReset
      ) return null;
      // A full backlog: the listener lives and will come round to it.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      if (performance.now() > deadline) {
        throw new Deno.errors.TimedOut(`Cannot connect to "${path}": it stayed busy`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function isPeerGone(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}

function removeSocket(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
