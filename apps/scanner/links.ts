/** Files with several names, so that each counts once. */
import type { Entry } from "./entry.ts";

/**
 * Remembers the files of which some names were seen and others not. One whose names were all seen
 * is forgotten: what is kept are files that have names elsewhere, or further on.
 */
export class Links {
  /** How many names are still to come. */
  readonly #left = new Map<string, number>();

  /** Whether this is the first of its names. */
  isFirst({ identity, names }: Entry): boolean {
    if (identity === null) return true;
    const left = this.#left.get(identity);
    if (left === undefined) this.#left.set(identity, names - 1);
    else if (left > 1) this.#left.set(identity, left - 1);
    else this.#left.delete(identity);
    return left === undefined;
  }
}
