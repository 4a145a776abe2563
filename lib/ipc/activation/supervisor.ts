/**
 * Starts apps again that are to be kept alive and died. Every app of the mesh is ready to do so; one
 * at a time does, whoever holds the supervisor's lock, and another takes over when it ends: see
 * docs/decisions/0014-supervision.md.
 *
 * @module
 */

import { type ActivationContext, connectTo } from "./activation.ts";
import { TargetStartError, TargetUnknownError } from "./start_errors.ts";
import { LogKeeper } from "./log_file.ts";
import { ProcessLock } from "../base/lock.ts";
import { join } from "../base/path.ts";
import { withRemedy } from "../base/problem.ts";
import {
  beginSupervision,
  endSupervision,
  type KeptRecord,
  readKept,
  restartsInRow,
  writeKept,
} from "./kept_record.ts";
import { startCommand } from "./start_command.ts";
import { callLater, pauseFor } from "../base/timer.ts";

export { endSupervision, readKept, resumeSupervision } from "./kept_record.ts";

/** When a supervisor acts; all but `restarts` in milliseconds. */
export interface SupervisorTimes {
  /** Between two looks at who runs. */
  look: number;
  /** Before the first restart; each further one in a row waits twice as long. */
  firstPause: number;
  /** An app that ran so long begins a new row. */
  stable: number;
  /** Restarts in a row before it gives up. */
  restarts: number;
  /** For a started app to answer. */
  startTimeout: number;
  /** For an app to make its lock anew, where that was removed: longer than it takes to notice. */
  renewal: number;
  /** Before a program is looked for again that was not there. */
  absent: number;
}

const DEFAULT_TIMES: SupervisorTimes = {
  look: 1_000,
  firstPause: 500,
  stable: 60_000,
  restarts: 5,
  startTimeout: 30_000,
  renewal: 3_000,
  absent: 5_000,
};

/** The app that a supervising process is. */
export interface SupervisingApp {
  name: string;
  /** Whether it is to be kept alive itself. */
  kept: boolean;
  /** Whether it was woken, and so writes to its log. */
  woken: boolean;
}

/** One process's readiness to supervise, and its doing so while the role is its own. */
export class Supervisor {
  readonly #context: ActivationContext;
  /** The app that this process is, where it is to be kept alive itself. */
  readonly #own: string | null;
  readonly #report: (problem: string) => void;
  readonly #times: SupervisorTimes;
  readonly #logs: LogKeeper;
  readonly #stopped = new AbortController();
  readonly #restarting = new Map<string, Promise<void>>();
  #callOff: () => void;
  #role: ProcessLock | null = null;
  /** The problem told last, by app ("" for the looks): it is not told again each second. */
  readonly #told = new Map<string, string>();

  /**
   * @param own the app that this process is
   * @param report is told of each restart, of each app that is given up, and of logs that grow on
   */
  constructor(
    context: ActivationContext,
    own: SupervisingApp | null,
    report: (problem: string) => void,
    times: Partial<SupervisorTimes> = {},
  ) {
    this.#context = context;
    this.#own = own?.kept ? own.name : null;
    this.#report = report;
    this.#times = { ...DEFAULT_TIMES, ...times };
    this.#logs = new LogKeeper(context.home, own?.woken ? own.name : null, report);
    this.#supervise();
    this.#callOff = callLater(this.#times.look, this.#look);
  }

  /** Notes again that this process's own app is to be running, where another one undid that. */
  enlist(): void {
    if (this.#own !== null && readKept(this.#context.home, this.#own) === null) {
      this.#supervise();
    }
  }

  /**
   * Leaves the role to another process.
   *
   * @param ends whether this process's own app is no longer to be running
   */
  async stop(ends = true): Promise<void> {
    this.#callOff();
    try {
      if (this.#own !== null && ends) endSupervision(this.#context.home, this.#own);
    } finally {
      this.#stopped.abort(new TypeError("the supervisor stopped"));
      await Promise.all(this.#restarting.values());
      this.#role?.release();
    }
  }

  #supervise(): void {
    const { home } = this.#context;
    try {
      if (this.#own !== null) beginSupervision(home, this.#own);
    } catch (error) {
      // A full disk, say: the app serves all the same.
      this.#report(`"${this.#own}" runs, but is not kept alive: ${withRemedy(error)}`);
    }
  }

  readonly #look = (): void => {
    this.#callOff = callLater(this.#times.look, this.#look);
    try {
      this.#logs.look(this.#role !== null);
      if (!this.#hasRole()) return;
      for (const app of this.#context.home.keptApps()) this.#lookAt(app);
    } catch (error) {
      // The folder is gone, or the disk is full: the next look may find it otherwise.
      this.#tell("", `Cannot supervise: ${withRemedy(error)}`);
    }
  };

  /** Whether this process supervises. It takes the role where nobody has it. */
  #hasRole(): boolean {
    const { home, elevation } = this.#context;
    if (elevation.startRefusal() !== null) return false;
    // (Its file may be removed as any other. Then somebody else may have the role by now.)
    if (this.#role?.isRemoved()) {
      this.#role.release();
      this.#role = null;
    }
    this.#role ??= ProcessLock.try(join(home.runtime, ".supervisor.lock"), home.renewRuntime);
    return this.#role !== null;
  }

  #lookAt(app: string): void {
    try {
      if (this.#restarting.has(app) || this.#isRunning(app)) return;
      if (readKept(this.#context.home, app)?.gaveUp !== null) return;
    } catch (error) {
      // One whose file cannot be used keeps nobody else from being supervised.
      return this.#tell(app, `Cannot supervise "${app}": ${withRemedy(error)}`);
    }
    const restart = this.#restart(app).catch((error) => {
      if (!this.#stopped.signal.aborted) this.#tell(app, `Cannot supervise "${app}": ${error}`);
    }).finally(() => this.#restarting.delete(app));
    this.#restarting.set(app, restart);
  }

  #tell(about: string, problem: string): void {
    if (this.#told.get(about) !== problem) this.#report(problem);
    this.#told.set(about, problem);
  }

  #isRunning(app: string): boolean {
    return ProcessLock.isHeld(this.#context.home.runtimeFile(app, "lock"));
  }

  async #restart(app: string): Promise<void> {
    const { home } = this.#context;
    const { firstPause, renewal, restarts, stable, startTimeout } = this.#times;
    const before = readKept(home, app);
    if (before === null) return;
    const { signal: stopped } = this.#stopped;
    // One that died leaves its lock's file. Where that was removed, one that lives makes it anew.
    if (ProcessLock.stateOf(home.runtimeFile(app, "lock")) === "missing") {
      await pauseFor(renewal, stopped);
      if (this.#isRunning(app)) return;
    }
    // Whoever answers is alive.
    const deadline = performance.now() + startTimeout;
    const alive = await this.#context.platform.dial(home.address(app), {
      deadline,
      signal: stopped,
    });
    if (alive !== null) return await alive.close();
    const { apps, problems } = await this.#context.registry.read();
    const entry = apps.get(app);
    const start = entry === undefined ? null : startCommand(entry, home.path);
    const fault = typeof start === "string" ? `its ${start}` : problems.get(app);
    if (fault !== undefined) {
      // No reason to give it up: a drive that is away comes back, an entry is corrected.
      this.#tell(app, `"${app}" died, and cannot be started again: ${fault}`);
      return await pauseFor(this.#times.absent, stopped);
    }
    this.#told.delete(app);
    const row = restartsInRow(before, Date.now(), stable);
    if (row >= restarts) {
      return this.#giveUp(app, before, `it was started ${row} times in a row and died each time`);
    }
    await pauseFor(firstPause * 2 ** row, stopped);
    // Told to stop, or started by somebody else meanwhile.
    if (readKept(home, app) === null || this.#isRunning(app)) return;
    const record = { started: Date.now(), restarts: row + 1, gaveUp: null };
    writeKept(home, app, record);
    this.#report(`"${app}" died, and is started again (${row + 1} of ${restarts})`);
    const late = new AbortController();
    const timer = setTimeout(() => {
      const why = `it did not answer in ${startTimeout} ms`;
      late.abort(new TargetStartError(`Cannot start "${app}": ${why}`));
    }, startTimeout);
    try {
      const signal = AbortSignal.any([stopped, late.signal]);
      const { transport } = await connectTo(app, this.#context, { activate: true, signal });
      await transport.close();
    } catch (error) {
      if (stopped.aborted) return;
      const { message } = error as Error;
      if (error instanceof TargetUnknownError) this.#giveUp(app, record, message);
      else this.#report(message);
    } finally {
      clearTimeout(timer);
    }
  }

  #giveUp(app: string, record: KeptRecord, why: string): void {
    writeKept(this.#context.home, app, { ...record, gaveUp: why });
    this.#report(`"${app}" is not started any more: ${why}. Resume it: neverliie wake ${app}`);
  }
}
