/**
 * How often something happens and how long it takes, over the last while.
 *
 * @module
 */

import { percentile } from "../bench/bench.ts";
import type { Figures, Point } from "../figures.ts";

/** Milliseconds of one slot: what a point of a plot stands for. */
export const SLOT = 2_000;
/** Slots that are kept: two minutes. */
export const SLOTS = 60;
/** Slots that the figures of "now" are made from: ten seconds. */
const RECENT = 5;
/**
 * Times kept of a slot. Of more than that each has the same chance to be kept, so that percentiles
 * stay true while memory stays small.
 */
const TIMES_MAX = 500;

interface Slot {
  /** Which slot since the epoch. */
  index: number;
  count: number;
  failed: number;
  /** How many had a time; more than are kept. */
  timed: number;
  times: number[];
}

/** What happened in the last two minutes. Instants are in milliseconds since the epoch. */
export class SlidingWindow {
  #slots: Slot[] = [];
  /** When this window began to be filled: figures of a young one are not divided by ten seconds. */
  readonly #since: number;

  constructor(since: number) {
    this.#since = since;
  }

  /** @param milliseconds how long it took; `null` for what has no time, such as a stream */
  add(now: number, milliseconds: number | null, failed = false): void {
    const index = Math.floor(now / SLOT);
    let slot = this.#slots.at(-1);
    // A clock that was set back adds to the newest slot.
    if (slot === undefined || slot.index < index) {
      slot = { index, count: 0, failed: 0, timed: 0, times: [] };
      this.#slots.push(slot);
      this.#slots = this.#slots.filter((one) => one.index > index - SLOTS);
    }
    slot.count++;
    if (failed) slot.failed++;
    if (milliseconds === null) return;
    slot.timed++;
    if (slot.times.length < TIMES_MAX) slot.times.push(milliseconds);
    else {
      const place = Math.floor(Math.random() * slot.timed);
      if (place < TIMES_MAX) slot.times[place] = milliseconds;
    }
  }

  /** Whether nothing is left in it. */
  isEmpty(now: number): boolean {
    const newest = this.#slots.at(-1);
    return newest === undefined || newest.index <= Math.floor(now / SLOT) - SLOTS;
  }

  /** The last ten seconds. */
  figures(now: number): Figures {
    const current = Math.floor(now / SLOT);
    const slots = this.#slots.filter(({ index }) => index > current - RECENT);
    const count = slots.reduce((sum, slot) => sum + slot.count, 0);
    const failed = slots.reduce((sum, slot) => sum + slot.failed, 0);
    const begin = Math.max(this.#since, (current - RECENT + 1) * SLOT);
    const seconds = Math.max(1, (now - begin) / 1_000);
    const [p50, p99] = middleAndEnd(slots.flatMap(({ times }) => times)) ?? [null, null];
    return { count, failed, perSecond: Math.round(count / seconds * 10) / 10, p50, p99 };
  }

  /** One point a slot, the oldest first; `null` where nothing was timed. */
  points(now: number): Point[] {
    const first = Math.floor(now / SLOT) - SLOTS + 1;
    const points = new Array<Point>(SLOTS).fill(null);
    for (const { index, times } of this.#slots) {
      if (index >= first && index < first + SLOTS) points[index - first] = middleAndEnd(times);
    }
    return points;
  }
}

function middleAndEnd(times: readonly number[]): Point {
  if (times.length === 0) return null;
  const sorted = Float64Array.from(times).sort();
  return [percentile(sorted, 50), percentile(sorted, 99)];
}
