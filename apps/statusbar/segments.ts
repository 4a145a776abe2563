/**
 * The kinds of segments, one entry each: a new figure of the bar is an entry here and its source in
 * lib/system. The configuration's types and checks, its default and its JSON Schema follow.
 */
import * as v from "valibot";
import { displayWidth, formatDuration, type Piece, plain, sparkline } from "../../lib/ui/text.ts";
import type { HostStats } from "./contract.ts";
import { formatClock, formatRate } from "./formats.ts";
import { NOTICE_WIDTH, noticePieces } from "./notice_pieces.ts";
import {
  type BarFigures,
  LEVEL_MEMBERS,
  levelColour,
  percent,
  type Room,
  type SegmentKind,
  segmentKind,
  SHARED_MEMBERS,
  text,
} from "./segment_kind.ts";

/** Columns of the longest sparkline. */
export const SPARK_MAX = 60;

const KINDS = {
  clock: segmentKind({
    label: "",
    members: {
      format: v.pipe(
        v.optional(v.string(), "HH:mm:ss"),
        v.description(
          "yyyy MM dd HH hh mm ss, a (am, pm), EEE (weekday); all else stands for itself",
        ),
      ),
    },
    needs: ({ now }) => now,
    draw: (now, { format, colour }) => [
      { text: formatClock(now, format), bold: true, ...coloured(colour) },
    ],
  }),
  cpu: history("CPU", ({ cpu }) => cpu.percent),
  memory: history("Mem", ({ memory: { used, total } }) => total > 0 ? used / total * 100 : 0),
  network: segmentKind({
    label: "Net",
    members: {},
    needs: (figures) => latest(figures)?.network ?? null,
    draw: ({ receivedRate, sentRate }, { colour }) => [
      { text: `↓${formatRate(receivedRate)} ↑${formatRate(sentRate)}`, ...coloured(colour) },
    ],
  }),
  disk: segmentKind({
    label: "Disk",
    members: {
      ...LEVEL_MEMBERS,
      path: v.optional(text("a path on the volume; the system's own by default")),
    },
    volume: ({ path }) => path,
    needs: (figures, { path }) =>
      (path === undefined ? latest(figures)?.disk : figures.disks.get(path)) ?? null,
    draw({ used, available }, segment) {
      // Of what its user may fill, as df counts it.
      const percent = used + available === 0 ? 0 : used / (used + available) * 100;
      const colour = segment.colour ?? levelColour(percent, segment);
      return [{ text: `${Math.ceil(percent)}%`, colour }];
    },
  }),
  battery: segmentKind({
    label: "Bat",
    members: { low: percent(20, "red from here down while it discharges, in percent") },
    needs: (figures) => latest(figures)?.battery ?? null,
    draw({ percent, charging, secondsLeft }, { colour, low }) {
      const alarm = !charging && percent <= low;
      const left = secondsLeft === null ? "" : ` ${formatDuration(secondsLeft)} left`;
      const more = charging ? " charging" : left;
      return [
        { text: `${Math.round(percent)}%`, colour: colour ?? (alarm ? "red" : "green") },
        ...(more === "" ? [] : [{ text: more, dim: true }]),
      ];
    },
  }),
  mesh: segmentKind({
    label: "",
    members: {},
    needs: ({ apps }) => apps,
    draw(apps, { colour }) {
      const running = apps.filter((app) => app.running).length;
      const gaveUp = apps.filter((app) => app.gaveUp).map((app) => app.name);
      return [
        { text: "● ", colour: running > 0 ? "green" : "gray" },
        { text: `${running}/${apps.length}`, ...coloured(colour) },
        ...(gaveUp.length === 0 ? [] : [{ text: ` ✗ ${gaveUp.join(", ")}`, colour: "red" }]),
      ];
    },
  }),
  notices: segmentKind({
    label: "",
    members: {},
    fills: NOTICE_WIDTH,
    needs: ({ notices }) => notices.length > 0 ? notices : null,
    draw: (notices, { colour }, { columns }) => noticePieces(notices, columns, colour),
  }),
} as const;

/** The kinds of segments. */
export type SegmentType = keyof typeof KINDS;

/** Every kind, as the bar shows them unless it is configured. */
export const SEGMENT_TYPES: readonly SegmentType[] = Object.keys(KINDS) as SegmentType[];

type MembersOf<T extends SegmentType> = (typeof KINDS)[T] extends SegmentKind<infer M, infer _Need>
  ? M
  : never;
type ObjectOf<T extends SegmentType> = v.StrictObjectSchema<
  { type: v.LiteralSchema<T, undefined> } & typeof SHARED_MEMBERS & MembersOf<T>,
  undefined
>;

/** What a segment is checked by. */
export const segmentSchema = v.variant(
  "type",
  SEGMENT_TYPES.map((type) =>
    v.strictObject({ type: v.literal(type), ...SHARED_MEMBERS, ...KINDS[type].members })
  ) as { [T in SegmentType]: ObjectOf<T> }[SegmentType][],
);

/** A segment with all that can be said about it. */
export type Segment = v.InferOutput<typeof segmentSchema>;

/** How few columns are enough for a segment that takes what others leave; null for those others. */
export function fillsFrom(segment: Segment): number | null {
  return kindOf(segment).fills ?? null;
}

/** The path whose volume a segment tells of. */
export function volumeOf(segment: Segment): string | null {
  return kindOf(segment).volume?.(segment) ?? null;
}

/**
 * A segment as pieces of text, none where it has nothing to show. Labels and formats are a person's,
 * names an app's: they are measured and shown without what could steer.
 */
export function segmentPieces(segment: Segment, figures: BarFigures, room: Room): Piece[] {
  const kind = kindOf(segment);
  const need = kind.needs(figures, segment);
  if (need === null) return [];
  const label = segment.label ?? kind.label;
  const before = label === "" ? [] : [{ text: plain(`${label} `), dim: true }];
  const columns = room.columns - before.reduce((sum, { text }) => sum + displayWidth(text), 0);
  const shown = kind.draw(need, segment, { ...room, columns })
    .map((piece) => ({ ...piece, text: plain(piece.text) }));
  return shown.length === 0 ? [] : [...before, ...shown];
}

function kindOf(segment: Segment): SegmentKind {
  return KINDS[segment.type];
}

/** A percentage with what it was before, as a sparkline. */
function history(label: string, figure: (stats: HostStats) => number | null) {
  return segmentKind({
    label,
    members: {
      ...LEVEL_MEMBERS,
      spark: v.pipe(
        v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(SPARK_MAX)), 10),
        v.description("columns of the sparkline, 0 for none"),
      ),
    },
    needs: ({ readings }) =>
      readings.length === 0 ? null : readings.map(figure).filter((percent) => percent !== null),
    draw(percents, segment, { scale }) {
      const percent = percents.at(-1) ?? null;
      const columns = Math.floor(segment.spark * scale);
      const colour = segment.colour ?? levelColour(percent, segment);
      const line = sparkline(percents.slice(-columns || percents.length), 100).padStart(columns);
      return [
        ...(columns === 0 ? [] : [{ text: line, colour }]),
        { text: percent === null ? "    ?" : `${Math.round(percent)}%`.padStart(5), colour },
      ];
    },
  });
}

function latest({ readings }: BarFigures): HostStats | null {
  return readings.at(-1) ?? null;
}

function coloured(colour: string | undefined): Partial<Piece> {
  return colour === undefined ? {} : { colour };
}
