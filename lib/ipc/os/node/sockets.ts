/**
 * Deno's Unix sockets, as far as the library uses them, on node:net.
 *
 * @module
 */

import { accessSync, constants, existsSync } from "node:fs";
import { connect as connectByNode, createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";
import { asDenoError, errors, withErrors } from "./errors.ts";

/** Bytes that are read ahead of what is asked for. */
const AHEAD = 64 << 10;

/** Where a socket is. */
interface UnixAddress {
  path: string;
}

/** A connection. One read and one write at a time, as the library does. */
class Connection {
  readonly #socket: Socket;
  #left: Uint8Array | null = null;
  #ended = false;
  #failure: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    const wake = () => this.#wake?.();
    socket.on("readable", wake);
    socket.on("end", () => {
      this.#ended = true;
      wake();
    });
    socket.on("error", (error) => {
      this.#failure = asDenoError(error);
      wake();
    });
    socket.on("close", () => {
      this.#failure ??= new errors.BadResource("the connection is closed");
      wake();
    });
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const bytes = this.#left ?? this.#socket.read() as Uint8Array | null;
      if (bytes !== null) {
        const count = Math.min(bytes.length, into.length);
        into.set(count < bytes.length ? bytes.subarray(0, count) : bytes);
        this.#left = count < bytes.length ? bytes.subarray(count) : null;
        return count;
      }
      if (this.#ended) return null;
      if (this.#failure !== null) throw this.#failure;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = null;
    }
  }

  /** Resolves once the system has taken all of it. */
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      this.#socket.write(view, (error) => {
        if (error) reject(this.#failure ?? asDenoError(error));
        else resolve(bytes.length);
      });
    });
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Connects to a socket. */
export function connect({ path }: UnixAddress): Promise<Connection> {
  return new Promise((resolve, reject) => {
    // A peer that sends no more may still read.
    const socket = connectByNode({ path, allowHalfOpen: true, readableHighWaterMark: AHEAD } as {
      path: string;
    });
    const fail = (error: Error) => reject(asDenoError(error));
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      resolve(new Connection(socket));
    });
  });
}

/** A socket that is listened on. */
class Listener {
  readonly #server: Server;
  readonly #arrived: Connection[] = [];
  #waiting: { resolve(one: Connection): void; reject(error: Error): void } | null = null;
  #closed = false;

  constructor(path: string) {
    this.#server = createServer({ allowHalfOpen: true, highWaterMark: AHEAD }, (socket) => {
      const one = new Connection(socket);
      if (this.#waiting === null) return void this.#arrived.push(one);
      this.#waiting.resolve(one);
      this.#waiting = null;
    });
    // Node tells of a failure in the next turn; the caller is told now.
    this.#server.on("error", () => {});
    this.#server.listen(path);
    if (!this.#server.listening) throw whyNot(path);
  }

  accept(): Promise<Connection> {
    const one = this.#arrived.shift();
    if (one !== undefined) return Promise.resolve(one);
    if (this.#closed) return Promise.reject(new errors.BadResource("nobody listens any more"));
    return new Promise((resolve, reject) => this.#waiting = { resolve, reject });
  }

  /** Removes what has the socket's name as well, as Deno does. */
  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const one of this.#arrived.splice(0)) one.close();
    this.#waiting?.reject(new errors.BadResource("nobody listens any more"));
    this.#waiting = null;
  }
}

/** Why nobody can listen at `path`. */
function whyNot(path: string): Error {
  try {
    withErrors(accessSync)(dirname(path), constants.W_OK | constants.X_OK);
  } catch (error) {
    return error as Error;
  }
  return existsSync(path)
    ? new errors.AddrInUse("address already in use")
    : new Error("the system refuses the socket");
}

/** Listens at a path where nothing is. */
export function listen({ path }: UnixAddress): Listener {
  return new Listener(path);
}
