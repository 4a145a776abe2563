/**
 * The table: each figure as a ratio against a peer or the floor of the same run, and its target.
 *
 * @module
 */
import { type Kind, PLAN, type RowPlan, type Source, type Target } from "./plan.ts";
import { type EnvironmentResults, median } from "./results.ts";

/** One line of the table. */
export interface Row {
  what: string;
  /** The mesh's own median, with its unit. */
  measured: string;
  /** What it was held against. */
  against: string;
  /** The ratio, difference or value that the target speaks of; `null` when it is not measured. */
  figure: number | null;
  shown: string;
  target: string;
  reached: boolean | null;
  /** Why there is no figure. */
  missing: string | null;
}

/** The rows of one environment. */
export function rowsOf(key: string, results: EnvironmentResults): Row[] {
  const windows = key === "wine" || key === "windows";
  return PLAN.flatMap((plan) => {
    const target = windows ? plan.windows : plan.unix;
    const row = rowOf(plan, target ?? {}, results);
    // What has a target only on the other system is no row here.
    return target === undefined && (plan.unix ?? plan.windows) !== undefined ? [] : [row];
  });
}

function rowOf(plan: RowPlan, target: Target, results: EnvironmentResults): Row {
  const { what, kind, value, base, unit } = plan;
  const blank = { what, measured: "", against: "", target: targetText(target, kind, unit) };
  const missing = missingOf(results, value) ?? (base ? missingOf(results, base) : null);
  if (missing !== null) {
    const shown = `not measured: ${missing}`;
    return { ...blank, figure: null, shown, reached: null, missing };
  }
  const top = valueOf(results, value);
  const bottom = base ? valueOf(results, base) : 0;
  const figure = kind === "ratio" ? top / bottom : kind === "difference" ? top - bottom : top;
  const reached = target.most === undefined && target.least === undefined
    ? null
    : figure <= (target.most ?? Infinity) && figure >= (target.least ?? -Infinity);
  return {
    ...blank,
    measured: withUnit(value.id, top),
    against: base ? withUnit(base.id, bottom) : "",
    figure,
    shown: kind === "ratio" ? number(figure) : `${number(figure)} ${unit}`,
    reached,
    missing: null,
  };
}

function missingOf({ series }: EnvironmentResults, { id, of }: Source): string | null {
  const entry = series[id];
  if (entry === undefined) return "the run ended before it";
  if ((entry.values[of]?.length ?? 0) > 0) return null;
  return entry.missing[of] ?? Object.values(entry.missing)[0] ?? "the run ended before it";
}

function valueOf({ series }: EnvironmentResults, { id, of }: Source): number {
  return median(series[id]!.values[of]!);
}

function targetText({ most, least }: Target, kind: Kind, unit = ""): string {
  const limit = most ?? least;
  if (limit === undefined) return "";
  return `${most === undefined ? "≥" : "≤"} ${number(limit)}${kind === "ratio" ? "" : ` ${unit}`}`;
}

/** Three digits that matter; thousands in groups. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** The unit that a measure's values have. */
export function unitOf(id: string): string {
  if (/p50|p99|work/.test(id)) return "µs";
  if (/per second|^slow stream$/.test(id)) return "/s";
  if (/^MB\/s/.test(id)) return "MB/s";
  if (/ahead/.test(id)) return "items";
  if (/memory/.test(id)) return "KiB";
  return "ms";
}

const withUnit = (id: string, value: number) => {
  const unit = unitOf(id);
  return `${number(value)}${unit === "/s" ? "" : " "}${unit}`;
};

const HEADINGS = ["", "mesh", "beside it", "figure", "target", ""];

/** The cells of a row, in the order of the headings. */
export function cells(row: Row): string[] {
  const { what, measured, against, shown, target, reached } = row;
  const verdict = reached === null ? "" : reached ? "reached" : "not reached";
  return [what, measured, against, shown, target, verdict];
}

/** The table of one environment as text. */
export function textTable(title: string, rows: readonly Row[]): string {
  const lines = [[title, ...HEADINGS.slice(1)], ...rows.map(cells)];
  const widths = HEADINGS.map((_, i) =>
    Math.max(
      ...lines.filter((line) => i !== 3 || !line[3]!.startsWith("not measured"))
        .map((line) => [...line[i]!].length),
    )
  );
  return lines.map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i]!)).join("  ")
      .trimEnd()
  ).join("\n");
}
