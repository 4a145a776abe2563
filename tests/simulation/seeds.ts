/**
 * Many seeds, in several threads: each has a part of them and a copy of the bundle.
 *
 * @module
 */

import type { Product, Verdict } from "./simulate.ts";
import { Totals } from "./totals.ts";

/** Seeds that a thread is given at a time. */
const SHARE = 50;

/** What a thread is told: the bundle first, then seeds. */
export type Task = { text: string } | { first: number; count: number };

/** What a thread tells of a share. */
export interface Done {
  verdicts: Verdict[];
  /** Bytes that its values take after it. */
  heap: number;
}

/** How many seeds, and how. */
export interface SeedsOptions {
  first: number;
  count: number;
  threads: number;
  /** Told after each share. */
  progress?: (totals: Totals) => void;
  /** No further seeds are begun after so many failures. */
  failuresMax?: number;
  signal?: AbortSignal;
}

/** Runs seeds, and sums up. */
export async function runSeeds(product: Product, options: SeedsOptions): Promise<Totals> {
  const { first, count, threads, progress, failuresMax = 10, signal } = options;
  const totals = new Totals();
  let next = first;
  const end = first + count;
  const work = async (): Promise<void> => {
    const heaps: number[] = [];
    const worker = new Worker(import.meta.resolve("./seed_worker.ts"), { type: "module" });
    try {
      worker.postMessage({ text: product.text } satisfies Task);
      while (next < end && totals.failed.length < failuresMax && !signal?.aborted) {
        const share = { first: next, count: Math.min(SHARE, end - next) };
        next += share.count;
        const { verdicts, heap } = await ask(worker, share);
        for (const verdict of verdicts) totals.add(verdict);
        heaps.push(heap);
        progress?.(totals);
      }
    } finally {
      worker.terminate();
    }
    totals.addHeaps(heaps);
  };
  await Promise.all(Array.from({ length: threads }, work));
  totals.failed.sort((a, b) => a.seed - b.seed);
  return totals;
}

function ask(worker: Worker, share: Task): Promise<Done> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(share);
  });
}
