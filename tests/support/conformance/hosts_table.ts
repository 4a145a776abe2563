/**
 * The table of hosts in docs/conformance.md: a row for each, as the kit found it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { CheckResult } from "../../../apps/neverliie/conformance/run.ts";

const PAGE = new URL("../../../docs/conformance.md", import.meta.url);

/** What a row says behind the host's name: how many checks passed and failed, and what was skipped. */
export function cellsOf(results: readonly CheckResult[]): string[] {
  const count = (of: CheckResult["result"]) => results.filter(({ result }) => result === of).length;
  const skipped = Map.groupBy(
    results.filter(({ result }) => result === "skipped"),
    ({ why = "" }) => why,
  );
  const why = [...skipped].map(([why, { length }]) => length === 1 ? why : `${why} (${length})`);
  return [
    ...[count("passed"), count("failed")].map(String),
    why.length === 0 ? "nothing" : why.join("; "),
  ];
}

/** The row of a host: what stands in it, and where. @throws {TypeError} where there is none */
function rowOf(page: string, name: string): { row: string; label: string; cells: string[] } {
  for (const [row] of page.matchAll(/^\|.*\|$/gm)) {
    const [label = "", ...cells] = row.slice(1, -1).split("|").map((cell) => cell.trim());
    if (label === name || label.startsWith(`[${name}](`)) return { row, label, cells };
  }
  throw new TypeError(`Cannot find "${name}" in the table of hosts in docs/conformance.md`);
}

/** Writes what came of a host into its row of the page. */
export function writeRow(name: string, results: readonly CheckResult[]): void {
  const page = Deno.readTextFileSync(PAGE);
  const { row, label } = rowOf(page, name);
  const changed = `| ${[label, ...cellsOf(results)].join(" | ")} |`;
  // (`deno fmt` makes its columns as wide as the others.)
  Deno.writeTextFileSync(PAGE, page.replace(row, () => changed));
}

/** Holds that the page says of a host what came of it. */
export function assertTold(name: string, results: readonly CheckResult[]): void {
  const again = `deno task conformance --write "${name}" -- COMMAND …, then deno fmt`;
  assertEquals(rowOf(Deno.readTextFileSync(PAGE), name).cells, cellsOf(results), again);
}
