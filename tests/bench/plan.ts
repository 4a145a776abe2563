/**
 * The rows of the table: what is held against what, and the targets.
 *
 * @module
 */
import { deliveriesTo, LISTENING } from "./topics.ts";

/** Where a value comes from: the median of a competitor's rounds. */
export interface Source {
  id: string;
  of: string;
}

/** How a row's figure is made of two values. */
export type Kind = "ratio" | "difference" | "value";

/** What a row may be at most, or at least, by environment. */
export interface Target {
  most?: number;
  least?: number;
}

/** A row of the table. */
export interface RowPlan {
  what: string;
  kind: Kind;
  value: Source;
  /** The value is divided by it, or it is taken away from the value. */
  base?: Source;
  /** Of a value or difference. */
  unit?: string;
  unix?: Target;
  windows?: Target;
}

/** What one has in a measure, as a ratio of what another has. */
const ratio = (id: string, of: string, than: string) => ({
  kind: "ratio" as const,
  value: { id, of },
  base: { id, of: than },
});

/** By how much one takes longer than another. */
const difference = (id: string, of: string, than: string) => ({
  ...ratio(id, of, than),
  kind: "difference" as const,
  unit: "ms",
});

/** The rows in their order. */
export const PLAN: readonly RowPlan[] = [
  {
    what: "call round trip / bare echo (floor)",
    ...ratio("round trip p50", "mesh", "floor"),
    unix: { most: 1.5 },
    windows: { most: 1.6 },
  },
  {
    what: "call round trip / vscode-jsonrpc on Node",
    ...ratio("round trip p50", "mesh", "vscode"),
    unix: { most: 0.45 },
    windows: { most: 0.45 },
  },
  {
    what: "call round trip / bare echo on node:net in Deno",
    ...ratio("round trip p50", "mesh", "netDeno"),
    unix: { most: 1.4 },
    windows: { most: 1.0 },
  },
  {
    what: "call round trip / Python, a connection per call",
    ...ratio("round trip p50", "mesh", "pythonPerCall"),
    unix: { most: 0.65 },
  },
  {
    what: "calls per second, 64 in flight / vscode-jsonrpc",
    ...ratio("calls per second", "mesh", "vscode"),
    unix: { least: 5 },
    windows: { least: 20 },
  },
  {
    what: "calls per second, 64 in flight / bare echo (floor)",
    ...ratio("calls per second", "mesh", "floor"),
    unix: { least: 0.4 },
    windows: { least: 0.5 },
  },
  {
    what: "stream items per second / vscode-jsonrpc $/progress",
    ...ratio("stream items per second", "mesh", "vscode"),
    unix: { least: 5 },
    windows: { least: 10 },
  },
  {
    what: "1 MiB values, MB/s / bare transport",
    ...ratio("MB/s, 1 MiB", "mesh", "transport"),
    unix: { least: 0.6 },
    windows: { least: 0.6 },
  },
  {
    what: "cold launch over the bare start",
    ...difference("cold launch", "wake", "bareStart"),
    unix: { most: 25 },
    windows: { most: 60 },
  },
  {
    what: "abort() to the handler's signal / round trip",
    ...ratio("cancel p50", "cancel", "call"),
    unix: { most: 1.2 },
    windows: { most: 1.2 },
  },
  {
    what: "emit to delivery / round trip of a call",
    ...ratio("delivery p50", "delivery", "call"),
    unix: { most: 0.6 },
    windows: { most: 0.6 },
  },
  {
    what: "emit to delivery / round trip of a call, where both sides were idle",
    ...ratio("idle delivery p50", "delivery", "call"),
  },
  ...LISTENING.flatMap((count): RowPlan[] => {
    const id = deliveriesTo(count);
    const what = `${id} subscriber${count === 1 ? "" : "s"}`;
    return [
      {
        what: `${what} / D-Bus signals, jeepney`,
        ...ratio(id, "mesh", "jeepney"),
        unix: { least: 5 },
      },
      {
        what: `${what} / D-Bus signals, no library`,
        ...ratio(id, "mesh", "dbus"),
        unix: {},
      },
      {
        what: `${what} / bare fan-out`,
        ...ratio(id, "mesh", "fanOut"),
        unix: { least: 0.5 },
        windows: { least: 0.5 },
      },
      {
        what: `${what} / bare fan-out of JSON`,
        ...ratio(id, "mesh", "fanOutJson"),
      },
    ];
  }),
  {
    what: "memory of a subscription that waits for its app",
    kind: "value",
    unit: "KiB",
    value: { id: "memory per waiting subscription", of: "mesh" },
  },
  {
    what: "kill -9 of an app until presence tells of it",
    kind: "value",
    unit: "ms",
    value: { id: "told of an end", of: "mesh" },
  },
  {
    what: "round trip with 1,000 clients connected / with 1",
    ...ratio("crowded p50", "mesh", "one"),
    unix: { most: 1.3 },
    windows: { most: 1.5 },
  },
  {
    what: "memory per idle connection",
    kind: "value",
    unit: "KiB",
    value: { id: "memory per connection", of: "mesh" },
    unix: { most: 24 },
    windows: { most: 64 },
  },
  {
    what: "idle CPU in 10 s, over an idle program without the library",
    ...difference("idle cpu", "mesh", "alone"),
    // What a processor clock resolves: a tick.
    unix: { most: 10 },
    windows: { most: 16 },
  },
  {
    what: "import and open, over an empty program",
    ...difference("import and open", "open", "empty"),
    unix: { most: 25 },
    windows: { most: 80 },
  },
  {
    what: "work of a program with an idle mesh / without the library",
    ...ratio("work beside the mesh", "idle", "alone"),
    unix: { most: 1.05 },
    windows: { most: 1.05 },
  },
  {
    what: "work of a program called every 5 ms / without the library",
    ...ratio("work beside the mesh", "called", "alone"),
  },
  {
    what: "work of a program called every 5 ms / with an idle mesh",
    ...ratio("work beside the mesh", "called", "idle"),
  },
];
