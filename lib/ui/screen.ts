/** The whole terminal as a canvas. */

// https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
// Alternate screen, hidden cursor, and no line wrap: a line one column too long must not scroll.
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const CLEAR = "\x1b[2J";
// Terminals that know these show everything between them at once; others ignore them.
const BEGIN_UPDATE = "\x1b[?2026h";
const END_UPDATE = "\x1b[?2026l";
const RESET = "\x1b[0m";

const SIGNALS: Deno.Signal[] = ["SIGINT", "SIGTERM", "SIGHUP"];
const EXIT_CODES: Partial<Record<Deno.Signal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Size in characters. */
export interface ScreenSize {
  columns: number;
  rows: number;
}

/** What a screen draws on. */
export interface ScreenOutput {
  write(text: string): void;
  size(): ScreenSize;
}

/** How a screen behaves. */
export interface ScreenOptions {
  /** The terminal by default. */
  output?: ScreenOutput;
  /** Called when the size of the terminal changed: draw again. */
  onResize?: () => void;
  /**
   * Called on Ctrl-C and the like; the screen stays until it is closed. By default the screen is
   * closed and the process exits with 128 and the signal's number.
   */
  onSignal?: (signal: Deno.Signal) => void;
}

/**
 * The alternate screen of the terminal, with the cursor hidden. What was there before comes back
 * when it is closed, when the process exits, on signals and on uncaught errors.
 *
 * ```ts
 * using screen = Screen.open({ onResize: () => screen.draw(frame()) });
 * screen.draw(["one line", "another"]);
 * ```
 */
export class Screen implements Disposable {
  #output: ScreenOutput;
  #shown: string[] | null = null;
  #size: ScreenSize = { columns: 0, rows: 0 };
  #closed = false;
  #undo: (() => void)[] = [];

  private constructor(output: ScreenOutput) {
    this.#output = output;
  }

  /** Takes the terminal over. */
  static open(options: ScreenOptions = {}): Screen {
    const screen = new Screen(options.output ?? terminal);
    screen.#output.write(ENTER + CLEAR);
    screen.#listen(options);
    return screen;
  }

  /** The size now. */
  get size(): ScreenSize {
    return this.#output.size();
  }

  /**
   * Shows a frame. Only the lines that changed are written, in one piece, so nothing flickers.
   * Lines that do not fit are cut off by the terminal; those below its end are left out.
   */
  draw(lines: readonly string[]): void {
    if (this.#closed) return;
    const size = this.#output.size();
    const resized = size.columns !== this.#size.columns || size.rows !== this.#size.rows;
    const shown = resized ? null : this.#shown;
    let update = shown === null ? CLEAR : "";
    const frame: string[] = [];
    for (let row = 0; row < size.rows; row++) {
      const line = lines[row] ?? "";
      frame.push(line);
      if ((shown?.[row] ?? "") === line) continue;
      // Cleared first: clearing after a line that fills its row would take its last character.
      update += `\x1b[${row + 1};1H\x1b[2K${line}${RESET}`;
    }
    this.#shown = frame;
    this.#size = size;
    if (update !== "") this.#output.write(BEGIN_UPDATE + update + END_UPDATE);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const undo of this.#undo) undo();
    this.#output.write(LEAVE);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #listen(options: ScreenOptions): void {
    const onSignal = (signal: Deno.Signal) => {
      if (options.onSignal) return options.onSignal(signal);
      this.close();
      Deno.exit(EXIT_CODES[signal] ?? 1);
    };
    for (const signal of SIGNALS) this.#on(signal, () => onSignal(signal));
    this.#on("SIGWINCH", () => options.onResize?.());
    const close = () => this.close();
    for (const event of ["unload", "error", "unhandledrejection"]) {
      globalThis.addEventListener(event, close);
      this.#undo.push(() => globalThis.removeEventListener(event, close));
    }
  }

  #on(signal: Deno.Signal, handler: () => void): void {
    Deno.addSignalListener(signal, handler);
    this.#undo.push(() => Deno.removeSignalListener(signal, handler));
  }
}

const terminal: ScreenOutput = {
  write(text) {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  },
  size() {
    // Without a terminal there is no size, and some terminals tell none; 80x24 is what everybody
    // assumes then.
    const { columns, rows } = Deno.stdout.isTerminal()
      ? Deno.consoleSize()
      : { columns: 0, rows: 0 };
    return { columns: columns || 80, rows: rows || 24 };
  },
};
