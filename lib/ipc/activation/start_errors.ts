/**
 * Why a program cannot be started or reached: the errors that callers catch.
 *
 * @module
 */

/** Nobody of that name runs, and no entry of the registry tells how to start it. */
export class TargetUnknownError extends Error {
  /** The class, as `error.name` tells it. */
  override readonly name = "TargetUnknownError";
}

/** The target is known but does not run, and the call asked not to start it. */
export class TargetNotRunningError extends Error {
  /** The class, as `error.name` tells it. */
  override readonly name = "TargetNotRunningError";
}

/** The target was started but ended or stayed silent, or may not be started. */
export class TargetStartError extends Error {
  /** The class, as `error.name` tells it. */
  override readonly name: string = "TargetStartError";
  /** The exit code, where the program ended before it answered. */
  readonly exitCode: number | null;
  /** The last lines it wrote to its log in this start, without a trailing line break. */
  readonly log: string;

  /** `log` is the end of what the program wrote. */
  constructor(message: string, exitCode: number | null = null, log = "") {
    super(message);
    this.exitCode = exitCode;
    this.log = log;
  }
}

/** The target was started too often in too short a time; {@link until} says when it may be again. */
export class StartLimitError extends TargetStartError {
  /** The class, as `error.name` tells it. */
  override readonly name = "StartLimitError";
  /** When the next start is allowed. */
  readonly until: Date;

  /** `until` is when the next start is allowed. */
  constructor(message: string, until: Date) {
    super(message);
    this.until = until;
  }
}

/** This process asked to be an app that already runs. */
export class AlreadyRunningError extends Error {
  /** The class, as `error.name` tells it. */
  override readonly name = "AlreadyRunningError";
  /** The process that runs, where it answered. */
  readonly pid: number | null;

  /** `pid` is the process that runs, where it answered. */
  constructor(message: string, pid: number | null) {
    super(message);
    this.pid = pid;
  }
}
