/**
 * The connections that others made to this app.
 *
 * @module
 */

import { Connection, type Dispatch } from "./session/connection.ts";
import { FrameEncoder } from "./wire/frame_encoder.ts";
import { type Limits, refusal } from "./session/limits.ts";
import type { Elevation } from "./activation/elevation.ts";
import { ErrorCode, RemoteError } from "./wire/errors.ts";
import type { IncomingRequest } from "./session/answering/incoming_request.ts";
import { noLongerThan } from "./base/timer.ts";
import type { Listener, Transport } from "./os/transport.ts";

/** Milliseconds before accepting again after it failed: at first, and at most. */
const PAUSE_FIRST = 10;
const PAUSE_MAX = 1_000;

/** Accepts peers, up to a number, and keeps their sessions until they end. */
export class IncomingConnections {
  readonly #elevation: Elevation;
  readonly #dispatch: Dispatch;
  readonly #limits: Limits;
  readonly #report: (problem: string) => void;
  readonly #connections = new Set<Connection>();
  /** Whether it was reported that there are too many. */
  #full = false;
  /** Why all sessions were ended, once they were. */
  #left: string | null = null;
  /** Ends a pause between two attempts to accept. */
  #endPause: (() => void) | null = null;

  /**
   * @param elevation tells which peers are left unanswered
   * @param report is told when accepting fails, and when it works again: once each
   */
  constructor(
    elevation: Elevation,
    dispatch: Dispatch,
    limits: Limits,
    report: (problem: string) => void,
  ) {
    this.#elevation = elevation;
    this.#dispatch = dispatch;
    this.#limits = limits;
    this.#report = report;
  }

  /** Accepts peers until the listener is closed. */
  async accept(listener: Listener): Promise<void> {
    let failures = 0;
    for (;;) {
      try {
        const transport = await listener.accept();
        if (transport === null) return;
        if (failures > 0) {
          this.#report(`Connections to "${listener.address}" are accepted again`);
          failures = 0;
        }
        if (this.#connections.size < this.#limits.connections) this.#serve(transport);
        else await this.#refuse(transport);
      } catch (error) {
        // Out of descriptors, say: those who are connected go on, and the next may find some free.
        const { message } = error as Error;
        const what = `Cannot accept connections to "${listener.address}", trying on`;
        if (failures === 0) this.#report(`${what}: ${message}`);
        await this.#pause(Math.min(PAUSE_FIRST * 2 ** failures++, PAUSE_MAX));
      }
    }
  }

  /** What is being answered to all of them. */
  inFlight(): IncomingRequest[] {
    return [...this.#connections].flatMap((connection) => connection.inFlight());
  }

  /** Ends all sessions, telling peers `why`; what was answered still leaves. */
  async close(why: string): Promise<void> {
    this.#left = why;
    this.#endPause?.();
    await Promise.all([...this.#connections].map((connection) => connection.close(why)));
  }

  async #pause(milliseconds: number): Promise<void> {
    if (this.#left !== null) return;
    const left = new Promise<void>((resolve) => this.#endPause = resolve);
    await noLongerThan(milliseconds, left);
    this.#endPause = null;
  }

  #serve(transport: Transport): void {
    const why = this.#elevation.peerRefusal(transport);
    const dispatch = why === null ? this.#dispatch : () => {
      // Nothing of what it sends is looked at; it is told why.
      throw new RemoteError(`Cannot answer: ${why}`, ErrorCode.Refused);
    };
    const connection = new Connection(transport, { dispatch, limits: this.#limits });
    this.#connections.add(connection);
    // Accepted just before the listener was closed: nobody would ever end it.
    if (this.#left !== null) void connection.close(this.#left);
    void connection.ended.then(() => {
      this.#connections.delete(connection);
      this.#full = false;
    });
  }

  /** One message tells why: a fresh connection takes it at once. */
  async #refuse(transport: Transport): Promise<void> {
    const why = `${this.#limits.connections} connections are open, as many as may be`;
    if (!this.#full) this.#report(`Cannot take another connection: ${why}`);
    this.#full = true;
    const encoder = new FrameEncoder();
    const error = refusal(
      "connections",
      `Cannot connect: ${why}; try again when a caller has left`,
    );
    encoder.append(JSON.stringify({ jsonrpc: "2.0", id: null, error }));
    try {
      await transport.write(encoder.take()!);
    } catch (error) {
      // It has left already.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    } finally {
      await transport.close();
    }
  }
}
