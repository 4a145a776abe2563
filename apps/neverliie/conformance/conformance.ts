/**
 * `neverliie conformance`: holds an app that runs to docs/protocol.md. The task `conformance` of the
 * checkout runs the same checks against a program that it starts, kills and wakes.
 *
 * @module
 */

import { isServing, type NeverLiieIPC, TargetNotRunningError } from "../../../lib/ipc/mod.ts";
import { print, writeText } from "../../output.ts";
import { EXIT_CODES } from "../exit.ts";
import { RunningHost } from "./host.ts";
import { linesOf, type Report, reportOf, summaryOf } from "./report.ts";
import { ANSWER_TIME, runChecks } from "./run.ts";
import { CHECKS } from "./sections.ts";

/** Options of `neverliie conformance`. */
export interface ConformanceOptions {
  json?: boolean;
  /** Milliseconds that each answer may take. */
  timeout?: number | undefined;
  signal: AbortSignal;
}

/** Checks an app that runs, and prints what came of it. Where something failed, the exit code is 1. */
export async function checkApp(
  ipc: NeverLiieIPC,
  app: string,
  { json = false, timeout = ANSWER_TIME, signal }: ConformanceOptions,
): Promise<void> {
  const host = new RunningHost(app, ipc.home);
  const transport = await host.dial(timeout);
  if (transport === null) {
    const why = isServing(ipc, app) ? "it does not answer" : "it is not running";
    throw new TargetNotRunningError(`Cannot check "${app}": ${why}`);
  }
  await transport.close();
  const onResult = json
    ? undefined
    : (result: Parameters<typeof linesOf>[0]) => writeText(linesOf(result).join("\n"));
  const results = await runChecks(host, CHECKS, { timeout, signal, onResult });
  if (!show(reportOf(app, null, results), json)) Deno.exitCode = EXIT_CODES.failed;
}

/** Prints a report. @returns whether nothing failed */
export function show(report: Report, json: boolean): boolean {
  if (json) print(report, true);
  else writeText(summaryOf(report).join("\n"));
  return report.ok;
}
