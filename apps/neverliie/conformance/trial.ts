/**
 * One check while it runs: what it sent, and what it says where the host does otherwise than the page.
 *
 * @module
 */

import type { Host } from "./host.ts";
import { Failed, shown } from "./outcome.ts";
import { Peer } from "./peer.ts";

/** How many of the messages that were sent are shown. */
const SENT_MAX = 6;

/** One run of one check. */
export class Trial {
  readonly host: Host;
  /** Milliseconds that each answer may take. */
  readonly timeout: number;
  readonly #sent: string[] = [];
  readonly #peers: Peer[] = [];

  constructor(host: Host, timeout: number) {
    this.host = host;
    this.timeout = timeout;
  }

  /** What was sent last, for the report. */
  get sent(): readonly string[] {
    return this.#sent;
  }

  /** Notes something that was sent or done. */
  note(what: string): void {
    this.#sent.push(shown(what));
    if (this.#sent.length > SENT_MAX) this.#sent.shift();
  }

  /** A new connection to the host. */
  async peer(): Promise<Peer> {
    const transport = await this.host.dial(this.timeout);
    if (transport === null) {
      throw new Failed("a listener at the app's address", `nobody at ${this.host.address}`);
    }
    const peer = new Peer(transport, this);
    this.#peers.push(peer);
    return peer;
  }

  /**
   * Asks again and again until the answer fits: for what the host does by itself, such as ending a
   * handler. Each question is answered before the next one is asked.
   */
  async until<T>(awaited: string, ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
    const deadline = performance.now() + this.timeout;
    for (;;) {
      const answer = await ask();
      if (fits(answer)) return answer;
      if (performance.now() > deadline) throw new Failed(awaited, shown(answer));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Closes all connections. */
  async end(): Promise<void> {
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }
}
