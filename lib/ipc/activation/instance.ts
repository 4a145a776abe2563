/**
 * One instance per app: the lock that decides which process it is, and what a second one does.
 *
 * @module
 */

import { type ActivationContext, WOKEN_VARIABLE } from "./activation.ts";
import { AlreadyRunningError } from "./start_errors.ts";
import { ProcessLock } from "../base/lock.ts";
import { platform } from "../os/platform.ts";
import { printNote, printProblem } from "../base/problem.ts";
import { pauseFor } from "../base/timer.ts";
import type { Transport } from "../os/transport.ts";

/**
 * The answer of another copy of an app: its process, or why it refuses to answer. `null` where it
 * hung up, kept silent for too long, or did not name its process.
 */
export type CopyAnswer = { pid: number } | { refusal: string } | null;

/**
 * What one copy of an app says to another. This room knows at which address the other one is; how
 * to speak to it is given from above. Each function closes the transport. Times are in milliseconds.
 */
export interface CopyCalls {
  /** Asks the other copy for its process. */
  ping(transport: Transport, timeout: number): Promise<CopyAnswer>;
  /** Gives the other copy the arguments of this start. */
  handOver(transport: Transport, timeout: number): Promise<CopyAnswer>;
  /** Asks the other copy to leave, and gives it the time `linger` to do so. */
  shutDown(transport: Transport, timeout: number, linger: number): Promise<void>;
}

/** Longest wait, in milliseconds, for a holder of the lock that does not answer yet. */
const HANDOVER_TIMEOUT = 15_000;
/** Longest wait for an answer at the address of an app whose lock is free. */
const IMPOSTOR_TIMEOUT = 3_000;

let woken: boolean | undefined;

/**
 * Whether the mesh woke this process, rather than a person starting it. An app that shows something
 * when started by hand only serves when woken.
 */
export function isWoken(): boolean {
  if (woken === undefined) {
    woken = Deno.env.get(WOKEN_VARIABLE) !== undefined;
    if (woken) {
      // What this process starts in turn is not woken by it.
      Deno.env.delete(WOKEN_VARIABLE);
      platform().heedInterrupts?.();
    }
  }
  return woken;
}

/** What becomes of a name, as its holder is told. */
export interface NameEvents {
  /** The lock's file was removed, and is made anew: the name was anybody's for a moment. */
  onRenewed(): void;
  /** Another process has the name, and keeps it. */
  onLost(why: string): void;
}

/** After so many milliseconds without a look, a copy that has taken the name meanwhile keeps it. */
const STALLED = 5_000;
/** Milliseconds for another copy to answer, and to leave. */
const ANSWER_TIME = 2_000;
const LEAVE_TIME = 1_000;
/** Milliseconds in which two copies become one, for as long as none of them hangs. */
const TAKE_BACK_TIME = 12_000;
/** How often another copy is asked to leave. */
const REQUESTS = 2;

/**
 * This process as the one that has the name `app`. The lock's file lies where systems remove files
 * now and then. Then another copy may start, and take a lock of its own. The older one keeps the
 * name: it may hold what somebody works with, the other one is seconds old. See
 * docs/decisions/0046-what-cleans-tmp.md.
 */
export class Instance {
  readonly #app: string;
  readonly #context: ActivationContext;
  readonly #calls: CopyCalls;
  #lock: ProcessLock;
  #events: NameEvents | null = null;
  /** When this process looked last, on `performance.now()`'s clock. */
  #looked: number = performance.now();
  #requests = 0;
  #settling: Promise<void> | null = null;
  #takingBack: Promise<void> | null = null;

  /** @param lock taken, and nobody answers at the app's address */
  constructor(app: string, context: ActivationContext, calls: CopyCalls, lock: ProcessLock) {
    this.#app = app;
    this.#context = context;
    this.#calls = calls;
    this.#lock = lock;
  }

  /** Begins to defend the name at each {@link look}. */
  keep(events: NameEvents): void {
    this.#events = events;
  }

  /** Whether this process has the name. It takes the name where nobody has it. */
  readonly look = (): boolean => {
    const before = this.#looked;
    this.#looked = performance.now();
    if (!this.#lock.isCurrent() && !this.#renew()) {
      if (this.#events !== null) {
        this.#settling ??= this.#settle(this.#looked - before).finally(() => this.#settling = null);
        this.#takingBack ??= this.#takeBack().finally(() => this.#takingBack = null);
      }
      return false;
    }
    return true;
  };

  /** Stops defending the name; resolves to whether it is this process's. */
  async leave(): Promise<boolean> {
    this.#events = null;
    await this.#settling;
    await this.#takingBack;
    try {
      return this.look();
    } catch (error) {
      // It holds the lock all the same, as far as can be told.
      this.#context.report?.((error as Error).message);
      return true;
    }
  }

  /** Gives the name back. */
  release(): void {
    this.#lock.release();
  }

  #renew(): boolean {
    const { home, report } = this.#context;
    const path = home.runtimeFile(this.#app, "lock");
    const lock = ProcessLock.try(path, home.renewRuntime);
    if (lock === null) return false;
    this.#lock.release();
    this.#lock = lock;
    this.#requests = 0;
    report?.(`The lock "${path}" was removed, and is made anew`);
    this.#events?.onRenewed();
    return true;
  }

  /** Somebody else has the lock: for a moment, or another copy that was started meanwhile. */
  async #settle(stalled: number): Promise<void> {
    const pid = await this.#whoAnswers();
    // The other one has only begun to start, or is just being told that this one runs.
    // Or it has left since.
    if (pid === null || pid === Deno.pid || this.#lock.isCurrent()) return;
    const other = pid === "silent" ? "another program" : `process ${pid}`;
    const why = `${other} is "${this.#app}" as well, since the lock of this one was removed`;
    const { report } = this.#context;
    if (stalled > STALLED || this.#requests === REQUESTS) {
      report?.(`${why}: this one leaves`);
      return this.#events?.onLost(why);
    }
    this.#requests++;
    report?.(`${why}: it was started last, and is asked to leave`);
    await this.#askToLeave();
  }

  /** Takes the name as soon as nobody has it: until the next look a caller may start a third copy. */
  async #takeBack(): Promise<void> {
    const begun = performance.now();
    try {
      for (let pause = 1; this.#events !== null && !this.#renew();) {
        await pauseFor(pause);
        // As often as callers look whether there is something to start; not for ever.
        pause = Math.min(pause * 2, performance.now() - begun < TAKE_BACK_TIME ? 8 : 250);
      }
    } catch {
      // The next look fails as well, and tells of it.
    }
  }

  /** The process that answers at the app's address: "silent" where it does not tell, `null` for none. */
  async #whoAnswers(): Promise<number | "silent" | null> {
    try {
      const transport = await this.#dial();
      if (transport === null) return null;
      const answer = await this.#calls.ping(transport, ANSWER_TIME);
      return answer !== null && "pid" in answer ? answer.pid : "silent";
    } catch {
      // It is just leaving, or hangs: the next look tells what becomes of the name.
      return "silent";
    }
  }

  async #askToLeave(): Promise<void> {
    try {
      const transport = await this.#dial();
      if (transport !== null) await this.#calls.shutDown(transport, ANSWER_TIME, LEAVE_TIME);
    } catch {
      // The next look tells whether it has left.
    }
  }

  #dial(): Promise<Transport | null> {
    const { home, platform } = this.#context;
    return platform.dial(home.address(this.#app), { deadline: performance.now() + ANSWER_TIME });
  }
}

/**
 * Becomes the instance of `app`, or hands this start's arguments to the one that runs.
 *
 * @param calls what is said to the one that runs
 * @param woken a copy that was woken is not a start by the user's hand: it hands over nothing.
 * @param ifRunning whether the process ends once the running instance has been told
 * @throws {AlreadyRunningError} with "throw".
 */
export async function becomeInstance(
  app: string,
  context: ActivationContext,
  calls: CopyCalls,
  woken: boolean,
  ifRunning: "exit" | "throw" = "exit",
): Promise<Instance> {
  try {
    return await claim(app, context, calls, woken);
  } catch (error) {
    if (!(error instanceof AlreadyRunningError) || ifRunning === "throw") throw error;
    (error.pid === null ? printProblem : printNote)(error.message);
    Deno.exit(error.pid === null ? 1 : 0);
  }
}

async function claim(
  app: string,
  context: ActivationContext,
  calls: CopyCalls,
  woken: boolean,
): Promise<Instance> {
  const { home, platform, elevation } = context;
  let deadline = performance.now() + HANDOVER_TIMEOUT;
  for (let pause = 1;; pause = Math.min(pause * 2, 16)) {
    const lock = ProcessLock.try(home.runtimeFile(app, "lock"), home.renewRuntime);
    let transport: Transport | null;
    try {
      transport = await platform.dial(home.address(app), { deadline });
    } catch (error) {
      lock?.release();
      throw error;
    }
    if (lock !== null && transport === null) return new Instance(app, context, calls, lock);
    // Somebody is there although the lock is free: its file was removed under the one that runs,
    // or it is not the app at all. Then it need not be given the time of one that is just starting.
    lock?.release();
    if (lock !== null) deadline = Math.min(deadline, performance.now() + IMPOSTOR_TIMEOUT);
    if (transport !== null) {
      const refusal = elevation.peerRefusal(transport);
      if (refusal !== null) {
        await transport.close();
        throw new AlreadyRunningError(
          `Cannot start "${app}": it is running already, and ${refusal}`,
          null,
        );
      }
      const left = Math.max(1, deadline - performance.now());
      const answer = await (woken ? calls.ping(transport, left) : calls.handOver(transport, left));
      // A copy that is just leaving may hang up; then the lock is free soon.
      if (answer !== null) throw alreadyRunning(app, answer, woken);
    }
    if (performance.now() > deadline) {
      const why = lock === null
        ? `another process holds "${home.runtimeFile(app, "lock")}" but does not answer at ` +
          `"${home.address(app)}"`
        : `another program has taken its address "${home.address(app)}" and does not answer as ` +
          `"${app}" would`;
      throw new AlreadyRunningError(`Cannot start "${app}": ${why}`, null);
    }
    // The holder has the lock but does not listen yet.
    await pauseFor(pause);
  }
}

function alreadyRunning(
  app: string,
  answer: NonNullable<CopyAnswer>,
  woken: boolean,
): AlreadyRunningError {
  if ("refusal" in answer) {
    // Another program, or the app with no room for one more peer: an answer all the same.
    const why = `whoever has its address answers: ${answer.refusal}`;
    return new AlreadyRunningError(`Cannot start "${app}": ${why}`, null);
  }
  const { pid } = answer;
  const { length } = Deno.args;
  const told = woken ? "" : `; it was given ${length === 1 ? "1 argument" : `${length} arguments`}`;
  return new AlreadyRunningError(`"${app}" is already running (process ${pid})${told}`, pid);
}
