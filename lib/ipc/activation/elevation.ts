/**
 * What an elevated process does not do: see docs/decisions/0013-elevated-processes.md.
 *
 * @module
 */

import type { Platform, Transport } from "../os/transport.ts";

const WAY_OUT = 'The option "trustUnelevated" allows it';

/** Holds an elevated process back from serving programs that have fewer rights than itself. */
export class Elevation {
  readonly #platform: Pick<Platform, "elevated">;
  readonly #trusting: boolean;

  /** @param trusting whether the program was told that it may all the same */
  constructor(platform: Pick<Platform, "elevated">, trusting = false) {
    this.#platform = platform;
    this.#trusting = trusting;
  }

  /** Why nothing may be started by what the registry says, or `null`. */
  startRefusal(): string | null {
    if (!this.#holds()) return null;
    return "this process is elevated, and any unelevated program of the user could have written " +
      `in the registry what it would start. Start it by hand first. ${WAY_OUT}`;
  }

  /** Why nothing may be exchanged with the peer, or `null`. */
  peerRefusal(transport: Transport): string | null {
    if (!this.#holds() || transport.peerElevated?.() === true) return null;
    return `one side runs elevated and the other does not, or cannot be told to. ${WAY_OUT}`;
  }

  #holds(): boolean {
    return !this.#trusting && this.#platform.elevated();
  }
}
