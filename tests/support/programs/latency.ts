/**
 * How long calls take.
 *
 * @module
 */

/** Milliseconds below which that part (0.5 for the median) of the times lies. */
export function quantile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
}

/** Milliseconds with two digits behind the point. */
export function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
