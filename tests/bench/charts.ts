/**
 * The charts of a run: which measures are drawn, and how.
 *
 * @module
 */
import { type Chart, svg } from "./chart.ts";
import { COMPETITORS } from "./competitors.ts";
import { type EnvironmentResults, median, type Results } from "./results.ts";
import { number, unitOf } from "./table.ts";

/** What is drawn: the measure, the file's name, and the words. */
const CHARTS = [
  {
    id: "round trip p50",
    file: "round-trip",
    title: "Round trip of one call",
    better: "100-byte messages, one at a time; median in µs, shorter is better",
  },
  {
    id: "calls per second",
    file: "calls",
    title: "Calls per second",
    better: "100-byte messages, 64 in flight; longer is better",
  },
  {
    id: "stream items per second",
    file: "stream",
    title: "Stream items per second",
    better: "100-byte items; vscode-jsonrpc by $/progress; longer is better",
  },
  {
    id: "MB/s, 1 MiB",
    file: "values",
    title: "Values of 1 MiB",
    better: "MB/s from the caller to the app; longer is better",
  },
] as const;

/** One chart, ready to be written. */
export interface NamedChart {
  file: string;
  /** For those who do not see it. */
  text: string;
  svg: string;
}

/** The charts of one environment; what nobody was measured in has none. */
export function chartsOf(key: string, results: EnvironmentResults): NamedChart[] {
  return CHARTS.flatMap(({ id, file, title, better }) => {
    const values = Object.entries(results.series[id]?.values ?? {});
    if (values.length === 0) return [];
    const unit = unitOf(id);
    const shorter = /shorter/.test(better);
    const bars = values.map(([competitor, rounds]) => {
      const value = median(rounds);
      return {
        label: (COMPETITORS as Record<string, string>)[competitor] ?? competitor,
        value,
        text: `${number(value)}${unit === "/s" ? "" : " "}${unit}`,
        own: competitor === "mesh",
      };
    }).sort((a, b) => shorter ? a.value - b.value : b.value - a.value);
    const chart: Chart = { title: `${title}: ${results.title}`, subtitle: better, bars };
    return [{ file: `${file}-${key}.svg`, text: chart.title, svg: svg(chart) }];
  });
}

/** All charts of a run by environment. */
export function charts({ environments }: Results): Record<string, NamedChart[]> {
  return Object.fromEntries(
    Object.entries(environments).map(([key, results]) => [key, chartsOf(key, results)]),
  );
}
