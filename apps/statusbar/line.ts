/** The status bar's line: segments as pieces of text, made to fit. Pure. */
import {
  bar,
  displayWidth,
  formatBytes,
  formatDuration,
  type Piece,
  plain,
  sparkline,
  truncate,
} from "../../lib/ui/text.ts";
import type { DiskStats } from "../../lib/system/disk.ts";
import type { Segment } from "./config.ts";
import type { HostStats, Notice } from "./contract.ts";

/** What the line tells of. */
export interface BarFigures {
  now: Date;
  stats: HostStats | null;
  /** Percentages, the oldest first. */
  cpu: readonly number[];
  memory: readonly number[];
  apps: readonly { name: string; running: boolean; gaveUp: boolean }[];
  notices: readonly Notice[];
  /** The volumes of disk segments that name a path. */
  disks: ReadonlyMap<string, DiskStats | null>;
}

/** How much narrower sparklines get before segments are left out. */
const SPARK_SCALES = [1, 0.5, 0];
/** The least that a notice is worth showing in. */
const NOTICE_WIDTH = 12;

/** The colour of each level. */
export const LEVEL_COLOURS: Readonly<Record<Notice["level"], string>> = {
  info: "cyan",
  success: "green",
  warning: "yellow",
  error: "red",
};

/**
 * The segments as far as they fit into `width` columns: sparklines get narrower first, then the
 * last segments go. The notices take what is left over.
 */
export function barLine(
  figures: BarFigures,
  segments: readonly Segment[],
  separator: string,
  width: number,
): Piece[] {
  const between = plain(separator);
  const gap = displayWidth(between);
  const fixed = segments.filter(({ type }) => type !== "notices");
  const noticed = fixed.length < segments.length && figures.notices.length > 0;
  const space = width - (noticed ? NOTICE_WIDTH + gap : 0);
  let shown: { segment: Segment; pieces: Piece[] }[] = [];
  for (const scale of SPARK_SCALES) {
    shown = fixed.map((segment) => ({ segment, pieces: plainPieces(segment, figures, scale) }))
      .filter(({ pieces }) => pieces.length > 0);
    if (total(shown, gap) <= space) break;
  }
  while (shown.length > 1 && total(shown, gap) > space) shown.pop();
  const left = width - total(shown, gap) - gap;
  const parts: Piece[][] = [];
  for (const segment of segments) {
    const own = segment.type === "notices"
      ? (noticed ? noticePieces(figures.notices, left) : [])
      : shown.find((one) => one.segment === segment)?.pieces ?? [];
    if (own.length > 0) parts.push(own);
  }
  return parts.flatMap((part, index) =>
    index === 0 ? part : [{ text: between, dim: true }, ...part]
  );
}

function total(shown: readonly { pieces: Piece[] }[], gap: number): number {
  return shown.reduce((sum, { pieces }) => sum + width(pieces), 0) +
    gap * Math.max(0, shown.length - 1);
}

function width(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { text }) => sum + displayWidth(text), 0);
}

/** Labels and formats are a person's, names an app's: measured and shown without what could steer. */
function plainPieces(segment: Segment, figures: BarFigures, scale: number): Piece[] {
  return pieces(segment, figures, scale).map((piece) => ({ ...piece, text: plain(piece.text) }));
}

function pieces(segment: Segment, figures: BarFigures, scale: number): Piece[] {
  const { stats } = figures;
  const colour = segment.colour === undefined ? {} : { colour: segment.colour };
  const label = (text: string): Piece[] => {
    const shown = segment.label ?? text;
    return shown === "" ? [] : [{ text: `${shown} `, dim: true }];
  };
  if (segment.type === "clock") {
    return [...label(""), {
      text: formatClock(figures.now, segment.format),
      bold: true,
      ...colour,
    }];
  }
  if (segment.type === "mesh") return [...label(""), ...meshPieces(figures.apps, segment.colour)];
  if (stats === null || segment.type === "notices") return [];
  if (segment.type === "cpu" || segment.type === "memory") {
    const values = segment.type === "cpu" ? figures.cpu : figures.memory;
    const percent = values.at(-1) ?? null;
    const columns = Math.floor(segment.spark * scale);
    const style = { colour: segment.colour ?? levelOf(percent, segment) };
    const line = sparkline(values.slice(-columns || values.length), 100).padStart(columns);
    return [
      ...label(segment.type === "cpu" ? "CPU" : "Mem"),
      ...(columns === 0 ? [] : [{ text: line, ...style }]),
      { text: percent === null ? "    ?" : `${Math.round(percent)}%`.padStart(5), ...style },
    ];
  }
  if (segment.type === "network") return networkPieces(stats, label("Net"), colour);
  if (segment.type === "disk") {
    const disk = segment.path === undefined ? stats.disk : figures.disks.get(segment.path) ?? null;
    if (disk === null) return [];
    const { used, available } = disk;
    // Of what its user may fill, as df counts it.
    const percent = used + available === 0 ? 0 : used / (used + available) * 100;
    const style = { colour: segment.colour ?? levelOf(percent, segment) };
    return [...label("Disk"), { text: `${Math.ceil(percent)}%`, ...style }];
  }
  const { battery } = stats;
  if (battery === null) return [];
  const low = !battery.charging && battery.percent <= segment.low;
  const left = battery.charging
    ? " charging"
    : battery.secondsLeft === null
    ? ""
    : ` ${formatDuration(battery.secondsLeft)} left`;
  return [
    ...label("Bat"),
    { text: `${Math.round(battery.percent)}%`, colour: segment.colour ?? (low ? "red" : "green") },
    ...(left === "" ? [] : [{ text: left, dim: true }]),
  ];
}

function networkPieces({ network }: HostStats, label: Piece[], colour: Partial<Piece>): Piece[] {
  if (network === null) return [];
  const { receivedRate, sentRate } = network;
  return [
    ...label,
    { text: `↓${formatRate(receivedRate)} ↑${formatRate(sentRate)}`, ...colour },
  ];
}

function meshPieces(apps: BarFigures["apps"], colour: string | undefined): Piece[] {
  const running = apps.filter((app) => app.running).length;
  const gaveUp = apps.filter((app) => app.gaveUp).map((app) => app.name);
  return [
    { text: "● ", colour: running > 0 ? "green" : "gray" },
    { text: `${running}/${apps.length}`, ...(colour === undefined ? {} : { colour }) },
    ...(gaveUp.length === 0 ? [] : [{ text: ` ✗ ${gaveUp.join(", ")}`, colour: "red" }]),
  ];
}

function noticePieces(notices: readonly Notice[], columns: number): Piece[] {
  const [first] = notices;
  if (first === undefined || columns < NOTICE_WIDTH) return [];
  const more = notices.length > 1 ? ` +${notices.length - 1}` : "";
  const room = columns - displayWidth(more) - 2;
  const progress = first.progress === null ? "" : progressText(first.progress, room);
  const text = truncate(first.text, room - displayWidth(progress));
  return [
    { text: "▪ ", colour: LEVEL_COLOURS[first.level] },
    ...(progress === "" ? [] : [{ text: progress, colour: "cyan" }]),
    { text },
    ...(more === "" ? [] : [{ text: more, dim: true }]),
  ];
}

function progressText(progress: number, room: number): string {
  const percent = `${Math.floor(progress * 100)}%`.padStart(4);
  return room < 24 ? `${percent.trim()} ` : `${bar(progress * 100, 8)}${percent} `;
}

function levelOf(percent: number | null, { warn, alarm }: { warn: number; alarm: number }): string {
  if (percent === null) return "gray";
  return percent >= alarm ? "red" : percent >= warn ? "yellow" : "green";
}

/** Bytes a second in five columns: "  12B", "1.5K", " 230M"; "?" where nobody knows. */
export function formatRate(bytes: number | null): string {
  if (bytes === null) return "?".padStart(5);
  const [figure, unit] = formatBytes(bytes).split(" ") as [string, string];
  const short = figure.length > 4 ? String(Math.round(Number(figure))) : figure;
  return (short + unit[0]).padStart(5);
}

/** A time by its format: yyyy MM dd HH hh mm ss a EEE, and everything else as it is. */
export function formatClock(now: Date, format: string): string {
  const two = (figure: number) => String(figure).padStart(2, "0");
  const parts: Record<string, () => string> = {
    yyyy: () => String(now.getFullYear()),
    EEE: () => now.toLocaleDateString(undefined, { weekday: "short" }),
    MM: () => two(now.getMonth() + 1),
    dd: () => two(now.getDate()),
    HH: () => two(now.getHours()),
    hh: () => two(now.getHours() % 12 || 12),
    mm: () => two(now.getMinutes()),
    ss: () => two(now.getSeconds()),
    a: () => now.getHours() < 12 ? "am" : "pm",
  };
  return format.replaceAll(/yyyy|EEE|MM|dd|HH|hh|mm|ss|\ba\b/g, (part) => parts[part]!());
}
