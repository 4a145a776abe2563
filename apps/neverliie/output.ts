/**
 * Answers on standard output.
 *
 * @module
 */

import { styleText } from "node:util";

/** The reader of standard output has gone, as `| head` does: no failure, but no reason to go on. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/**
 * Writes one line to standard output.
 *
 * @throws {OutputClosed} where console.log would say nothing and a stream go on for ever.
 */
export function writeLine(line: string): void {
  let bytes = new TextEncoder().encode(`${line}\n`);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) {
      throw new OutputClosed("standard output is closed");
    }
    throw error;
  }
}

/** A value: as compact JSON for programs; for people a text as it is, anything else indented. */
export function print(value: unknown, json: boolean | undefined): void {
  if (json) writeLine(JSON.stringify(value));
  else writeLine(typeof value === "string" ? value : JSON.stringify(value, null, 2));
}

/** Columns as wide as their widest cell; the heading bold where the terminal shows colours. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd();
  const title = line(heading);
  const colour = Deno.stdout.isTerminal() && !Deno.noColor;
  return [colour ? styleText("bold", title) : title, ...rows.map(line)].join("\n");
}
