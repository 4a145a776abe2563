/** What a kind of segment is made of, and the words that its configuration is written in. */
import * as v from "valibot";
import type { DiskStats } from "../../lib/system/disk.ts";
import type { Piece } from "../../lib/ui/text.ts";
import type { HostStats, Notice } from "./contract.ts";

/** What the bar can tell of at one moment. */
export interface BarFigures {
  now: Date;
  /** What was read of the machine, the oldest first; empty before the first reading. */
  readings: readonly HostStats[];
  apps: readonly { name: string; running: boolean; gaveUp: boolean }[];
  notices: readonly Notice[];
  /** The volumes that segments name by a path. */
  disks: ReadonlyMap<string, DiskStats | null>;
}

/** How much room there is for a segment. */
export interface Room {
  /** How much of the width that it may have a sparkline takes, 0 to 1. */
  scale: number;
  /** The columns that are left over: for a segment that fills them. */
  columns: number;
}

const COLOURS = [
  ...["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white", "gray"] as const,
];
const COLOUR_PROBLEM = `must be ${COLOURS.join(", ")} or "#rrggbb"`;

const colour = v.pipe(
  v.union(
    [v.picklist(COLOURS), v.pipe(v.string(), v.regex(/^#[0-9a-fA-F]{6}$/, COLOUR_PROBLEM))],
    COLOUR_PROBLEM,
  ),
  v.description(`a colour's name, or "#rrggbb"`),
);

/** What every segment may have. */
export const SHARED_MEMBERS = {
  label: v.optional(v.pipe(v.string(), v.description("what stands before the figure"))),
  colour: v.optional(colour),
};

type Members = v.ObjectEntries;
/** A segment's members, defaults filled in: its own, and those of all. */
type Configured<M extends Members> =
  & v.InferOutput<v.ObjectSchema<M, undefined>>
  & v.InferOutput<v.ObjectSchema<typeof SHARED_MEMBERS, undefined>>;

/** A kind of segment: what can be configured, what it needs, how it is drawn. */
export interface SegmentKind<M extends Members = Members, Need = unknown> {
  /** What it may have besides {@link SHARED_MEMBERS}. */
  readonly members: M;
  /** What stands before the figure, where the configuration does not say. */
  readonly label: string;
  /** What it draws, out of all figures; null while there is nothing, and it is left out. */
  needs(figures: BarFigures, segment: Configured<M>): Need | null;
  draw(need: Need, segment: Configured<M>, room: Room): Piece[];
  /** It takes what the others leave, where that is at least so many columns. */
  readonly fills?: number;
  /** A path, if the view is to read that path's volume at each reading. */
  volume?(segment: Configured<M>): string | undefined;
}

/** A kind of segment, its parts held against each other by the compiler. */
export function segmentKind<M extends Members, Need>(
  kind: SegmentKind<M, Need>,
): SegmentKind<M, Need> {
  return kind;
}

/** A member that is a text. */
export function text(about: string): v.GenericSchema<string> {
  return v.pipe(v.string(), v.description(about));
}

/** A member from 0 to 100. */
export function percent(
  fallback: number,
  about: string,
): v.GenericSchema<number | undefined, number> {
  return v.pipe(
    v.optional(
      v.pipe(v.number(), v.minValue(0, "must be 0 to 100"), v.maxValue(100, "must be 0 to 100")),
      fallback,
    ),
    v.description(about),
  );
}

/** From where on a figure is yellow, and red. */
export const LEVEL_MEMBERS = {
  warn: percent(70, "yellow from here on, in percent"),
  alarm: percent(90, "red from here on, in percent"),
};

/** The colour of a percentage by its levels. */
export function levelColour(
  percent: number | null,
  { warn, alarm }: { warn: number; alarm: number },
): string {
  if (percent === null) return "gray";
  return percent >= alarm ? "red" : percent >= warn ? "yellow" : "green";
}
