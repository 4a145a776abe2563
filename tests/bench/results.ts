/**
 * What a run of the bench measured: plain data, as it is written to results.json.
 *
 * @module
 */

/** The machine, without its name. */
export interface Machine {
  cores: number;
  cpu: string;
  /** In GiB. */
  memory: number;
  system: string;
}

/** One measure: what each competitor reached in each round, in the measure's unit. */
export interface Series {
  values: Record<string, number[]>;
  /** Why a competitor has no values. */
  missing: Record<string, string>;
}

/** One environment's measures, by their ids. */
export interface EnvironmentResults {
  title: string;
  versions: Record<string, string>;
  series: Record<string, Series>;
  notes: Record<string, string>;
}

/** One run. */
export interface Results {
  /** ISO 8601, UTC. */
  date: string;
  mode: "quick" | "full";
  /** The commit that was measured; `null` outside of a checkout. */
  commit: string | null;
  machine: Machine;
  /** Load averages before and after: over the last minute, and the last 15; zeros on Windows. */
  load?: { before: number[]; after: number[] };
  environments: Record<string, EnvironmentResults>;
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Adds a value of a round. */
export function add(
  { series }: EnvironmentResults,
  id: string,
  competitor: string,
  value: number,
): void {
  const entry = series[id] ??= { values: {}, missing: {} };
  (entry.values[competitor] ??= []).push(value);
}

/** Notes why a competitor is not measured. */
export function miss(
  { series }: EnvironmentResults,
  id: string,
  competitor: string,
  why: string,
): void {
  const entry = series[id] ??= { values: {}, missing: {} };
  entry.missing[competitor] = why.split("\n")[0]!;
}
