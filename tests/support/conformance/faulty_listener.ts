/**
 * Where the clients of a faulty host connect: each gets a connection of its own to the host that is
 * right.
 *
 * @module
 */

import { platform } from "../../../lib/ipc/os/platform.ts";
import type { Listener } from "../../../lib/ipc/os/transport.ts";
import type { Fault } from "./faults.ts";
import { FaultyLink } from "./faulty_link.ts";

/** Milliseconds for a busy listener. */
const DIAL_TIME = 10_000;

/** Listens until it is closed. */
export class FaultyListener {
  readonly #listener: Listener;
  readonly #right: string;
  readonly #fault: Fault;
  readonly #links = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;

  private constructor(listener: Listener, right: string, fault: Fault) {
    this.#listener = listener;
    this.#right = right;
    this.#fault = fault;
    this.#accepting = this.#accept();
  }

  /**
   * Begins to listen.
   *
   * @param right the address of the host that is right
   */
  static async listen(address: string, right: string, fault: Fault): Promise<FaultyListener> {
    return new FaultyListener(await platform().listen(address), right, fault);
  }

  /** Resolves once nobody is connected any more and nobody can connect. */
  async close(): Promise<void> {
    await this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#links);
  }

  async #accept(): Promise<void> {
    for (let client; (client = await this.#listener.accept()) !== null;) {
      const host = await platform().dial(this.#right, {
        deadline: performance.now() + DIAL_TIME,
      });
      if (host === null) {
        await client.close();
        continue;
      }
      const link = new FaultyLink(client, host, this.#fault).run();
      this.#links.add(link);
      void link.finally(() => this.#links.delete(link));
    }
  }
}
