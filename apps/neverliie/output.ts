/**
 * Answers on standard output.
 *
 * @module
 */

import { styleText } from "node:util";

/** A value: as compact JSON for programs; for people a text as it is, anything else indented. */
export function print(value: unknown, json: boolean | undefined): void {
  if (json) console.log(JSON.stringify(value));
  else console.log(typeof value === "string" ? value : JSON.stringify(value, null, 2));
}

/** Columns as wide as their widest cell; the heading bold where the terminal shows colours. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => i === cells.length - 1 ? cell : cell.padEnd(widths[i]!)).join("  ");
  const title = line(heading);
  const colour = Deno.stdout.isTerminal() && !Deno.noColor;
  return [colour ? styleText("bold", title) : title, ...rows.map(line)].join("\n");
}
