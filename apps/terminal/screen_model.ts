/** What a session's screen looks like, whether anybody looks or not. */
import xterm, { type IBufferLine, type Terminal } from "@xterm/headless";
import { paintLine } from "./paint.ts";
import { Pen } from "./pen.ts";

/** Size in characters. */
export interface Size {
  columns: number;
  rows: number;
}

/** Mouse reporting as the model calls it, and the mode that turns it on. */
const MOUSE = { none: 0, x10: 9, vt200: 1000, drag: 1002, any: 1003 } as const;
/** Ways to write the mouse's place; one at a time. */
const MOUSE_ENCODINGS = [1005, 1006, 1015, 1016];
const CURSOR_SHOWN = 25;

/** Everything between these is shown at once by terminals that know them. */
const BEGIN_UPDATE = "\x1b[?2026h";
const END_UPDATE = "\x1b[?2026l";

/**
 * A terminal without a window. It takes what the program writes, answers the program's questions,
 * keeps the scrollback, and can draw itself on another terminal at any time.
 */
export class ScreenModel {
  readonly #terminal: Terminal;
  readonly #pen = new Pen();
  /** First and last line of the scrolling region, where one is set, by kind of buffer. */
  readonly #margins = new Map<string, [number, number]>();
  #cursorShown = true;
  #cursorShape = 0;
  #mouseEncoding: number | null = null;

  /**
   * @param size at first
   * @param scrollback lines to keep above the screen
   * @param answer called with what the terminal itself types: answers to the program's questions
   * @param onTitle called when the program names its window
   * @param conpty the build of Windows whose pseudo-console writes here; null for a plain terminal
   */
  constructor(
    size: Size,
    scrollback: number,
    answer: (text: string) => void,
    onTitle: (title: string) => void,
    conpty: number | null = conptyBuild(),
  ) {
    this.#terminal = new xterm.Terminal({
      cols: size.columns,
      rows: size.rows,
      scrollback,
      allowProposedApi: true,
      windowOptions: { getWinSizeChars: true },
      // A pseudo-console keeps a screen of its own, and paints it anew when its size changes. Its
      // lines must be moved about here as they are there, or some are shown twice and others torn.
      ...(conpty === null ? {} : { windowsPty: { backend: "conpty", buildNumber: conpty } }),
    });
    this.#terminal.onData(answer);
    this.#terminal.onBinary(answer);
    this.#terminal.onTitleChange(onTitle);
    this.#follow();
  }

  get size(): Size {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  /** Takes what the program wrote. Resolves when it has been understood. */
  write(text: string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(text, resolve));
  }

  /** Calls `look` when all that was written before has been understood, and nothing after it. */
  settled<T>(look: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#terminal.write("", () => Promise.try(look).then(resolve, reject));
    return promise;
  }

  resize({ columns, rows }: Size): void {
    this.#terminal.resize(columns, rows);
    this.#margins.clear();
  }

  dispose(): void {
    this.#terminal.dispose();
  }

  /**
   * The text that makes a terminal of the given size show this screen, whatever it showed before.
   * A larger one shows it in its upper left corner.
   *
   * @param history lines above the screen to write first, so that they can be scrolled back to
   */
  paint(size: Size, history = 0): string {
    const { active, normal } = this.#terminal.buffer;
    let text = BEGIN_UPDATE;
    if (history > 0) {
      // From where the cursor is, as any program prints: what the view showed goes up into its own
      // scrollback, the lines behind it, and the whole screen after both.
      text += "\x1b[0m\r\x1b[J";
      for (let y = Math.max(0, normal.baseY - history); y < normal.baseY; y++) {
        text += this.#paintLine(normal.getLine(y), size) + "\r\n";
      }
      text += "\r\n".repeat(size.rows);
    }
    // Nothing that was set may touch what follows: no region, no insertion, no pen, no charset.
    text += "\x1b[r\x1b[?6l\x1b[4l\x1b[?7h\x1b[0m\x1b(B\x0f";
    text += active.type === "alternate" ? "\x1b[?1049h" : "\x1b[?1049l";
    for (let row = 0; row < size.rows; row++) {
      const line = row < this.#terminal.rows ? active.getLine(active.baseY + row) : undefined;
      // Cleared first: clearing after a line that fills its row would take its last character.
      text += `\x1b[${row + 1};1H\x1b[2K` + this.#paintLine(line, size);
    }
    return text + this.#modes() + END_UPDATE;
  }

  #paintLine(line: IBufferLine | undefined, { columns }: Size): string {
    return line === undefined ? "" : paintLine(line, Math.min(columns, this.#terminal.cols));
  }

  /** The sequences that set every mode as the program has set it here, cursor and pen included. */
  #modes(): string {
    const { modes, buffer: { active } } = this.#terminal;
    const mode = (number: number, on: boolean) => `\x1b[?${number}${on ? "h" : "l"}`;
    const margins = this.#margins.get(active.type);
    const top = modes.originMode ? margins?.[0] ?? 1 : 1;
    const row = Math.max(1, active.cursorY + 2 - top);
    return [
      margins === undefined ? "" : `\x1b[${margins[0]};${margins[1]}r`,
      // Both of these move the cursor. In this mode its place counts from the region's first line.
      mode(6, modes.originMode),
      `\x1b[${row};${Math.min(active.cursorX + 1, this.#terminal.cols)}H`,
      mode(1, modes.applicationCursorKeysMode),
      mode(7, modes.wraparoundMode),
      mode(45, modes.reverseWraparoundMode),
      mode(2004, modes.bracketedPasteMode),
      mode(1004, modes.sendFocusMode),
      ...Object.values(MOUSE).filter((number) => number > 0).map((number) => mode(number, false)),
      ...MOUSE_ENCODINGS.map((number) => mode(number, false)),
      modes.mouseTrackingMode === "none" ? "" : mode(MOUSE[modes.mouseTrackingMode], true),
      this.#mouseEncoding === null ? "" : mode(this.#mouseEncoding, true),
      `\x1b[4${modes.insertMode ? "h" : "l"}`,
      modes.applicationKeypadMode ? "\x1b=" : "\x1b>",
      `\x1b[${this.#cursorShape} q`,
      mode(CURSOR_SHOWN, this.#cursorShown),
      this.#pen.sequence,
    ].join("");
  }

  /** Notes what the model does not tell. Every handler lets the model go on with the sequence. */
  #follow(): void {
    const { parser } = this.#terminal;
    const reset = () => {
      this.#pen.reset();
      this.#margins.clear();
      this.#cursorShown = true;
      this.#mouseEncoding = null;
      return false;
    };
    const setModes = (on: boolean) => (params: (number | number[])[]) => {
      for (const number of params) {
        if (number === CURSOR_SHOWN) this.#cursorShown = on;
        if (MOUSE_ENCODINGS.includes(number as number)) {
          this.#mouseEncoding = on ? number as number : null;
        }
      }
      return false;
    };
    parser.registerCsiHandler({ prefix: "?", final: "h" }, setModes(true));
    parser.registerCsiHandler({ prefix: "?", final: "l" }, setModes(false));
    parser.registerCsiHandler({ final: "m" }, (codes) => {
      this.#pen.take(codes);
      return false;
    });
    parser.registerCsiHandler({ final: "r" }, ([first, last]) => {
      const { rows, buffer: { active: { type } } } = this.#terminal;
      const top = Number(first) || 1;
      const bottom = Math.min(Number(last) || rows, rows);
      if (top === 1 && bottom === rows) this.#margins.delete(type);
      else if (top < bottom) this.#margins.set(type, [top, bottom]);
      return false;
    });
    parser.registerCsiHandler({ intermediates: " ", final: "q" }, ([shape]) => {
      this.#cursorShape = Number(shape) || 0;
      return false;
    });
    parser.registerCsiHandler({ intermediates: "!", final: "p" }, reset);
    parser.registerEscHandler({ final: "c" }, reset);
  }
}

/** The first version of Windows with pseudo-consoles. */
const FIRST_CONPTY = 17_763;

/** The build of this Windows, which tells how its pseudo-consoles behave; null elsewhere. */
export function conptyBuild(
  os: typeof Deno.build.os = Deno.build.os,
  release: () => string = Deno.osRelease,
): number | null {
  if (os !== "windows") return null;
  const build = Number(/^\d+\.\d+\.(\d+)/.exec(release())?.[1]);
  return Number.isNaN(build) ? FIRST_CONPTY : build;
}
