/** The newest notice in the bar's line. */
import { bar, displayWidth, type Piece, truncate } from "../../lib/ui/text.ts";
import type { Notice } from "./contract.ts";

/** The least that a notice is worth showing in. */
export const NOTICE_WIDTH = 12;

/** The colour of each level. */
export const LEVEL_COLOURS: Readonly<Record<Notice["level"], string>> = {
  info: "cyan",
  success: "green",
  warning: "yellow",
  error: "red",
};

/** The first notice in at most `columns`, with its progress and how many more there are. */
export function noticePieces(
  notices: readonly Notice[],
  columns: number,
  colour?: string,
): Piece[] {
  const [first] = notices;
  if (first === undefined || columns < NOTICE_WIDTH) return [];
  const more = notices.length > 1 ? ` +${notices.length - 1}` : "";
  const room = columns - displayWidth(more) - 2;
  const progress = first.progress === null ? "" : progressText(first.progress, room);
  const text = truncate(first.text, room - displayWidth(progress));
  return [
    { text: "▪ ", colour: LEVEL_COLOURS[first.level] },
    ...(progress === "" ? [] : [{ text: progress, colour: "cyan" }]),
    { text, ...(colour === undefined ? {} : { colour }) },
    ...(more === "" ? [] : [{ text: more, dim: true }]),
  ];
}

function progressText(progress: number, room: number): string {
  const percent = `${Math.floor(progress * 100)}%`.padStart(4);
  return room < 24 ? `${percent.trim()} ` : `${bar(progress * 100, 8)}${percent} `;
}
