/**
 * The connections that others made to this app.
 *
 * @module
 */

import { Connection, type Dispatch } from "./connection.ts";
import { pauseFor } from "./timer.ts";
import type { Listener, Transport } from "./transport.ts";

/** Milliseconds before accepting again after it failed: at first, and at most. */
const PAUSE_FIRST = 10;
const PAUSE_MAX = 1_000;

/** Accepts peers and keeps their sessions until they end. */
export class Incoming {
  readonly #dispatchFor: (transport: Transport) => Dispatch;
  readonly #report: (problem: string) => void;
  readonly #connections = new Set<Connection>();

  /**
   * @param dispatchFor tells what answers a new peer
   * @param report is told when accepting fails, and when it works again: once each
   */
  constructor(
    dispatchFor: (transport: Transport) => Dispatch,
    report: (problem: string) => void,
  ) {
    this.#dispatchFor = dispatchFor;
    this.#report = report;
  }

  /** Accepts peers until the listener is closed. */
  async accept(listener: Listener): Promise<void> {
    let failures = 0;
    for (;;) {
      try {
        const transport = await listener.accept();
        if (failures > 0) {
          this.#report(`Connections to "${listener.address}" are accepted again`);
          failures = 0;
        }
        if (transport === null) return;
        this.#serve(transport);
      } catch (error) {
        // Out of descriptors, say: those who are connected go on, and the next may find some free.
        const { message } = error as Error;
        if (failures === 0) this.#report(`Cannot accept connections, trying on: ${message}`);
        await pauseFor(Math.min(PAUSE_FIRST * 2 ** failures++, PAUSE_MAX));
      }
    }
  }

  /** Ends all sessions; what was answered still leaves. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }

  #serve(transport: Transport): void {
    const connection = new Connection(transport, { dispatch: this.#dispatchFor(transport) });
    this.#connections.add(connection);
    void connection.ended.then(() => this.#connections.delete(connection));
  }
}
