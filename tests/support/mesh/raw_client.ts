/**
 * A peer without a session: it sends what a test says over the system's real pipes or sockets, and
 * shows what it gets.
 *
 * @module
 */

import { textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { FrameDecoder } from "../../../lib/ipc/wire/codec.ts";
import { FrameEncoder } from "../../../lib/ipc/wire/frame_encoder.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";
import { takeAll } from "./frames.ts";

/** A response, or any other message, as it came. */
export interface RawMessage {
  id?: unknown;
  // deno-lint-ignore no-explicit-any -- what arrives is looked at by the test
  result?: any;
  error?: { code: number; message: string; data?: unknown };
}

/** One connection. */
export class RawClient implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #decoder = new FrameDecoder();
  readonly #received: RawMessage[] = [];
  #at = 0;

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Connects to whoever listens at `address`. */
  static async dial(address: string): Promise<RawClient> {
    const transport = await platform().dial(address, { deadline: performance.now() + 20_000 });
    if (transport === null) throw new Error(`Nobody listens at "${address}"`);
    return new RawClient(transport);
  }

  /** Sends messages, each in a frame, in one write. */
  async send(...messages: unknown[]): Promise<void> {
    const encoder = new FrameEncoder();
    for (const message of messages) encoder.append(JSON.stringify(message));
    await this.sendBytes(takeAll(encoder));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    await this.#transport.write(bytes);
  }

  /** The next message, or `null` once the other side has ended. */
  async receive(): Promise<RawMessage | null> {
    while (this.#at === this.#received.length) {
      this.#received.length = this.#at = 0;
      const bytes = await this.#transport.read();
      if (bytes === null) return null;
      this.#decoder.push(
        bytes,
        (body) => this.#received.push(JSON.parse(textOf(body))),
      );
    }
    return this.#received[this.#at++]!;
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
