/**
 * The columns of the tables of `neverliie top`, and how their figures are written.
 *
 * @module
 */

import { bar, formatDuration, pad } from "../../../lib/ui/text.ts";
import type { AppSample, CallSample, MethodSample } from "./sample.ts";

/** A column of a table. One that has no room is left out: those with the highest rank first. */
export interface Column<Value> {
  title: string;
  width: number;
  rank: number;
  align?: "right";
  cell: (value: Value, now: number, width: number) => string;
}

const GAP = 2;

/** What is told of apps. */
export const APP_COLUMNS: readonly Column<AppSample>[] = [
  { title: "APPS", width: 14, rank: 0, cell: ({ name }) => name },
  {
    title: "PID",
    width: 7,
    rank: 4,
    align: "right",
    cell: ({ state, pid }) => state === "running" ? String(pid ?? "-") : state,
  },
  {
    title: "UP",
    width: 7,
    rank: 5,
    align: "right",
    cell: ({ uptime }) => uptime === null ? "-" : age(uptime * 1_000, 0),
  },
  { title: "FLIGHT", width: 6, rank: 1, align: "right", cell: (app) => count(app, app.inFlight) },
  ...figureColumns<AppSample>(),
];

/** What is told of methods. */
export const METHOD_COLUMNS: readonly Column<MethodSample>[] = [
  { title: "METHODS", width: 28, rank: 0, cell: ({ app, method }) => `${app} ${method}` },
  ...figureColumns<MethodSample>(),
];

/** What is told of calls in flight. */
export const CALL_COLUMNS: readonly Column<CallSample>[] = [
  { title: "IN FLIGHT", width: 20, rank: 0, cell: ({ app, method }) => `${app} ${method}` },
  { title: "CALL", width: 6, rank: 5, align: "right", cell: ({ call }) => `#${call}` },
  {
    title: "SINCE",
    width: 9,
    rank: 1,
    align: "right",
    cell: ({ since, atLeast }, now) => `${atLeast ? "≥ " : ""}${age(now - since)}`,
  },
  { title: "ITEMS", width: 6, rank: 3, align: "right", cell: ({ items }) => String(items ?? "-") },
  { title: "FROM", width: 13, rank: 4, cell: ({ from }) => caller(from) },
  { title: "PROGRESS", width: 14, rank: 2, cell: ({ progress }, _, width) => far(progress, width) },
];

function figureColumns<
  Value extends Pick<MethodSample, "perSecond" | "p50" | "p99" | "failed" | "count">,
>(): Column<Value>[] {
  const right = { align: "right" as const };
  return [
    {
      title: "CALLS/S",
      width: 7,
      rank: 1,
      ...right,
      cell: (one) => count(one, rate(one.perSecond)),
    },
    { title: "P50", width: 8, rank: 3, ...right, cell: ({ p50 }) => formatTime(p50) },
    { title: "P99", width: 8, rank: 2, ...right, cell: ({ p99 }) => formatTime(p99) },
    { title: "ERRORS", width: 6, rank: 2, ...right, cell: (one) => count(one, one.failed) },
  ];
}

/** Zeros of an app that does not run say nothing. */
function count(of: object, value: number | string): string {
  return "state" in of && of.state !== "running" ? "-" : String(value);
}

/** The columns that fit; what is left over widens the first one and the last one that is a text. */
export function fit<Value>(columns: readonly Column<Value>[], width: number): Column<Value>[] {
  let kept = [...columns];
  const taken = () => kept.reduce((sum, { width }) => sum + width + GAP, -GAP);
  while (taken() > width && kept.length > 1) {
    const last = Math.max(...kept.map(({ rank }) => rank));
    kept = kept.filter(({ rank }, at) => rank < last || at !== kept.findLastIndex(isLast(last)));
  }
  const left = Math.max(0, width - taken());
  const flexible = kept.at(-1)!.align === undefined && kept.length > 1 ? kept.length - 1 : 0;
  return kept.map((column, at) => {
    const more = (at === 0 ? Math.min(left, 16) : 0) +
      (at === flexible && flexible > 0 ? Math.max(0, left - 16) : 0);
    return { ...column, width: column.width + more };
  });
}

const isLast = (rank: number) => (column: { rank: number }) => column.rank === rank;

/** One line of a table: a text for each column. */
export function cellsOf<Value>(
  columns: readonly Column<Value>[],
  text: (column: Column<Value>) => string,
): string {
  return columns.map((column) => pad(text(column), column.width, column.align ?? "left"))
    .join(" ".repeat(GAP)).trimEnd();
}

/** Who asked, as it says itself. */
export function caller(from: CallSample["from"]): string {
  if (from === null) return "(unknown)";
  return from.name ?? `client ${from.pid}`;
}

function far(progress: CallSample["progress"], width: number): string {
  if (progress === null) return "";
  const { share, text } = progress;
  if (share === null) return text;
  const percent = `${Math.floor(share * 100)}%`;
  return `${bar(share * 100, Math.min(8, width - 5))} ${percent} ${text}`;
}

/** Milliseconds as a short text: "12 µs", "0.12 ms", "3.4 ms", "120 ms", "1.5 s". */
export function formatTime(milliseconds: number | null): string {
  if (milliseconds === null) return "-";
  if (milliseconds < 0.0005) return "< 1 µs";
  if (milliseconds < 0.0995) return `${Math.round(milliseconds * 1_000)} µs`;
  if (milliseconds < 0.995) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  return milliseconds < 99_950 ? `${(milliseconds / 1_000).toFixed(1)} s` : age(milliseconds);
}

/** How long something goes on, in nine columns with "≥ ": "0.4 s", "12 s", "3m 20s", "2h 5m". */
function age(milliseconds: number, fine = 9.95): string {
  const seconds = Math.max(0, milliseconds) / 1_000;
  if (seconds < fine) return `${seconds.toFixed(1)} s`;
  return formatDuration(seconds).replace(/ (d|h|m)(?:in)? (\d+) (h|m|s)(?:in)?/, "$1 $2$3");
}

/** How many a second. */
export function rate(perSecond: number): string {
  return perSecond < 99.95
    ? String(Math.round(perSecond * 10) / 10)
    : String(Math.round(perSecond));
}
