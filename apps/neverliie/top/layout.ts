/**
 * The lines of `neverliie top`: what stands where, for a size. Pure.
 *
 * @module
 */

import { displayWidth, pad, type Piece, truncate } from "../../../lib/ui/text.ts";
import {
  APP_COLUMNS,
  CALL_COLUMNS,
  caller,
  cellsOf,
  type Column,
  fit,
  METHOD_COLUMNS,
  rate,
} from "./columns.ts";
import type { AppSample, Sample } from "./sample.ts";
import { type Row, type Rows, type Section, SECTIONS, type TopState } from "./state.ts";

/** A line, at most as wide as the terminal. */
export type Line = readonly Piece[];

/** Columns and rows of the terminal. */
export interface Size {
  columns: number;
  rows: number;
}

/** Less than that shows nothing that helps. */
export const SMALLEST: Size = { columns: 40, rows: 8 };

/** Columns before a table: what is selected is marked there. */
const MARK = 2;

/** All lines, at most as many as there are rows. */
export function layout(sample: Sample, state: TopState, size: Size): Line[] {
  const { columns, rows } = size;
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) return tooSmall(size);
  const tables = state.rows(sample);
  const head = [title(sample, columns)];
  for (const problem of sample.problems.slice(0, 2)) {
    head.push([{ text: truncate(problem, columns), colour: "red" }]);
  }
  const foot = footer(state, columns);
  const space = rows - head.length - foot.length;
  const body = sections(tables, state, sample.at, columns, space);
  const filled = [...body, ...new Array<Line>(Math.max(0, space - body.length)).fill([])];
  return [...head, ...filled, ...foot];
}

function tooSmall({ columns, rows }: Size): Line[] {
  const { columns: width, rows: height } = SMALLEST;
  const text = `The terminal is too small: ${width} × ${height} at least. q quits`;
  const words = text.split(" ");
  const lines: string[] = [""];
  for (const word of words) {
    const last = lines.at(-1)!;
    if (last !== "" && last.length + word.length + 1 > columns) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.slice(0, rows).map((line) => [{ text: truncate(line, columns) }]);
}

function title({ apps, calls, at }: Sample, columns: number): Line {
  const run = apps.filter(({ state }) => state === "running").length;
  const sum = (of: (app: AppSample) => number) => apps.reduce((all, app) => all + of(app), 0);
  const errors = sum(({ failed }) => failed);
  const facts = [
    `${run} of ${apps.length} apps run`,
    `${rate(sum(({ perSecond }) => perSecond))} calls/s`,
    `${calls.length} in flight`,
    `${errors} ${errors === 1 ? "error" : "errors"}`,
  ].join(" · ");
  const name = "NeverLiie top";
  const time = new Date(at).toTimeString().slice(0, 8);
  const middle = truncate(`  ${facts}`, columns - name.length);
  const gap = columns - name.length - displayWidth(middle) - time.length;
  return [
    { text: name, colour: "cyan", bold: true },
    { text: middle },
    ...(gap >= 2 ? [{ text: " ".repeat(gap) + time, dim: true }] : []),
  ];
}

function footer(state: TopState, columns: number): Line[] {
  if (state.asking !== null) {
    const { call, method, app, from } = state.asking;
    const question = `Cancel #${call} ${method} of ${app}, asked by ${caller(from)}?`;
    return [
      [{ text: truncate(question, columns), colour: "yellow", bold: true }],
      keys([["y", "cancel it"], ["n", "keep it"]], columns),
    ];
  }
  const next = SECTIONS[(SECTIONS.indexOf(state.focus) + 1) % SECTIONS.length]!;
  const line = keys([
    ["q", "quit"],
    ...(state.focus === "calls" ? [["x", "cancel"] as const] : []),
    ["↑↓", "select"],
    ["Tab", NAMES[next]],
    ["s", `sort: ${state.order}`],
  ], columns);
  const { message } = state;
  if (message === null) return [line];
  return [[{ text: truncate(message, columns), colour: "yellow" }], line];
}

const NAMES: Record<Section, string> = { apps: "apps", calls: "in flight", methods: "methods" };

function keys(pairs: readonly (readonly [string, string])[], columns: number): Line {
  const pieces: Piece[] = [];
  let space = columns;
  for (const [key, does] of pairs) {
    const gap = pieces.length === 0 ? "" : "   ";
    const width = displayWidth(gap + key + does) + 1;
    if (width > space) break;
    space -= width;
    pieces.push({ text: gap + key, colour: "cyan", bold: true }, { text: ` ${does}`, dim: true });
  }
  return pieces;
}

/** The tables, each with its heading; where there is little room, the one in focus alone. */
function sections(
  tables: Rows,
  state: TopState,
  now: number,
  columns: number,
  space: number,
): Line[] {
  // A heading and a blank line each, and a line or two that say something.
  const shown = space < 3 * 3 ? [state.focus] : SECTIONS;
  const wants = shown.map((section) => Math.max(1, tables[section].length));
  const room = share(wants, space - shown.length * 2 + 1);
  return shown.flatMap((section, at) => {
    const lines = tableLines(section, tables, state, now, columns, room[at]!);
    return at === 0 ? lines : [[], ...lines];
  });
}

/** Gives each as much as it wants while there is some left, in turns of one. */
export function share(wants: readonly number[], space: number): number[] {
  const given = wants.map(() => 0);
  for (let left = space; left > 0;) {
    const before = left;
    for (const [at, want] of wants.entries()) {
      if (left === 0 || given[at]! >= want) continue;
      given[at]!++;
      left--;
    }
    if (left === before) break;
  }
  return given;
}

function tableLines(
  section: Section,
  tables: Rows,
  state: TopState,
  now: number,
  columns: number,
  room: number,
): Line[] {
  const focused = section === state.focus;
  const selected = state.selected(section, tables[section]);
  const draw = <Value>(
    rows: readonly Row<Value>[],
    table: readonly Column<Value>[],
    line: (value: Value, cells: string) => Piece,
    empty: string,
  ): Line[] => {
    const fitting = fit(table, columns - MARK);
    const width = columns - MARK;
    // As many as there is room for, the selected one among them.
    const first = Math.max(0, Math.min(selected - (room >> 1), rows.length - room));
    const seen = rows.slice(first, first + room);
    const part = seen.length < rows.length
      ? ` ${first + 1}–${first + seen.length} of ${rows.length}`
      : "";
    const heading = cellsOf(fitting, ({ title }) => title);
    const name = fitting[0]!.title + part;
    const titled = pad(name, Math.max(name.length, fitting[0]!.width)) +
      heading.slice(Math.max(name.length, fitting[0]!.width));
    const lines: Line[] = [[
      { text: " ".repeat(MARK) },
      { text: truncate(titled, width), bold: true, ...(focused ? { colour: "cyan" } : {}) },
    ]];
    for (const [at, { value }] of seen.entries()) {
      const mark = focused && first + at === selected;
      const cells = cellsOf(fitting, ({ cell, width }) => cell(value, now, width));
      const piece = line(value, cells);
      lines.push([
        { text: mark ? "▌ " : "  ", colour: "cyan", bold: true },
        { ...piece, text: truncate(piece.text, width), bold: mark },
      ]);
    }
    if (rows.length === 0) {
      lines.push([{ text: " ".repeat(MARK) }, { text: truncate(empty, width), dim: true }]);
    }
    return lines;
  };
  switch (section) {
    case "apps":
      return draw(tables.apps, APP_COLUMNS, appLine, "No apps yet: start one, and it is here.");
    case "calls":
      return draw(tables.calls, CALL_COLUMNS, (_, text) => ({ text }), "Nothing is in flight.");
    case "methods":
      return draw(
        tables.methods,
        METHOD_COLUMNS,
        ({ failed }, text) => failed > 0 ? { text, colour: "yellow" } : { text },
        "Nothing was called since the first look.",
      );
  }
}

function appLine({ name, state, problem, failed }: AppSample, cells: string): Piece {
  if (problem !== null) {
    const what = state === "running" ? "tells nothing" : state;
    return { text: `${name}  ${what}: ${problem}`, colour: "red" };
  }
  if (state !== "running") return { text: cells, dim: true };
  return failed > 0 ? { text: cells, colour: "yellow" } : { text: cells };
}
