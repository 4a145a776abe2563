/** This process's own terminal, handed through to a session: no line editing, no Ctrl-C. */
import { ConsoleInput } from "../../lib/system/console_input.ts";
import { readInput } from "../../lib/system/standard_input.ts";
import { makeWait } from "../../lib/system/standard_output.ts";
import type { Size } from "./screen_model.ts";

/** Signals that end a front end, and their exit codes. Ctrl-C is typed into the session instead. */
const STOP_SIGNALS: readonly [Deno.Signal, number][] = Deno.build.os === "windows"
  ? [["SIGBREAK", 131], ["SIGHUP", 129]]
  : [["SIGTERM", 143], ["SIGHUP", 129], ["SIGQUIT", 131]];
/** Milliseconds between two looks at the size, where no signal tells of a change. */
const SIZE_POLL = 500;

/**
 * Undoes what a session's program may have set: synchronised output, scrolling region, insertion,
 * modes of keys, mouse and paste, cursor, charset and pen, and the alternate screen. The cursor
 * goes to the start of a line below all that is shown.
 */
export const LEAVE: string = [
  "\x1b[?2026l\x1b[r\x1b[?6l\x1b[4l\x1b[?1l\x1b[?7h\x1b[?45l\x1b>",
  "\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l",
  "\x1b[?2004l\x1b[?9001l\x1b[>4m\x1b[<u\x1b[0 q\x1b(B\x0f\x1b[0m",
  "\x1b[?1049l\x1b[?25h\x1b[999;1H\r\n",
].join("");

/** Whether this process has a terminal to type on and to show things on. */
export function hasTerminal(): boolean {
  return Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
}

/** The terminal in raw mode; it gets its old mode back however this process ends, but by SIGKILL. */
export class RawTerminal implements Disposable {
  readonly #console = Deno.build.os === "windows" ? new ConsoleInput() : null;
  readonly #undo: (() => void)[] = [];
  #written: Promise<void> = Promise.resolve();
  #closed = false;

  /** Takes the terminal over. */
  static open(): RawTerminal {
    // A program that has ended may have left it so that it refuses what does not fit.
    makeWait("stdout");
    const terminal = new RawTerminal();
    Deno.stdin.setRaw(true);
    for (const [signal, exitCode] of STOP_SIGNALS) {
      terminal.#on(signal, () => {
        terminal.close();
        Deno.exit(exitCode);
      });
    }
    const close = () => terminal.close();
    for (const event of ["unload", "error", "unhandledrejection"]) {
      globalThis.addEventListener(event, close);
      terminal.#undo.push(() => globalThis.removeEventListener(event, close));
    }
    return terminal;
  }

  private constructor() {}

  /** The size now; 80 x 24 where the terminal does not know. */
  get size(): Size {
    const { columns, rows } = Deno.consoleSize();
    return { columns: Math.max(2, columns || 80), rows: Math.max(1, rows || 24) };
  }

  /** Calls `changed` with each new size. */
  onResize(changed: (size: Size) => void): void {
    let last = this.size;
    const look = () => {
      const { columns, rows } = this.size;
      if (columns === last.columns && rows === last.rows) return;
      last = { columns, rows };
      changed(last);
    };
    if (Deno.build.os !== "windows") return this.#on("SIGWINCH", look);
    const timer = setInterval(look, SIZE_POLL);
    this.#undo.push(() => clearInterval(timer));
  }

  /** Writes all of the text; resolves when the terminal has taken it. */
  write(text: string): Promise<void> {
    return this.#written = this.#written.then(async () => {
      let bytes = new TextEncoder().encode(text);
      while (bytes.length > 0 && !this.#closed) {
        bytes = bytes.subarray(await Deno.stdout.write(bytes));
      }
    });
  }

  /** The next keys, in UTF-8, or null at the end. */
  async read(): Promise<Uint8Array | null> {
    if (this.#console !== null) return await this.#console.read();
    return await readInput(new Uint8Array(4096));
  }

  /** Gives the terminal back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const undo of this.#undo) undo();
    try {
      let bytes = new TextEncoder().encode(LEAVE);
      while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
      Deno.stdin.setRaw(false);
    } catch {
      // The window was closed: there is no terminal left to give back.
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #on(signal: Deno.Signal, handler: () => void): void {
    Deno.addSignalListener(signal, handler);
    this.#undo.push(() => Deno.removeSignalListener(signal, handler));
  }
}
