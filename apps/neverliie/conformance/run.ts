/**
 * Runs the checks, one after the other, and gathers what they come to.
 *
 * @module
 */

import type { Check } from "./check.ts";
import type { Host } from "./host.ts";
import { Failed, shown, Skipped } from "./outcome.ts";
import { Trial } from "./trial.ts";

/** What one check came to. */
export interface CheckResult {
  id: string;
  section: string;
  /** The sentences of docs/protocol.md that it cites. */
  sentences: readonly string[];
  result: "passed" | "failed" | "skipped";
  /** How long it took. */
  milliseconds: number;
  /** Why it was skipped. */
  why?: string;
  /** What was sent last. */
  sent?: readonly string[];
  /** What should have come, and what did. */
  awaited?: string;
  got?: string;
}

/** How checks are run. */
export interface RunOptions {
  /** Milliseconds that each answer may take. */
  timeout: number;
  /** Ends the run before the next check. */
  signal?: AbortSignal | undefined;
  /** Told of each result as it comes. */
  onResult?: ((result: CheckResult) => void) | undefined;
}

/** Milliseconds that an answer may take unless told otherwise. */
export const ANSWER_TIME = 10_000;

/** Runs checks against a host. */
export async function runChecks(
  host: Host,
  checks: readonly Check[],
  { timeout, signal, onResult }: RunOptions,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    signal?.throwIfAborted();
    const result = await runCheck(host, check, timeout);
    results.push(result);
    onResult?.(result);
  }
  return results;
}

async function runCheck(host: Host, check: Check, timeout: number): Promise<CheckResult> {
  const { id, section, sentences, own } = check;
  const begun = performance.now();
  const told = () => ({
    ...{ id, section, sentences },
    milliseconds: Math.round(performance.now() - begun),
  });
  if (own && host.own === null) {
    const why = "it would start, stop or kill an app that runs for somebody";
    return { ...told(), result: "skipped", why };
  }
  const trial = new Trial(host, timeout);
  try {
    await host.own?.up();
    await check.run(trial);
    return { ...told(), result: "passed" };
  } catch (error) {
    if (error instanceof Skipped) return { ...told(), result: "skipped", why: error.message };
    const { awaited, got } = error instanceof Failed
      ? error
      : { awaited: "no failure of the kit", got: shown(String(error)) };
    // (It may be about to leave.)
    if (own) await host.own?.kill();
    return { ...told(), result: "failed", sent: trial.sent, awaited, got };
  } finally {
    await trial.end();
  }
}
