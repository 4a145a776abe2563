/**
 * `neverliie bench`: how long round trips to an app take.
 *
 * @module
 */

import type { NeverLiieIPC, Params, StreamCallOptions } from "../../../lib/ipc/mod.ts";

/** What is measured. */
export interface BenchPlan {
  app: string;
  method: string;
  params: Params;
  /** Round trips that count. */
  count: number;
  /** How many are in flight at once. */
  concurrency: number;
}

/** What came of it; times are in milliseconds. */
export interface BenchResult extends Omit<BenchPlan, "params"> {
  perSecond: number;
  min: number;
  p50: number;
  p90: number;
  p99: number;
  max: number;
}

/** Round trips before those that count: code is compiled and connections are made by then. */
const WARM_UP = 100;

/**
 * Makes the calls and measures each. The first that fails ends it, as a bench of errors tells
 * nothing.
 *
 * @param progress told of the share that is done, 0 to 1, now and then
 */
export async function bench(
  ipc: NeverLiieIPC,
  plan: BenchPlan,
  options: StreamCallOptions,
  progress: (share: number) => void,
): Promise<BenchResult> {
  const { app, method, params, count, concurrency } = plan;
  const call = () => ipc.call(app, method, params, options);
  for (let i = 0; i < Math.min(WARM_UP, count); i++) await call();
  const times = new Float64Array(count);
  let begun = 0;
  let done = 0;
  const start = performance.now();
  let told = start;
  const worker = async () => {
    while (begun < count) {
      const place = begun++;
      const sent = performance.now();
      await call();
      const now = performance.now();
      times[place] = now - sent;
      done++;
      if (now - told > 250) {
        told = now;
        progress(done / count);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - start) / 1_000;
  times.sort();
  return {
    app,
    method,
    count,
    concurrency,
    perSecond: Math.round(count / seconds),
    min: rounded(times[0]!),
    p50: percentile(times, 50),
    p90: percentile(times, 90),
    p99: percentile(times, 99),
    max: rounded(times[count - 1]!),
  };
}

/** The smallest of the sorted values that `share` percent of them do not exceed ("nearest rank"). */
export function percentile(sorted: Float64Array, share: number): number {
  return rounded(sorted[Math.max(0, Math.ceil(sorted.length * share / 100) - 1)]!);
}

function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
