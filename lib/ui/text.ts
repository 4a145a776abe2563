/** Text for a terminal: measured in columns, not in characters. */
import stringWidth from "string-width";
import { printable } from "../ipc/base/problem.ts";

/** A text on one line, safe to show whoever wrote it. */
export { printable as plain };

/** A piece of a line in one style. */
export interface Piece {
  text: string;
  colour?: string;
  bold?: boolean;
  dim?: boolean;
}

const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const graphemes = new Intl.Segmenter();

/** The columns that a text takes; escape sequences take none, wide characters two. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/**
 * Cuts a text (without styles) to at most `width` columns, with "…" where something is missing. What
 * it gives is plain.
 */
export function truncate(text: string, width: number): string {
  const whole = printable(text);
  if (displayWidth(whole) <= width) return whole;
  if (width < 1) return "";
  let kept = "";
  let columns = 0;
  for (const { segment } of graphemes.segment(whole)) {
    columns += displayWidth(segment);
    if (columns > width - 1) break;
    kept += segment;
  }
  return kept + "…";
}

/** Makes a text (without styles) plain and exactly `width` columns wide, by cutting or by spaces. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const cut = truncate(text, width);
  const space = " ".repeat(Math.max(0, width - displayWidth(cut)));
  return align === "left" ? cut + space : space + cut;
}

/** A bar of `width` columns, filled to `percent` (0..100; null is unknown and stays empty). */
export function bar(percent: number | null, width: number): string {
  const columns = Math.max(0, Math.floor(width));
  const part = Math.min(1, Math.max(0, (percent ?? 0) / 100)) || 0;
  const filled = Math.round(part * columns);
  return "█".repeat(filled) + "░".repeat(columns - filled);
}

/** The largest of the numbers, 0 at least: of any number of them, unlike `Math.max(...numbers)`. */
export function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

/**
 * One column for each value, as high as its part of `max` (the largest value by default). Values
 * that are no numbers leave a gap.
 */
export function sparkline(values: readonly number[], max?: number): string {
  const top = max ?? largest(values.filter(Number.isFinite));
  return values.map((value) => {
    if (!Number.isFinite(value)) return " ";
    const part = top > 0 ? Math.min(1, Math.max(0, value / top)) : 0;
    return BLOCKS[Math.round(part * (BLOCKS.length - 1))] ?? " ";
  }).join("");
}

/** Bytes in the largest binary unit that leaves a whole: "0 B", "1.5 KiB", "23.4 GiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = Math.max(0, bytes) || 0;
  let unit = 0;
  // 1023.95 and more would print as "1024.0".
  while (value >= (unit === 0 ? 1024 : 1023.95) && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds in their two largest units: "42 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds)) || 0;
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3_600) % 24];
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${rest} s`;
  return `${rest} s`;
}
