/**
 * Pseudo-terminals: interfaces only. `unix/` and `windows/` implement them, `open.ts` picks.
 *
 * @module
 */

/** What runs in a pseudo-terminal, and how large that is. */
export interface PtyOptions {
  /**
   * A path, which begins in {@link cwd} where it is relative, or a name that is looked up in the PATH
   * of {@link env}, on Windows with the extensions of programs.
   */
  program: string;
  args: readonly string[];
  /** Windows: the arguments are one text for the program's own parser and must not be quoted. */
  windowsRawArguments?: boolean;
  /** The folder to start in. */
  cwd: string;
  /** All of the program's variables: nothing is taken over from this process. */
  env: Readonly<Record<string, string>>;
  /** Characters in a line, 1 to 65,535 (Windows: 32,767). */
  columns: number;
  /** Lines, likewise. */
  rows: number;
}

/** How the program of a pseudo-terminal ended. */
export interface PtyExit {
  /** The exit code; 128 and the signal's number when a signal ended it. */
  code: number;
  /** The signal that ended it (Unix), or null. */
  signal: string | null;
}

/** A running program with a terminal of its own. */
export interface Pty {
  /** The program's process id. */
  readonly pid: number;
  /**
   * Resolves once the program has ended. What it wrote may still have to be read; the terminal is
   * to be closed all the same.
   */
  readonly exit: Promise<PtyExit>;
  /**
   * The next output, or null at the end. One read at a time. The bytes may be cut in the middle of
   * a character, and are valid until the next read. A program whose output is not read waits.
   */
  read(): Promise<Uint8Array | null>;
  /**
   * Types `bytes`: resolves once the terminal has taken them, which a program that reads nothing
   * can put off for ever. One write at a time.
   * @throws {Deno.errors.BrokenPipe} When the terminal is closed.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Changes the size; the program is told. */
  resize(columns: number, rows: number): void;
  /**
   * Takes the terminal away. If the program still runs, it is ended with all that it started, as
   * when a window is closed; if it has ended by itself, what it left in the background stays. Not so
   * on Windows, where the terminal goes with the program: what is left in it is ended then, unless it
   * has a window or a console of its own.
   *
   * A pending read resolves to null at once, a pending write rejects. Resolves when all is done,
   * which takes Windows up to five seconds where programs are left in the terminal.
   */
  close(): Promise<void>;
}
