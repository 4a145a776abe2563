/** What other programs may ask of the terminal. */

/** Params of `run`. */
export interface RunParams {
  /**
   * A string for the system's shell (`/bin/sh -c`, on Windows one line for `cmd.exe`), or a program
   * with its arguments, which no shell touches.
   */
  command: string | string[];
  /** The folder to run it in; the terminal's own by default. */
  cwd?: string;
  /** Variables to set in addition to the terminal's own. */
  env?: Record<string, string>;
  /** What the command reads from its standard input; nothing by default. */
  stdin?: string;
}

/** A piece of output as it came: not a line, and perhaps in the middle of one. */
export interface RunOutput {
  type: "stdout" | "stderr";
  text: string;
}

/** The end of a command, always the last event. */
export interface RunExit {
  type: "exit";
  /** The exit code; 128 and the signal's number when a signal ended it. */
  code: number;
  /** The signal that ended it (Unix), or null. */
  signal: string | null;
}

/** What a running command tells. */
export type RunEvent = RunOutput | RunExit;

/** The methods of the app "terminal". */
export interface Terminal {
  /** Runs a command; ending the stream early ends the command and everything it started. */
  run(params: RunParams): AsyncIterable<RunEvent>;
}
