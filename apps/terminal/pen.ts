/** The colours and styles that a terminal writes with: what was set since the last reset. */

/** Which codes of "select graphic rendition" set the same thing, and the one that unsets it. */
const STYLES: readonly (readonly [off: number, ...on: number[]])[] = [
  [22, 1, 2],
  [23, 3, 20],
  [24, 4, 21],
  [25, 5, 6],
  [27, 7],
  [28, 8],
  [29, 9],
  [55, 53],
];
/** What unsets a colour: of the text, of its background, of its underline. */
const COLOURS: Readonly<Record<number, number>> = { 38: 39, 48: 49, 58: 59 };

/** Codes as xterm.js hands them out: a list after a number holds its parts given with colons. */
export type Codes = readonly (number | number[])[];

/**
 * Follows the codes of one terminal. xterm.js keeps this to itself, and a view that comes in the
 * middle of a coloured text has to begin with the right colour.
 */
export class Pen {
  /** By the code that unsets it: the codes that set it. */
  #set = new Map<number, string>();

  /** Takes the codes of one `CSI … m`. */
  take(codes: Codes): void {
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i];
      if (typeof code !== "number") continue;
      const next = codes[i + 1];
      if (Array.isArray(next)) {
        const off = COLOURS[code] ?? offOf(code);
        // "4:0" is the one style that is unset this way.
        if (code === 4 && next[0] === 0) this.#set.delete(24);
        else if (off !== undefined) this.#set.set(off, [code, ...next.map(partText)].join(":"));
        i++;
      } else if (COLOURS[code] !== undefined) {
        const length = next === 2 ? 4 : next === 5 ? 2 : 0;
        const parts = codes.slice(i, i + 1 + length);
        if (length > 0) this.#set.set(COLOURS[code], parts.join(";"));
        i += length;
      } else if (code <= 0) this.#set.clear();
      else this.#takeSimple(code);
    }
  }

  #takeSimple(code: number): void {
    const off = offOf(code);
    if (off === undefined) this.#set.delete(code);
    // Bold and faint go together.
    else if (off === 22 && this.#set.has(22) && this.#set.get(22) !== String(code)) {
      this.#set.set(22, "1;2");
    } else this.#set.set(off, String(code));
  }

  reset(): void {
    this.#set.clear();
  }

  /** The sequence that gives another terminal the same pen. */
  get sequence(): string {
    return `\x1b[${["0", ...this.#set.values()].join(";")}m`;
  }
}

/** The code that unsets what `code` sets; undefined for one that sets nothing. */
function offOf(code: number): number | undefined {
  if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) return 39;
  if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) return 49;
  return STYLES.find(([, ...on]) => on.includes(code))?.[0];
}

/** A part left out ("38:2::1:2:3") is -1. */
function partText(part: number): string {
  return part < 0 ? "" : String(part);
}
