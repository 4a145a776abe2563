/**
 * What is selected and how it is sorted, in the view of `neverliie top`.
 *
 * @module
 */

import type { Figures } from "../figures.ts";
import type { AppSample, CallSample, MethodSample, Sample } from "./sample.ts";

/** The three tables. */
export const SECTIONS = ["apps", "calls", "methods"] as const;

/** One of them. */
export type Section = typeof SECTIONS[number];

/** A row of a table, by what tells it from others. */
export interface Row<Value> {
  key: string;
  value: Value;
}

/** The rows of each table. */
export interface Rows {
  apps: Row<AppSample>[];
  calls: Row<CallSample>[];
  methods: Row<MethodSample>[];
}

type Order<Value> = readonly [name: string, compare: (a: Value, b: Value) => number];

const busiest: Order<Figures> = ["busiest", (a, b) => b.perSecond - a.perSecond];
const slowest: Order<Figures> = ["slowest", (a, b) => (b.p99 ?? -1) - (a.p99 ?? -1)];
const errors: Order<Figures> = ["errors", (a, b) => b.failed - a.failed];
const byText = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

const APP_ORDERS: readonly Order<AppSample>[] = [
  ["name", (a, b) => byText(a.name, b.name)],
  busiest,
  slowest,
  errors,
];
const CALL_ORDERS: readonly Order<CallSample>[] = [
  ["oldest", (a, b) => a.since - b.since],
  ["newest", (a, b) => b.since - a.since],
  ["app", (a, b) => byText(a.app, b.app) || a.since - b.since],
];
const METHOD_ORDERS: readonly Order<MethodSample>[] = [
  busiest,
  slowest,
  errors,
  ["name", (a, b) => byText(`${a.app} ${a.method}`, `${b.app} ${b.method}`)],
];
const ORDERS = { apps: APP_ORDERS, calls: CALL_ORDERS, methods: METHOD_ORDERS };

/** A selection: by its row, and by its place for when the row is gone. */
interface Selection {
  key: string | null;
  index: number;
}

/** What the user chose. */
export class TopState {
  /** The table that keys are for. */
  focus: Section = "calls";
  /** The call whose cancelling is to be confirmed. */
  asking: CallSample | null = null;
  /** What came of the last key. */
  message: string | null = null;
  readonly #order: Record<Section, number> = { apps: 0, calls: 0, methods: 0 };
  readonly #selected: Record<Section, Selection> = {
    apps: { key: null, index: 0 },
    calls: { key: null, index: 0 },
    methods: { key: null, index: 0 },
  };

  /** How the table in focus is sorted. */
  get order(): string {
    return ORDERS[this.focus][this.#order[this.focus]]![0];
  }

  /** The tables as they are sorted. */
  rows({ apps, calls, methods }: Sample): Rows {
    const { apps: byApp, calls: byCall, methods: byMethod } = this.#order;
    return {
      apps: apps.toSorted(APP_ORDERS[byApp]![1]).map((value) => ({ key: value.name, value })),
      calls: calls.toSorted(CALL_ORDERS[byCall]![1])
        .map((value) => ({ key: keyOfCall(value), value })),
      methods: methods.toSorted(METHOD_ORDERS[byMethod]![1])
        .map((value) => ({ key: `${value.app} ${value.method}`, value })),
    };
  }

  /** Which of the rows is selected; -1 where there are none. */
  selected(section: Section, rows: readonly Row<unknown>[]): number {
    const { key, index } = this.#selected[section];
    const found = key === null ? -1 : rows.findIndex((row) => row.key === key);
    return found >= 0 ? found : Math.min(index, rows.length - 1);
  }

  /** Selects another row of the table in focus. */
  move(by: number, rows: Rows): void {
    const own = rows[this.focus];
    if (own.length === 0) return;
    const index = Math.max(
      0,
      Math.min(own.length - 1, this.selected(this.focus, own) + by),
    );
    this.#selected[this.focus] = { key: own[index]!.key, index };
  }

  /** The next table, or the one before. */
  turn(by: 1 | -1): void {
    const at = SECTIONS.indexOf(this.focus) + by;
    this.focus = SECTIONS[(at + SECTIONS.length) % SECTIONS.length]!;
  }

  /** Sorts the table in focus in another way. */
  sort(): void {
    this.#order[this.focus] = (this.#order[this.focus] + 1) % ORDERS[this.focus].length;
  }

  /** Asks whether to cancel the selected call. */
  ask(rows: Rows): void {
    const call = rows.calls[this.selected("calls", rows.calls)]?.value;
    if (this.focus !== "calls") {
      this.message = "Tab to the calls in flight: one of them is cancelled";
    } else if (call === undefined) this.message = "Nothing is in flight";
    else {
      this.asking = call;
      // Its row stays selected, whatever comes and goes meanwhile.
      this.#selected.calls = { key: keyOfCall(call), index: this.selected("calls", rows.calls) };
    }
  }
}

function keyOfCall({ app, pid, call }: CallSample): string {
  return `${app} ${pid} ${call}`;
}
