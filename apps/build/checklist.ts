/**
 * docs/windows-checklist.md as a table: what is to be run on Windows, and what came of it last.
 *
 * @module
 */

import { join } from "@std/path";

/** The page, and what the last run by a program came to; from the checkout's root. */
export const CHECKLIST = "docs/windows-checklist.md";
export const CHECKLIST_RUN = "dist/windows-checklist.json";

/** One line of the checklist. */
export interface ChecklistLine {
  id: string;
  /** What is to be run, or done. */
  run: string;
  /** What it must print, or show. */
  prints: string;
  /** `not run yet`, or `DATE, Windows VERSION, WHO: ok` or what came instead. */
  last: string;
}

/** What a line says that nobody has gone through. */
export const NOT_RUN = "not run yet";

/** What a run by a program came to; it is written to {@link CHECKLIST_RUN}. */
export interface ChecklistRun {
  /** `2026-01-31`. */
  date: string;
  /** `Windows 10.0.26100`. */
  system: string;
  /** Whether it was Wine, which shows nothing about Windows. */
  wine: boolean;
  lines: { id: string; result: ChecklistResult; printed: string }[];
}

export type ChecklistResult = "ok" | "FAILED" | "cannot tell";

const ROW = /^\| `([\w-]+)` +\| (.*?) +\| (.*?) +\| (.*?) +\|$/;

/** The lines of the page. */
export function checklistLines(markdown: string): ChecklistLine[] {
  return markdown.split(/\r?\n/).flatMap((row) => {
    const found = ROW.exec(row);
    if (found === null) return [];
    const [, id, run, prints, last] = found;
    return [{ id: id!, run: run!, prints: prints!, last: last! }];
  });
}

/** The page with the last result of one line replaced. */
export function withResult(markdown: string, id: string, last: string): string {
  return markdown.split("\n").map((row) => {
    const found = ROW.exec(row);
    if (found === null || found[1] !== id) return row;
    const text = last.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
    return `| \`${id}\` | ${found[2]} | ${found[3]} | ${text} |`;
  }).join("\n");
}

/** {@link checklistNote} by the files of a checkout. */
export async function checklistNoteOf(checkout: string): Promise<string> {
  const markdown = await Deno.readTextFile(join(checkout, CHECKLIST));
  let run: ChecklistRun | null = null;
  try {
    run = JSON.parse(await Deno.readTextFile(join(checkout, CHECKLIST_RUN)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return checklistNote(markdown, run);
}

/** What the page of a release says about Windows. */
export function checklistNote(markdown: string, run: ChecklistRun | null): string {
  const lines = checklistLines(markdown);
  const done = lines.filter(({ last }) => last !== NOT_RUN);
  const failed = done.filter(({ last }) => !last.endsWith(": ok"));
  const latest = done.map(({ last }) => last).sort().at(-1);
  const people = latest === undefined
    ? `nobody has gone through ${CHECKLIST} yet (${lines.length} lines).`
    : `${done.length} of the ${lines.length} lines of ${CHECKLIST} have been gone through, ` +
      `last: ${latest}.${failed.length === 0 ? "" : ` Not as it must be: ${names(failed)}.`}`;
  return `### Windows\n\n- By people: ${people}\n- ${byRunner(run)}\n`;
}

function byRunner(run: ChecklistRun | null): string {
  if (run === null || run.wine) return "By a program, on a machine with Windows: not run.";
  const of = (result: ChecklistResult) => run.lines.filter((line) => line.result === result);
  const [failed, open] = [of("FAILED"), of("cannot tell")];
  return `By a program, on ${run.date} with ${run.system}: ${of("ok").length} of ` +
    `${run.lines.length} lines as they must be.` +
    (failed.length === 0 ? "" : ` Not so: ${names(failed)}.`) +
    (open.length === 0 ? "" : ` Could not be told: ${names(open)}.`);
}

function names(lines: readonly { id: string }[]): string {
  return lines.map(({ id }) => id).join(", ");
}
