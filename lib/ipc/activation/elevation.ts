/**
 * What an elevated process does not do: see docs/decisions/0013-elevated-processes.md.
 *
 * @module
 */

import type { Platform, Transport } from "../os/transport.ts";

const WAY_OUT = 'The option "trustUnelevated" allows it';

/** Holds a process back from serving programs that have fewer rights than itself. */
export class Elevation {
  readonly #platform: Pick<Platform, "rights">;
  readonly #trusting: boolean;

  /** @param trusting whether the program was told that it may all the same */
  constructor(platform: Pick<Platform, "rights">, trusting = false) {
    this.#platform = platform;
    this.#trusting = trusting;
  }

  /** Why nothing may be started by what the registry says, or `null`. */
  startRefusal(): string | null {
    if (this.#trusting || !this.#platform.rights().elevated) return null;
    return "this process is elevated, and any unelevated program of the user could have written " +
      `in the registry what it would start. Start it by hand first. ${WAY_OUT}`;
  }

  /** Why nothing may be exchanged with the peer, or `null`. Where it cannot be told, nothing may. */
  peerRefusal(transport: Transport): string | null {
    if (this.#trusting) return null;
    try {
      return this.#refusal(transport);
    } catch (error) {
      return `the rights of one side cannot be told: ${(error as Error).message}. ${WAY_OUT}`;
    }
  }

  #refusal(transport: Transport): string | null {
    const own = this.#platform.rights();
    const peer = transport.peerRights?.() ?? null;
    if (own.elevated && peer?.elevated !== true) {
      return `one side runs elevated and the other does not, or cannot be told to. ${WAY_OUT}`;
    }
    // One that cannot be told is stronger, as a rule: its process is closed to this one.
    if (peer !== null && peer.integrity < own.integrity) {
      return `one side runs at a lower integrity level than the other. ${WAY_OUT}`;
    }
    return null;
  }
}
