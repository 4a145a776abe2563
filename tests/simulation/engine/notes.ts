/**
 * What is noted of one seed: its numbers, the first thing that was wrong, how often what came up, and
 * its story.
 *
 * @module
 */

import { type Random, seeded } from "../../support/chaos/random.ts";

/** One seed's. */
export class Notes {
  readonly random: Random;
  /** The first thing that was not as it must be. */
  failure: string | null = null;
  /** How often each case that the checks speak of came up. */
  readonly premises = new Map<string, number>();
  /** What happened, line by line; `null` where nobody asked. */
  readonly story: string[] | null;
  /** What the lines are dated by. */
  readonly #now: () => number;

  constructor(seed: number, told: boolean, now: () => number) {
    this.random = seeded(seed);
    this.story = told ? [] : null;
    this.#now = now;
  }

  /** Whether something happens that does so often: that many times in a hundred. */
  chance(percent: number): boolean {
    return this.random(100) < percent;
  }

  /** One of several. */
  pick<T>(from: readonly T[]): T {
    return from[this.random(from.length)]!;
  }

  /** Counts a case. */
  met(premise: string): void {
    this.premises.set(premise, (this.premises.get(premise) ?? 0) + 1);
  }

  tell(line: () => string): void {
    this.story?.push(`${this.#now().toFixed(3).padStart(9)}  ${line()}`);
  }

  /** Notes that something is wrong; the first one counts. */
  fail(why: string): void {
    this.failure ??= why;
    this.tell(() => `FAILED: ${why}`);
  }

  /** The same, unless it holds. */
  must(holds: boolean, why: () => string): void {
    if (!holds) this.fail(why());
  }
}
