/**
 * What many seeds came to.
 *
 * @module
 */

import type { Verdict } from "./simulate.ts";
import { FAULTS } from "./world/faults.ts";
import { PREMISES } from "./mesh/records.ts";

/** So many seeds have all kinds of faults and all premises among them. */
export const ENOUGH = 1_000;

/** A seed that failed. */
export type Failed = Pick<Verdict, "seed" | "story"> & { failure: string };

/** Sums over seeds. */
export class Totals {
  seeds = 0;
  steps = 0;
  /** The smallest number of steps and of faults that a seed had. */
  fewest = { steps: Infinity, faults: Infinity };
  readonly faults: Record<string, number> = zeros(FAULTS);
  readonly premises: Record<string, number> = zeros(PREMISES);
  readonly failed: Failed[] = [];
  /** Bytes by which the values of a thread grew from its first seeds to its last ones, at most. */
  heapGrowth = 0;

  /** Adds a seed. */
  add({ seed, failure, story, faults, premises, steps }: Verdict): void {
    this.seeds++;
    this.steps += steps;
    for (const [kind, count] of Object.entries(faults)) this.faults[kind]! += count;
    for (const [name, count] of Object.entries(premises)) this.premises[name]! += count;
    if (failure !== null) return void this.failed.push({ seed, failure, story });
    const happened = Object.values(faults).reduce((sum, count) => sum + count, 0);
    this.fewest.steps = Math.min(this.fewest.steps, steps);
    this.fewest.faults = Math.min(this.fewest.faults, happened);
  }

  /** Adds what a thread held after each share of its seeds. */
  addHeaps(heaps: readonly number[]): void {
    // The least of many: what a share leaves is garbage until the next collection.
    const half = heaps.length >> 1;
    const least = (some: readonly number[]) => Math.min(...some);
    if (half === 0) return;
    const growth = least(heaps.slice(half)) - least(heaps.slice(0, half));
    this.heapGrowth = Math.max(this.heapGrowth, growth);
  }

  /** What was never tried although there were enough seeds: then they show less than they say. */
  missing(): string[] {
    if (this.seeds < ENOUGH) return [];
    return [...Object.entries(this.faults), ...Object.entries(this.premises)]
      .filter(([, count]) => count === 0).map(([name]) => name);
  }

  /** A table of how often everything was. */
  table(): string[] {
    const rows = (counts: Record<string, number>, said: Readonly<Record<string, string>>) =>
      Object.entries(counts).map(([name, count]) => `${String(count).padStart(10)}  ${said[name]}`);
    return [
      "Faults:",
      ...rows(this.faults, FAULTS),
      "What the checks speak of:",
      ...rows(this.premises, PREMISES),
    ];
  }
}

function zeros(names: object): Record<string, number> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, 0]));
}
