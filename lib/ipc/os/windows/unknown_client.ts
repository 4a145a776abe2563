/**
 * A client that could not be asked who it is when it connected.
 *
 * @module
 */

import type { Transport } from "../transport.ts";
import type { OverlappedHandle } from "./overlapped_handle.ts";
import { isOwnUser, writerOf } from "./peer.ts";
import { PipeTransport } from "./pipe.ts";

/**
 * A pipe whose client shows who it is by the first thing it writes, and is hung up on, unread, when
 * that is another user. An elevated program's process, say, is closed to an ordinary one.
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
