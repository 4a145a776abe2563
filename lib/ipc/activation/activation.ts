/**
 * The room of starting: programs that sleep are woken once, run once, and are started again where
 * they are to be kept alive. It knows how each is started (`registry/`), processes and addresses
 * (`os/`) and locks (`base/`). It must not know what is said on a connection, or what an app exposes.
 *
 * This file leads from a name to a transport: dial; when nobody is there, start the program once,
 * however many callers in however many processes ask at that moment, and dial until it answers.
 *
 * @module
 */

import type { Elevation } from "./elevation.ts";
import {
  StartLimitError,
  TargetNotRunningError,
  TargetStartError,
  TargetUnknownError,
} from "./start_errors.ts";
import type { Home } from "../registry/home.ts";
import { ProcessLock } from "../base/lock.ts";
import { logFault, logTail, oddLog, prepareLog, quoteLog } from "./log_file.ts";
import { pauseFor } from "../base/timer.ts";
import type { Registry, RegistryEntry } from "../registry/registry.ts";
import { startCommand } from "./start_command.ts";
import {
  readStarts,
  sharedFailure,
  START_WINDOW,
  type StartRecord,
  writeStarts,
} from "./start_record.ts";
import { beginSupervision, readKept } from "./kept_record.ts";
import type { Platform, SpawnedProcess, Transport } from "../os/transport.ts";

export { lastLines, type LastLinesOptions, leftOutBytes, oddLog } from "./log_file.ts";
export { readStarts } from "./start_record.ts";
export { startCommand } from "./start_command.ts";
export {
  AlreadyRunningError,
  StartLimitError,
  TargetNotRunningError,
  TargetStartError,
  TargetUnknownError,
} from "./start_errors.ts";

/** Set in the environment of a program that was woken rather than started by hand. */
export const WOKEN_VARIABLE = "NEVERLIIE_WOKEN";

/** What an activation works with. */
export interface ActivationContext {
  home: Home;
  platform: Platform;
  registry: Registry;
  elevation: Elevation;
  /** Is told what a start had to do otherwise than its entry says. */
  report?: (problem: string) => void;
}

/** How far an activation may go. */
export interface ActivationOptions {
  /** Whether a sleeping target is started. */
  activate: boolean;
  /**
   * Ends the attempt: the caller sets the limit. A program that was started goes on, unless the
   * reason is a {@link TargetStartError}: its time was over, and it is ended if it has not even
   * taken its instance lock.
   */
  signal: AbortSignal;
}

/** A connection to an app. */
export interface Activated {
  transport: Transport;
  /** Whether the app slept when it was asked for. */
  started: boolean;
}

/** Longest wait for a listener that is there but busy, in milliseconds. */
const BUSY_TIMEOUT = 10_000;

/**
 * Connects to `app`, starting it when it sleeps.
 *
 * @throws {TargetUnknownError} nobody of that name runs or is registered.
 * @throws {TargetNotRunningError} it sleeps and may not be started.
 * @throws {TargetStartError} it was started and ended, or did not answer in time.
 * @throws {StartLimitError} it was started too often.
 */
export async function connectTo(
  app: string,
  context: ActivationContext,
  options: ActivationOptions,
): Promise<Activated> {
  const transport = await dial(app, context, options.signal);
  if (transport !== null) return { transport, started: false };
  if (!options.activate) {
    await registered(app, context);
    throw new TargetNotRunningError(`Cannot call "${app}": it is not running`);
  }
  return { transport: await start(app, context, options), started: true };
}

function dial(app: string, { home, platform }: ActivationContext, signal?: AbortSignal) {
  return platform.dial(home.address(app), { deadline: performance.now() + BUSY_TIMEOUT, signal });
}

function unknown(app: string, { registry }: ActivationContext): TargetUnknownError {
  return new TargetUnknownError(
    `Cannot find "${app}": it is not running, and "${registry.path}" has no entry for it. ` +
      `Start it once by hand and it registers itself`,
  );
}

async function start(
  app: string,
  context: ActivationContext,
  { signal }: ActivationOptions,
): Promise<Transport> {
  const { home } = context;
  // A first look that leaves no trace of a name that nobody has.
  if (!ProcessLock.isHeld(home.runtimeFile(app, "lock"))) await registered(app, context);
  const asked = Date.now();
  const lockFile = home.runtimeFile(app, "start.lock");
  for (let pause = 1;; pause = Math.min(pause * 2, 16)) {
    signal.throwIfAborted();
    const lock = ProcessLock.try(lockFile, home.renewRuntime);
    if (lock !== null) {
      try {
        // Whoever held the lock before may have brought it up, or failed on everybody's behalf.
        const transport = await dial(app, context, signal);
        if (transport !== null) return transport;
        const record = readStarts(home, app);
        const failure = sharedFailure(record, asked, Date.now());
        if (failure !== null) {
          throw new TargetStartError(failure.message, failure.exitCode, failure.log);
        }
        return await launch(app, context, record, signal);
      } finally {
        lock.release();
      }
    }
    const transport = await dial(app, context, signal);
    if (transport !== null) return transport;
    await pauseFor(pause, signal);
  }
}

/** Starts the program, under the start lock, and dials until it answers or ends. */
async function launch(
  app: string,
  context: ActivationContext,
  record: StartRecord,
  signal: AbortSignal,
): Promise<Transport> {
  const { home } = context;
  const instanceLock = home.runtimeFile(app, "lock");
  const logFile = home.logFile(app);
  const logStart = prepareLog(logFile);
  let child: SpawnedProcess | null = null;
  try {
    for (let pause = 1;; pause = Math.min(pause * 2, 8)) {
      // Asked before dialling: a program that answers and ends was there.
      const exitCode = child?.exitCode() ?? null;
      const transport = await dial(app, context, signal);
      if (transport !== null) return transport;
      // Someone who holds the lock is just starting by hand, or leaving: either way that is over
      // soon, and only then is there something to start or to report.
      if (!ProcessLock.isHeld(instanceLock)) {
        if (child === null) {
          child = await spawn(app, context, record);
        } else if (exitCode !== null) {
          const log = logTail(logFile, logStart);
          const message = `Cannot start "${app}": it ended with exit code ${exitCode} ` +
            `before it answered; ${logFault(logFile) ?? `its log is "${logFile}"`}${quoteLog(log)}`;
          throw failed(app, home, record, new TargetStartError(message, exitCode, log));
        }
      }
      await pauseFor(pause, signal);
    }
  } catch (error) {
    // Left alone it would live on as nobody's, and the next call would start another beside it.
    const late = signal.aborted && signal.reason instanceof TargetStartError;
    if (late && !ProcessLock.isHeld(instanceLock)) child?.kill();
    throw error;
  } finally {
    child?.release();
  }
}

/** Starts the program, where its start limit admits it. */
async function spawn(
  app: string,
  context: ActivationContext,
  record: StartRecord,
): Promise<SpawnedProcess> {
  const { home, platform, elevation } = context;
  const entry = await registered(app, context);
  const start = startCommand(entry, home.path);
  if (typeof start === "string") throw new TargetStartError(`Cannot start "${app}": its ${start}`);
  const refusal = elevation.startRefusal();
  if (refusal !== null) throw new TargetStartError(`Cannot start "${app}": ${refusal}`);
  const gaveUp = readKept(home, app)?.gaveUp ?? null;
  if (gaveUp !== null) {
    throw new TargetStartError(
      `Cannot start "${app}": it is kept alive, but was given up: ${gaveUp}. ` +
        `Its log is "${home.logFile(app)}". To resume it: neverliie wake ${app}`,
    );
  }
  const logFile = home.logFile(app);
  const until = record.admit(Date.now());
  record.failure = null;
  try {
    writeStarts(home, app, record);
  } catch (error) {
    throw new TargetStartError(`Cannot start "${app}": ${(error as Error).message}`);
  }
  if (until !== null) {
    const seconds = START_WINDOW / 1_000;
    throw new StartLimitError(
      `Cannot start "${app}": it was started ${record.starts.length} times within ${seconds} s. ` +
        `It may be started again at ${until.toISOString()}; its log is "${logFile}"`,
      until,
    );
  }
  try {
    // (To open a pipe would wait for its reader.) The log's fault is told below.
    if (oddLog(logFile) !== null) throw new Error(logFile);
    if (entry.keep_alive === true) beginSupervision(home, app);
    const { command, cwd, instead } = start;
    if (instead !== null) context.report?.(`"${app}": ${instead}`);
    return await platform.spawn({
      command,
      cwd,
      env: { NEVERLIIE_HOME: home.path, [WOKEN_VARIABLE]: "1", OTEL_SERVICE_NAME: app },
      logFile,
    });
  } catch (error) {
    const message = `Cannot start "${app}": ${logFault(logFile) ?? (error as Error).message}`;
    throw failed(app, home, record, new TargetStartError(message));
  }
}

/** Records a failed start for all who wait for it. */
function failed(
  app: string,
  home: Home,
  record: StartRecord,
  error: TargetStartError,
): TargetStartError {
  const { message, exitCode, log } = error;
  record.failure = { at: Date.now(), message, exitCode, log };
  writeStarts(home, app, record);
  return error;
}

/** The entry of `app`, or the error that says why there is none to use. */
async function registered(app: string, context: ActivationContext): Promise<RegistryEntry> {
  const { apps, problems } = await context.registry.read();
  const entry = apps.get(app);
  if (entry !== undefined) return entry;
  const problem = problems.get(app);
  if (problem !== undefined) throw new TargetUnknownError(`Cannot find "${app}": ${problem}`);
  throw unknown(app, context);
}
