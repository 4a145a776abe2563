/**
 * Transports on Unix domain sockets.
 *
 * @module
 */

import { ifThere, isPeerGone, systemError } from "./system_call.ts";
import type { DialOptions, Listener, ListenOptions, Transport } from "../transport.ts";

/** A connection that nobody writes to should cost little; one that is busy should read in bulk. */
const BUFFER_MIN = 1 << 10;
const BUFFER_MAX = 256 << 10;

class SocketTransport implements Transport {
  readonly #conn: Deno.UnixConn;
  readonly #address: string;
  #buffer = new Uint8Array(BUFFER_MIN);
  #closed: Promise<void> | null = null;

  constructor(conn: Deno.UnixConn, address: string) {
    this.#conn = conn;
    this.#address = address;
  }

  async read(into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
    if (this.#closed !== null) return null;
    let count: number | null;
    try {
      count = await this.#conn.read(into ?? this.#buffer);
    } catch (error) {
      if (this.#closed !== null || isPeerGone(error)) return null;
      throw systemError(`Cannot read from "${this.#address}"`, error);
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
      if (this.#closed === null && !isPeerGone(error)) {
        throw systemError(`Cannot write to "${this.#address}"`, error);
      }
      throw new Deno.errors.BrokenPipe("the peer is gone", { cause: error });
    }
  }

  unref(): void {
    this.#conn.unref();
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

/** Listens at a path, in place of whatever socket an earlier process left there. */
export class SocketListener implements Listener {
  readonly address: string;
  readonly #report: (problem: string) => void;
  readonly #owns: () => boolean;
  #nextLook: AbortSignal;
  #listener: Deno.UnixListener;
  /** Which file the socket is, as far as it was looked at. */
  #file: Deno.FileInfo | null = null;
  /** Keeps cleaners away; see {@link SocketListener.#guardFolder}. */
  #folder: Deno.FsFile | null = null;
  /** Ends once there is a listener again; `null` while there is one. */
  #renewal: PromiseWithResolvers<void> | null = null;
  /** Whether it was reported that none can be made. */
  #told = false;
  #accepting: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | null = null;

  constructor(address: string, { report = console.error, owns = () => true }: ListenOptions) {
    this.address = address;
    this.#report = report;
    this.#owns = owns;
    this.#listener = listenInPlace(address);
    this.#nextLook = this.#lookLater();
  }

  accept(): Promise<Transport | null> {
    return this.#accepting = this.#next();
  }

  async #next(): Promise<Transport | null> {
    while (this.#closed === null) {
      const listener = this.#listener;
      try {
        return new SocketTransport(await listener.accept(), this.address);
      } catch (error) {
        const meant = this.#closed !== null || this.#renewal !== null ||
          listener !== this.#listener;
        if (!meant) throw error;
        // Deno has let go of the old one by now, and removed what had its name.
        if (this.#renewal !== null) this.#attempt(this.#listenAgain);
        await this.#renewal?.promise;
      }
    }
    return null;
  }

  /** By a signal: the first use of a timer loads Node's, which a program's start would wait for. */
  #lookLater(): AbortSignal {
    const signal = AbortSignal.timeout(LOOK);
    signal.addEventListener("abort", this.#onLook, { once: true });
    return signal;
  }

  readonly #onLook = (): void => {
    this.#nextLook = this.#lookLater();
    this.#attempt(this.#look);
  };

  /** Makes the socket anew where somebody removed its file, or put another in its place. */
  readonly #look = (): void => {
    if (!this.#owns()) return;
    if (this.#renewal !== null) return this.#listenAgain();
    const file = lstat(this.address);
    // (At the first look, whoever owns the address made what is there.)
    this.#file ??= file;
    if (file !== null && file.ino === this.#file?.ino && file.dev === this.#file.dev) {
      if (this.#folder === null) this.#guardFolder();
      return;
    }
    // Deno removes the file of a listener that it closes, a moment after: the new one is made once
    // that is over.
    this.#renewal = Promise.withResolvers();
    this.#listener.close();
  };

  readonly #listenAgain = (): void => {
    if (this.#renewal === null || this.#closed !== null || !this.#owns()) return;
    this.#listener = listenInPlace(this.address);
    this.#file = lstat(this.address);
    this.#guardFolder();
    this.#renewal.resolve();
    this.#renewal = null;
    this.#told = false;
    this.#report(`The socket "${this.address}" was removed, and is made anew`);
  };

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      // Told once; the next look may find it otherwise.
      if (!this.#told) {
        this.#report(`Nobody can connect to "${this.address}": ${(error as Error).message}`);
      }
      this.#told = true;
    }
  }

  /**
   * Holds a lock on the folder of sockets, shared with all who listen there: systemd-tmpfiles leaves
   * a folder alone that somebody has locked.
   *
   * https://www.freedesktop.org/software/systemd/man/latest/tmpfiles.d.html
   */
  #guardFolder(): void {
    this.#folder?.close();
    this.#folder = null;
    try {
      this.#folder = Deno.openSync(folderOf(this.address));
      this.#folder.tryLockSync(false);
    } catch {
      // What is removed is made anew, with it or without.
    }
  }

  close(): Promise<void> {
    if (this.#closed === null) {
      // Until then Deno removes what has the name, which may be the next one's by now.
      this.#closed = Promise.allSettled([this.#accepting]).then(() => {});
      this.#nextLook.removeEventListener("abort", this.#onLook);
      try {
        // (Deno removes what has the name in any case. Another one that has it makes its own anew.)
        if (this.#owns()) removeSocket(this.address);
      } finally {
        if (this.#renewal === null) this.#listener.close();
        this.#renewal?.resolve();
        this.#folder?.close();
      }
    }
    return this.#closed;
  }
}

/** The caller holds the app's lock, so a socket that is still there is a dead process's. */
function listenInPlace(path: string): Deno.UnixListener {
  const listen = () => Deno.listen({ transport: "unix", path });
  try {
    removeSocket(path);
    return ifThere(listen) ?? inNewFolder(path, listen);
  } catch (error) {
    throw systemError(`Cannot listen at "${path}"`, error);
  }
}

/** Its folder was removed as well, and anybody may make one of that name meanwhile. */
function inNewFolder<T>(path: string, work: () => T): T {
  const folder = folderOf(path);
  ensurePrivateDirectory(folderOf(folder));
  ensurePrivateDirectory(folder);
  return work();
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

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
      return new SocketTransport(conn, path);
    } catch (error) {
      if (
        error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused ||
        // The listener went while this one waited to be accepted.
        error instanceof Deno.errors.ConnectionReset
      ) return null;
      // A full backlog: the listener lives and will come round to it.
      if (signal?.aborted) throw error;
      if (!(error instanceof Deno.errors.WouldBlock)) {
        throw systemError(`Cannot connect to "${path}"`, error);
      }
      if (performance.now() > deadline) {
        throw new Deno.errors.TimedOut(`Cannot connect to "${path}": it stayed busy`);
      }
      // (A system's folder knows transport.ts and itself alone, not `base/timer.ts`.)
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

const lstat = (path: string) => ifThere(() => Deno.lstatSync(path));
const removeSocket = (path: string) => ifThere(() => Deno.removeSync(path));

/**
 * Makes sure that `path` is a directory of this user that nobody else can enter. Deno hands out no
 * descriptor of a socket, so a peer's user cannot be asked for: this folder is the guard.
 */
export function ensurePrivateDirectory(path: string): void {
  let info: Deno.FileInfo;
  try {
    info = lstat(path) ?? makeDirectory(path);
  } catch (error) {
    throw systemError(`Cannot keep sockets in "${path}"`, error);
  }
  const why = !info.isDirectory
    ? "it is not a directory"
    : info.uid !== Deno.uid()
    ? `it belongs to user ${info.uid}`
    : ((info.mode ?? 0) & 0o077) !== 0
    ? "others may enter it"
    : null;
  if (why !== null) {
    throw new Deno.errors.PermissionDenied(
      `Cannot keep sockets in "${path}": ${why}. Remove it, or make it yours alone (chmod 700)`,
    );
  }
}

/** Makes it, unless another process does at the same moment, and looks at what is there then. */
function makeDirectory(path: string): Deno.FileInfo {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  return Deno.lstatSync(path);
}
