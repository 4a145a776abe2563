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

/** Params of `pipe`. */
export interface PipeParams {
  /** As in `run`. */
  command: string | string[];
  /** The folder to run it in; the terminal's own by default. */
  cwd?: string;
  /** All of its variables; the terminal's own unless given. */
  env?: Record<string, string>;
}

/** The first event of `pipe`: the command runs. */
export interface PipeStarted {
  type: "started";
  /** The pipe's number, for `pipe_input`. Never used twice as long as the terminal runs. */
  pipe: number;
}

/** A piece of output, byte for byte. */
export interface PipeOutput {
  type: "stdout" | "stderr";
  bytes: Uint8Array;
}

/** What a command tells whose input and output are handed through. */
export type PipeEvent = PipeStarted | PipeOutput | RunExit;

/** Params of `pipe_input`. */
export interface PipeInputParams {
  pipe: number;
  /** What the command is to read next; null ends its input. */
  data: string | Uint8Array | null;
}

/** Params of `open`. */
export interface OpenParams {
  /** As in `run`; the user's own shell unless given. */
  command?: string | string[];
  /** The folder to start in; the terminal's own by default. */
  cwd?: string;
  /** Variables to set in addition to the terminal's own. */
  env?: Record<string, string>;
  /** What `list` calls it; else what the program itself says, and the command until then. */
  title?: string;
  /** Characters in a line, 2 to 1,000; 80 unless given. The first view changes it to its own size. */
  columns?: number;
  /** Lines, 1 to 1,000; 24 unless given. */
  rows?: number;
  /** Lines to keep above the screen, 0 to 50,000; 5,000 unless given. */
  scrollback?: number;
}

/** A session as `list` tells it. */
export interface SessionInfo {
  /** Counts from 1; never used twice as long as the terminal runs. */
  id: number;
  title: string;
  /** The command as it was given, its parts joined. */
  command: string;
  cwd: string;
  /** The process of its program. */
  pid: number;
  columns: number;
  rows: number;
  /** How many views are attached. */
  views: number;
  /** When it was opened, ISO 8601. */
  opened: string;
  /** When its program ended, ISO 8601; null while it runs. */
  ended: string | null;
  /** The exit code, 128 and the signal's number for a signal; null while it runs. */
  code: number | null;
  /** The signal that ended it (Unix), else null. */
  signal: string | null;
}

/** Names a session. */
export interface SessionParams {
  id: number;
}

/** Params of `attach`. */
export interface AttachParams extends SessionParams {
  /** The size of the view's terminal. The session has the size of its smallest view. */
  columns: number;
  rows: number;
  /** How many lines from above the screen to send first; 1,000 unless given. */
  history?: number;
}

/** The first event of `attach`. */
export interface AttachedEvent {
  type: "attached";
  /** The view's number, for `resize` and `redraw`. */
  view: number;
  session: SessionInfo;
}

/**
 * The whole screen, for a terminal in any state: sent first, after every change of size, to views
 * that fell behind, and instead of `output` to views that are larger than the session.
 */
export interface ScreenEvent {
  type: "screen";
  /** Text and escape sequences to write to the view's terminal. */
  text: string;
  /** The session's size. */
  columns: number;
  rows: number;
}

/** What the program wrote since, without its questions to the terminal: those are answered here. */
export interface OutputEvent {
  type: "output";
  text: string;
}

/** The program has ended: the last event. */
export interface SessionExit {
  type: "exit";
  code: number;
  signal: string | null;
}

/** What an attached view is told. */
export type AttachEvent = AttachedEvent | ScreenEvent | OutputEvent | SessionExit;

/** Params of `input`. */
export interface InputParams extends SessionParams {
  /**
   * What was typed, as a terminal sends it: Enter is "\r", Ctrl-C is "\x03". Bytes are for what is
   * no text, such as old notations of the mouse's place.
   */
  data: string | Uint8Array;
}

/** Names a view. */
export interface ViewParams extends SessionParams {
  view: number;
}

/** Params of `resize`. */
export interface ResizeParams extends ViewParams {
  columns: number;
  rows: number;
}

/** The methods of the app "terminal". */
export interface Terminal {
  /** Runs a command; ending the stream early ends the command and everything it started. */
  run(params: RunParams): AsyncIterable<RunEvent>;
  /** The same as bytes, for a command that reads what `pipe_input` writes. */
  pipe(params: PipeParams): AsyncIterable<PipeEvent>;
  /**
   * Writes to a command's standard input. Answered once the command's pipe has taken it: true where
   * it takes more, false where the command has ended or reads no more.
   */
  pipe_input(params: PipeInputParams): Promise<boolean>;
  /** Starts a session. It lives until its program ends or it is killed. */
  open(params: OpenParams): Promise<SessionInfo>;
  /** The sessions, the oldest first. One that ended unseen stays until a view has seen it. */
  list(): Promise<SessionInfo[]>;
  /** Shows a session; ending the stream detaches. */
  attach(params: AttachParams): AsyncIterable<AttachEvent>;
  /** Types into a session. Answered once the session has taken it. */
  input(params: InputParams): Promise<null>;
  /** Tells a view's new size. */
  resize(params: ResizeParams): Promise<null>;
  /** Has the whole screen sent to a view again. */
  redraw(params: ViewParams): Promise<null>;
  /** Ends a session with all that it started; takes one that has ended off the list. */
  kill(params: SessionParams): Promise<SessionInfo>;
}

/** What the topics of "terminal" tell. */
export interface TerminalTopics {
  /**
   * The sessions now, the oldest first, and again after each change: one that was opened, ended or
   * is gone, has another title or size, or more or fewer views.
   */
  sessions: SessionInfo[];
}
