/**
 * Transports on Unix domain sockets.
 *
 * @module
 */

import type { DialOptions, Listener, Transport } from "../transport.ts";

/** A connection that nobody writes to should cost little; one that is busy should read in bulk. */
const BUFFER_MIN = 1 << 10;
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

/**
 * Milliseconds between two looks at whether the socket's file is still there. What cleans up /tmp
 * removes it under a running program, which hears nothing of that, and nobody finds it any more.
 */
const LOOK = 2_000;

class SocketListener implements Listener {
  readonly address: string;
  readonly #report: (problem: string) => void;
  #next: AbortSignal;
  #listener: Deno.UnixListener;
  /** Ends once there is a listener again; `null` while there is one. */
  #renewal: PromiseWithResolvers<void> | null = null;
  /** Whether it was reported that none can be made. */
  #told = false;
  #closed: Promise<void> | null = null;

  constructor(address: string, report: (problem: string) => void) {
    this.address = address;
    this.#report = report;
    // The caller holds the app's lock, so a socket that is still there is a dead process's.
    removeSocket(address);
    this.#listener = Deno.listen({ transport: "unix", path: address });
    this.#next = this.#lookLater();
  }

  async accept(): Promise<Transport | null> {
    while (this.#closed === null) {
      const listener = this.#listener;
      try {
        return new SocketTransport(await listener.accept());
      } catch (error) {
        const meant = this.#closed !== null || this.#renewal !== null ||
          listener !== this.#listener;
        if (!meant) throw error;
        await this.#renewal?.promise;
      }
    }
    return null;
  }

  /** By a signal: the first use of a timer loads Node's, which a program's start would wait for. */
  #lookLater(): AbortSignal {
    const signal = AbortSignal.timeout(LOOK);
    signal.addEventListener("abort", this.#look, { once: true });
    return signal;
  }

  /** Makes the socket anew where somebody removed its file. */
  readonly #look = (): void => {
    this.#next = this.#lookLater();
    try {
      if (exists(this.address)) return;
      if (this.#renewal === null) {
        // Deno removes the file of a listener that it closes, a moment after: so the next look
        // makes the new one.
        this.#renewal = Promise.withResolvers();
        this.#listener.close();
        return;
      }
      // (Its folder may be gone as well.)
      const folder = this.address.slice(0, this.address.lastIndexOf("/"));
      Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#listener = Deno.listen({ transport: "unix", path: this.address });
      this.#renewal.resolve();
      this.#renewal = null;
      this.#told = false;
      this.#report(`The socket "${this.address}" was removed, and is made anew`);
    } catch (error) {
      // Told once; the next look may find it otherwise.
      if (this.#told) return;
      this.#told = true;
      this.#report(`Nobody can connect to "${this.address}": ${(error as Error).message}`);
    }
  };

  close(): Promise<void> {
    if (this.#closed === null) {
      this.#closed = Promise.resolve();
      this.#next.removeEventListener("abort", this.#look);
      removeSocket(this.address);
      if (this.#renewal === null) this.#listener.close();
      this.#renewal?.resolve();
    }
    return this.#closed;
  }
}

/** Listens at `path`, in place of whatever socket an earlier process left there. */
export function listenOnSocket(path: string, report: (problem: string) => void): Listener {
  return new SocketListener(path, report);
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

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function removeSocket(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
