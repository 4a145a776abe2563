/**
 * The server's end of a pipe name: instances that wait for peers.
 *
 * @module
 */

import type { Listener, Transport } from "../transport.ts";
import {
  FILE_FLAG_FIRST_PIPE_INSTANCE,
  FILE_FLAG_OVERLAPPED,
  kernel32,
  PIPE_ACCESS_DUPLEX,
  PIPE_REJECT_REMOTE_CLIENTS,
  PIPE_UNLIMITED_INSTANCES,
  validHandle,
  wide,
} from "./kernel32.ts";
import { startListening } from "./ntdll.ts";
import { OverlappedHandle } from "./overlapped_handle.ts";
import { clientOf, isOwnUser, serverOf, writerOf } from "./peer_process.ts";
import { delay, openPipe, PipeTransport } from "./pipe.ts";
import { pipeSecurityAttributes } from "./security.ts";
import {
  describeError,
  ERROR_ACCESS_DENIED,
  ERROR_ALREADY_EXISTS,
  ERROR_FILE_NOT_FOUND,
  ERROR_NO_DATA,
  ERROR_PIPE_BUSY,
  ERROR_PIPE_CONNECTED,
  ERROR_UNIDENTIFIED_ERROR,
  lastError,
  systemError,
} from "./win32_error.ts";

/** WaitNamedPipeW is to look, and not to wait. */
const NMPWAIT_NOWAIT = 1;
/** Bytes that a writer may be ahead of its reader before its writes pend. */
const QUOTA = 64 * 1024;

/** Instances that wait for a peer at any time, so that a burst of dialers is served. */
const WAITING = 4;
/** Peers that may be connected and not yet accepted; further ones find the pipe busy and retry. */
const BACKLOG = 64;
/** How long the name of a listener that is gone may be held by clients that are still closing. */
const STALE_MILLISECONDS = 1_000;
const STALE_PAUSE = 10;

/** Listens on a pipe name; made by {@link PipeListener.open}. */
export class PipeListener implements Listener {
  readonly address: string;
  readonly #name: Uint8Array<ArrayBuffer>;
  readonly #waiting = new Set<OverlappedHandle>();
  readonly #connected: OverlappedHandle[] = [];
  #failure: Error | null = null;
  #wake: (() => void) | null = null;
  #closing: Promise<void> | null = null;
  /** Called once it has begun to close. */
  onClose: () => void = () => {};

  /**
   * Starts listening at `address`.
   *
   * Windows refuses a first instance as long as anyone, a client included, holds the name. Clients
   * of a process that has just ended let go of it in a moment, so a name without a server is
   * tried again for a second.
   *
   * @throws {Deno.errors.AddrInUse} when somebody else has the name
   */
  static async open(address: string): Promise<PipeListener> {
    const name = wide(address);
    const giveUp = performance.now() + STALE_MILLISECONDS;
    for (;;) {
      const instance = createInstance(name, FILE_FLAG_FIRST_PIPE_INSTANCE);
      if (typeof instance !== "number") return new PipeListener(address, name, instance);
      if (!isTaken(instance)) throw systemError(`Cannot listen at "${address}"`, instance);
      const server = serverName(name);
      if (server !== null || performance.now() > giveUp) {
        throw new Deno.errors.AddrInUse(
          `Cannot listen at "${address}": ${server ?? "another process"} made a pipe of this ` +
            `name first, ${describeError(instance)}`,
        );
      }
      await delay(STALE_PAUSE);
    }
  }

  private constructor(address: string, name: Uint8Array<ArrayBuffer>, first: OverlappedHandle) {
    this.address = address;
    this.#name = name;
    this.#wait(first);
    this.#replenish();
  }

  async accept(): Promise<Transport | null> {
    while (this.#closing === null) {
      const peer = this.#connected.shift();
      // A failure counts once no peer can come any more; until then, and after it, it is retried.
      const failure = this.#failure;
      this.#failure = null;
      if (peer === undefined && failure !== null && this.#waiting.size === 0) throw failure;
      // Before the peer is handed out: a name without a waiting instance looks absent or busy.
      this.#replenish();
      if (peer !== undefined) {
        const client = clientOf(peer.handle);
        if (isOwnUser(client)) return new PipeTransport(this.address, peer, () => client.rights);
        // One that has ended, or whose process is closed to us, is known by what it wrote.
        if (client.user === null) return new UnknownClientTransport(this.address, peer);
        await peer.close();
      } else if (this.#connected.length === 0 && this.#waiting.size > 0) {
        await new Promise<void>((resolve) => this.#wake = resolve);
        this.#wake = null;
      }
    }
    return null;
  }

  /** Brings the number of waiting instances up to {@link WAITING}, until something fails. */
  #replenish(): void {
    while (
      this.#closing === null && this.#failure === null &&
      this.#waiting.size < WAITING && this.#connected.length < BACKLOG
    ) {
      const instance = createInstance(this.#name, 0);
      if (typeof instance === "number") {
        this.#failure = systemError(`Cannot listen at "${this.address}"`, instance);
      } else this.#wait(instance);
    }
  }

  /** Lets a peer connect to `instance`. */
  #wait(instance: OverlappedHandle): void {
    this.#waiting.add(instance);
    const started = instance.issue(
      null,
      (event, status) => startListening(instance.handle, event, status),
    );
    if (started instanceof Promise) {
      started.then(({ error }) => {
        this.#settle(instance, error);
        this.#replenish();
      });
    } else this.#settle(instance, started.error);
  }

  #settle(instance: OverlappedHandle, error: number): void {
    if (!this.#waiting.delete(instance)) return;
    // Already connected; or connected and closed again, perhaps with bytes left to read.
    // https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-connectnamedpipe
    if (error === 0 || error === ERROR_PIPE_CONNECTED || error === ERROR_NO_DATA) {
      this.#connected.push(instance);
    } else {
      this.#failure = systemError(`Cannot accept at "${this.address}"`, error);
      instance.close();
    }
    this.#wake?.();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.onClose();
    const instances = [...this.#waiting, ...this.#connected.splice(0)];
    this.#waiting.clear();
    this.#wake?.();
    await Promise.all(instances.map((instance) => instance.close()));
  }
}

/**
 * One instance of the pipe, or an error code.
 *
 * https://learn.microsoft.com/windows/win32/api/namedpipeapi/nf-namedpipeapi-createnamedpipew
 */
function createInstance(name: Uint8Array<ArrayBuffer>, first: number): OverlappedHandle | number {
  const security = pipeSecurityAttributes();
  // A success need not touch the last error, and what it says after a success counts below.
  kernel32().SetLastError(0);
  const handle = validHandle(
    kernel32().CreateNamedPipeW(
      name,
      PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first,
      PIPE_REJECT_REMOTE_CLIENTS,
      PIPE_UNLIMITED_INSTANCES,
      QUOTA,
      QUOTA,
      0,
      security,
    ),
  );
  const error = kernel32().GetLastError();
  if (handle === null) return error || ERROR_UNIDENTIFIED_ERROR;
  // Wine takes no notice of FILE_FLAG_FIRST_PIPE_INSTANCE, but tells that the name was there.
  if (first !== 0 && error === ERROR_ALREADY_EXISTS) {
    kernel32().CloseHandle(handle);
    return error;
  }
  return OverlappedHandle.own(handle);
}

/** Whether the error of a first instance says that the name exists. */
function isTaken(error: number): boolean {
  return error === ERROR_ACCESS_DENIED || error === ERROR_ALREADY_EXISTS ||
    error === ERROR_PIPE_BUSY;
}

/** The server that has the name, in words; `null` where only clients of a dead one hold it. */
function serverName(name: Uint8Array<ArrayBuffer>): string | null {
  const handle = validHandle(openPipe(name));
  if (handle === null) {
    const error = lastError();
    if (error === ERROR_FILE_NOT_FOUND) return null;
    // A server whose instances are all busy cannot be told from none in any other way.
    return error !== ERROR_PIPE_BUSY || kernel32().WaitNamedPipeW(name, NMPWAIT_NOWAIT) !== 0
      ? "another process"
      : null;
  }
  const { pid, user } = serverOf(handle);
  kernel32().CloseHandle(handle);
  return `process ${pid} of user "${user ?? "unknown"}"`;
}

/**
 * A pipe whose client could not be asked for its user when it connected: an elevated program's
 * process, say, is closed to an ordinary one. The first bytes that the client writes tell its user. If
 * that is another one, they are not read, and the pipe is closed.
 */
export class UnknownClientTransport implements Transport {
  readonly #handle: OverlappedHandle;
  readonly #pipe: PipeTransport;
  #known = false;

  constructor(address: string, handle: OverlappedHandle) {
    this.#handle = handle;
    this.#pipe = new PipeTransport(address, handle);
  }

  async read(): Promise<Uint8Array | null> {
    const bytes = await this.#pipe.read();
    if (bytes === null || this.#known) return bytes;
    this.#known = !this.#handle.closed && isOwnUser(writerOf(this.#handle.handle));
    if (this.#known) return bytes;
    await this.#pipe.close();
    return null;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#pipe.write(bytes);
  }

  close(): Promise<void> {
    return this.#pipe.close();
  }

  peerRights(): null {
    return null;
  }
}
