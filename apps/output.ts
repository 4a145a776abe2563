/**
 * What the suite's programs write to standard output and standard error: all of it passes here, but
 * for views, which Ink draws, and for sessions.
 *
 * What others named or said never steers the terminal. Lines, tables and errors are for people and
 * are made plain, whoever reads them. Data (the text that a method gives, a line of a log) goes to a
 * pipe or a file as it is, and is made plain for a terminal. JSON has the same value either way.
 *
 * @module
 */

import { printable, printableLines } from "../lib/ipc/mod.ts";
import { type Output, writeAll } from "../lib/system/standard_output.ts";

/** The reader of standard output has gone, as `| head` does: no failure, but no reason to go on. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/**
 * Writes all of the bytes; an output that is full is waited for.
 *
 * @throws {OutputClosed} where a stream would otherwise go on for ever.
 * @throws {Error} that says what it was that could not be written.
 */
export function writeBytes(output: Output, bytes: Uint8Array): void {
  try {
    writeAll(output, bytes);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed(`${output} is closed`);
    const name = output === "stdout" ? "standard output" : "standard error";
    throw new Error(`Cannot write to ${name}: ${(error as Error).message}`, { cause: error });
  }
}

function write(text: string): void {
  writeBytes("stdout", new TextEncoder().encode(text));
}

/** Writes a line for people. */
export function writeLine(line: string): void {
  write(`${printable(line)}\n`);
}

/**
 * Does what a person asked for, and says each step as a line. The work goes on where its words cannot
 * be written any more: it was asked for, and half of it is worth less than none. That comes to light
 * at its end, as of any other output.
 */
export async function narrate<T>(work: (say: (step: string) => void) => Promise<T>): Promise<T> {
  let unwritten: { why: unknown } | null = null;
  const result = await work((step) => {
    if (unwritten !== null) return;
    try {
      writeLine(step);
    } catch (why) {
      unwritten = { why };
    }
  });
  if (unwritten !== null) throw (unwritten as { why: unknown }).why;
  return result;
}

/**
 * Throws the last of several failures and reports those before it; does nothing for none. For a
 * command that does the same to many: one that fails keeps nothing from being done to the rest.
 */
export function throwFailures(
  failures: readonly unknown[],
  report: (failure: unknown) => void,
): void {
  for (const failure of failures.slice(0, -1)) report(failure);
  if (failures.length > 0) throw failures.at(-1);
}

/** Writes a text of several lines for people: help, code. */
export function writeText(text: string): void {
  write(`${printableLines(text).trimEnd()}\n`);
}

/** Writes lines that were made here with styles, of pieces that are plain already. */
export function writeStyled(lines: readonly string[]): void {
  write(`${lines.join("\n")}\n`);
}

/** Writes data for the next program, with a line break behind it; made plain for a terminal. */
export function writeData(text: string): void {
  write(`${Deno.stdout.isTerminal() ? printableLines(text) : text}\n`);
}

/** A value: as compact JSON for programs; for people a text as it is, anything else indented. */
export function print(value: unknown, json: boolean | undefined): void {
  if (json) write(`${jsonText(value)}\n`);
  else if (typeof value === "string") writeData(value);
  else write(`${jsonText(value, 2)}\n`);
}

function nestedText(value: unknown, indent: number | undefined): string {
  try {
    return JSON.stringify(value, null, indent) ?? "null";
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // Parsing takes no stack: what arrived may be deeper than can be written.
    throw new RangeError(`Cannot show it: it is nested too deep (${error.message})`);
  }
}

/** JSON in which all that could steer a terminal is escaped, as JSON itself does with a part of it. */
export function jsonText(value: unknown, indent?: number): string {
  const text = nestedText(value, indent);
  return text.replaceAll(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Columns as wide as their widest cell; the heading bold where the terminal shows colours. */
export function writeTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const bold = Deno.stdout.isTerminal() && !Deno.noColor;
  const [title = "", ...lines] = tableLines(heading, rows);
  writeStyled([bold ? `\x1b[1m${title}\x1b[22m` : title, ...lines]);
}

/** The lines of a table, its heading first. */
export function tableLines(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const plain = rows.map((row) => row.map(printable));
  const widths = heading.map((title, i) =>
    plain.reduce((width, row) => Math.max(width, row[i]!.length), title.length)
  );
  return [heading, ...plain].map((cells) =>
    cells.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()
  );
}

/** Shows how far something is in place of what was shown before, where standard error is a terminal. */
export function showProgress(text: string): void {
  if (!Deno.stderr.isTerminal()) return;
  writeBytes("stderr", new TextEncoder().encode(`\r\x1b[K${printable(text)}`));
}

/**
 * Tells of something on standard error. Lines after the first are indented, so that none of them
 * looks like another error. Never throws: there is nowhere left to tell of that.
 */
export function tell(text: string): void {
  const lines = printableLines(text).replaceAll(/\n(?=\S)/g, "\n  ");
  try {
    writeBytes("stderr", new TextEncoder().encode(`${lines}\n`));
  } catch {
    // Its reader has gone, or its disk is full.
  }
}
