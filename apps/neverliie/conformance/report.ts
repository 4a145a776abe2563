/**
 * What a run came to, as a table for people and as JSON.
 *
 * @module
 */

import { tableLines } from "../../output.ts";
import type { CheckResult } from "./run.ts";

/** A whole run. */
export interface Report {
  app: string;
  /** The command that started it; `null` for an app that ran. */
  command: readonly string[] | null;
  /** Whether nothing failed. */
  ok: boolean;
  sections: SectionCount[];
  checks: readonly CheckResult[];
}

/** How many checks of a section came to what. */
export interface SectionCount {
  section: string;
  passed: number;
  failed: number;
  skipped: number;
}

/** A report of results. */
export function reportOf(
  app: string,
  command: readonly string[] | null,
  checks: readonly CheckResult[],
): Report {
  const sections = new Map<string, SectionCount>();
  for (const { section, result } of checks) {
    const count = sections.get(section) ?? { section, passed: 0, failed: 0, skipped: 0 };
    count[result]++;
    sections.set(section, count);
  }
  const ok = checks.every(({ result }) => result !== "failed");
  return { app, command, ok, sections: [...sections.values()], checks };
}

/** Columns of a check's name, and the most that are shown of the sentence that it cites. */
const ID_WIDTH = 28;
const SENTENCE_MAX = 72;

function cut(sentence: string): string {
  return sentence.length <= SENTENCE_MAX ? sentence : `${sentence.slice(0, SENTENCE_MAX)}…`;
}

/** One check as it is told: a line, and for one that failed all that is known of it. */
export function linesOf(check: CheckResult): string[] {
  const { id, result, why, sentences, sent = [], awaited, got } = check;
  const line = `${result.padEnd(8)}${id.padEnd(ID_WIDTH)}`;
  if (result !== "failed") return [`${line} ${why ?? cut(sentences[0]!)}`];
  return [
    line.trimEnd(),
    ...sentences.map((sentence) => `    the page  ${sentence}`),
    ...sent.map((message) => `    sent      ${message}`),
    `    awaited   ${awaited}`,
    `    got       ${got}`,
  ];
}

/** The table at the end, and how many passed in all. */
export function summaryOf({ app, sections }: Report): string[] {
  const cell = (count: number) => count === 0 ? "-" : String(count);
  const rows = sections.map(({ section, passed, failed, skipped }) => [
    section,
    ...[passed, failed, skipped].map(cell),
  ]);
  const sum = (of: "passed" | "failed" | "skipped") =>
    sections.reduce((total, count) => total + count[of], 0);
  const total = `"${app}": ${sum("passed")} passed, ${sum("failed")} failed, ` +
    `${sum("skipped")} skipped`;
  return ["", ...tableLines(["SECTION", "PASSED", "FAILED", "SKIPPED"], rows), "", total];
}
