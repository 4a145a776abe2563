/** From the cells of a screen to the text that draws them. */
import type { IBufferCell, IBufferLine } from "@xterm/headless";

/** Codes of "select graphic rendition", by the cell's own question. */
const STYLES = [
  ["isBold", 1],
  ["isDim", 2],
  ["isItalic", 3],
  ["isUnderline", 4],
  ["isBlink", 5],
  ["isInverse", 7],
  ["isInvisible", 8],
  ["isStrikethrough", 9],
  ["isOverline", 53],
] as const;

/**
 * The text that draws a line's first `columns` columns on an empty one. It begins and ends with no
 * colour or style set, and does not reach beyond the last cell that has something to show.
 */
export function paintLine(line: IBufferLine, columns: number): string {
  let text = "";
  let blanks = 0;
  let shown = "";
  let cell: IBufferCell | undefined;
  for (let column = 0; column < Math.min(columns, line.length); column++) {
    cell = line.getCell(column, cell);
    // The second half of a wide character has no width of its own.
    if (cell === undefined || cell.getWidth() === 0) continue;
    if (column + cell.getWidth() > columns) break;
    const style = cell.isAttributeDefault() ? "" : styleOf(cell);
    const characters = cell.getChars();
    if (style === "" && (characters === "" || characters === " ")) {
      blanks++;
      continue;
    }
    if (blanks > 0) {
      if (shown !== "") text += "\x1b[0m";
      shown = "";
      text += " ".repeat(blanks);
      blanks = 0;
    }
    if (style !== shown) text += `\x1b[0${style}m`;
    shown = style;
    text += characters === "" ? " " : characters;
  }
  return shown === "" ? text : text + "\x1b[0m";
}

/** The codes for a cell's looks, each behind a semicolon. */
function styleOf(cell: IBufferCell): string {
  let codes = "";
  for (const [is, code] of STYLES) if (cell[is]() !== 0) codes += `;${code}`;
  if (cell.isFgRGB()) codes += `;38;2;${channels(cell.getFgColor())}`;
  else if (cell.isFgPalette()) codes += `;${palette(cell.getFgColor(), 30)}`;
  if (cell.isBgRGB()) codes += `;48;2;${channels(cell.getBgColor())}`;
  else if (cell.isBgPalette()) codes += `;${palette(cell.getBgColor(), 40)}`;
  return codes;
}

function channels(colour: number): string {
  return [colour >> 16 & 255, colour >> 8 & 255, colour & 255].join(";");
}

/** Eight colours, eight bright ones, and 240 more. */
function palette(colour: number, base: number): string {
  if (colour < 8) return String(base + colour);
  return colour < 16 ? String(base + 60 + colour - 8) : `${base + 8};5;${colour}`;
}
