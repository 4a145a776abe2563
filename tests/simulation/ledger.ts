/**
 * The ledger: how many seeds were run on which commit, and what they came to.
 *
 * @module
 */

import type { Totals } from "./totals.ts";

const LEDGER = new URL("ledger.jsonl", import.meta.url);

/** The commit of this checkout. @throws {TypeError} where something is not committed */
export async function commitOf(): Promise<string> {
  const status = await git("status", "--porcelain");
  if (status !== "") throw new TypeError(`Cannot name a commit: not committed are\n${status}`);
  return await git("rev-parse", "--short=12", "HEAD");
}

/** One run, as it is entered. */
export interface Entry {
  commit: string;
  from: number;
  totals: Totals;
  seconds: number;
}

/** Adds a run. */
export function enter({ commit, from, totals, seconds }: Entry): void {
  const { seeds, steps, failed } = totals;
  const faults = Object.values(totals.faults).reduce((sum, count) => sum + count, 0);
  const line = JSON.stringify({
    ...{ commit, day: new Date().toISOString().slice(0, 10), from, seeds, steps, faults },
    failures: failed.map(({ seed, failure }) => ({ seed, failure: failure.slice(0, 200) })),
    seconds: Math.round(seconds),
  });
  Deno.writeTextFileSync(LEDGER, `${line}\n`, { append: true });
}

async function git(...args: string[]): Promise<string> {
  const cwd = new URL(".", import.meta.url);
  const { success, stdout, stderr } = await new Deno.Command("git", { args, cwd }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new TypeError(`Cannot ask git: ${text(stderr)}`);
  return text(stdout);
}
