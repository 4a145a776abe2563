/** The status bar's line: segments side by side, made to fit. Pure. */
import { displayWidth, type Piece, plain } from "../../lib/ui/text.ts";
import type { BarFigures } from "./segment_kind.ts";
import { fillsFrom, type Segment, segmentPieces } from "./segments.ts";

/** How much narrower sparklines get before segments are left out. */
const SPARK_SCALES = [1, 0.5, 0];

/**
 * The segments as far as they fit into `width` columns: sparklines get narrower first, then the
 * last segments go. Those that fill what is left over (the notices) come after that.
 */
export function barLine(
  figures: BarFigures,
  segments: readonly Segment[],
  separator: string,
  width: number,
): Piece[] {
  const between = plain(separator);
  const gap = displayWidth(between);
  const drawn = (segment: Segment, scale: number, columns: number) =>
    segmentPieces(segment, figures, { scale, columns });
  const fixed = segments.filter((segment) => fillsFrom(segment) === null);
  const filling = segments.filter((segment) =>
    fillsFrom(segment) !== null && drawn(segment, 1, width).length > 0
  );
  const kept = filling.reduce((sum, segment) => sum + fillsFrom(segment)! + gap, 0);
  let shown = new Map<Segment, Piece[]>();
  for (const scale of SPARK_SCALES) {
    shown = new Map(
      fixed.map((segment) => [segment, drawn(segment, scale, 0)] as const)
        .filter(([, pieces]) => pieces.length > 0),
    );
    if (total(shown, gap) <= width - kept) break;
  }
  while (shown.size > 1 && total(shown, gap) > width - kept) {
    shown.delete([...shown.keys()].at(-1)!);
  }
  for (const segment of filling) {
    const left = width - total(shown, gap) - (shown.size > 0 ? gap : 0);
    const pieces = drawn(segment, 1, left);
    if (pieces.length > 0) shown.set(segment, pieces);
  }
  return segments.flatMap((segment) => shown.has(segment) ? [shown.get(segment)!] : [])
    .flatMap((part, index) => index === 0 ? part : [{ text: between, dim: true }, ...part]);
}

function total(shown: ReadonlyMap<Segment, Piece[]>, gap: number): number {
  const widths = [...shown.values()].flat().map(({ text }) => displayWidth(text));
  return widths.reduce((sum, width) => sum + width, 0) + gap * Math.max(0, shown.size - 1);
}
