/**
 * A peer that writes and reads lines over the system's real pipes or sockets.
 *
 * @module
 */
import { platform } from "../../../lib/ipc/os/platform.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";

/** One connection. */
export class LineClient implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #decoder = new TextDecoder();
  #held = "";

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Connects to whoever listens at `address`, waking nobody; waits for one that is starting. */
  static async dial(address: string): Promise<LineClient> {
    const transport = await platform().dial(address, { deadline: performance.now() + 30_000 });
    if (transport === null) throw new Error(`Nobody listens at "${address}"`);
    return new LineClient(transport);
  }

  /** Sends a text as it is. */
  send(text: string): Promise<void> {
    return this.#transport.write(new TextEncoder().encode(text));
  }

  /** The next line; the whole rest, marked, at the end. */
  async line(): Promise<string> {
    while (!this.#held.includes("\n")) {
      const bytes = await this.#transport.read();
      if (bytes === null) return `${this.#held}<end>`;
      this.#held += this.#decoder.decode(bytes, { stream: true });
    }
    const end = this.#held.indexOf("\n");
    const line = this.#held.slice(0, end);
    this.#held = this.#held.slice(end + 1);
    return line;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#transport.close();
  }
}
