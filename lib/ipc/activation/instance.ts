/**
 * One instance per app: the lock that decides it, and the handing over of a second start's
 * arguments to the first.
 *
 * @module
 */

import { type ActivationContext, WOKEN_VARIABLE } from "./activation.ts";
import { Connection } from "../session/connection.ts";
import { AlreadyRunningError } from "./start_errors.ts";
import { ConnectionLostError, ErrorCode, RemoteError } from "../wire/errors.ts";
import { ProcessLock } from "../base/lock.ts";
import { platform } from "../os/platform.ts";
import { printProblem } from "../base/problem.ts";
import { noLongerThan, pauseFor } from "../base/timer.ts";
import { asRecord } from "../base/record.ts";
import type { Params } from "../wire/message.ts";

/** A second start of a running app, as the running one is told of it. */
export interface SecondInstance {
  /** Its arguments. */
  args: string[];
  /** Its working directory, which relative paths in the arguments refer to. */
  cwd: string;
  /** Its process. */
  pid: number;
}

/** The method by which a second start hands over. */
export const SECOND_INSTANCE = "$/secondInstance";

/** The second start that `params` tell of. @throws {RemoteError} where they do not. */
export function secondInstanceOf(params: Params | undefined): SecondInstance {
  const { args, cwd, pid } = asRecord(params) ?? {};
  if (!Array.isArray(args) || typeof cwd !== "string" || typeof pid !== "number") {
    throw new RemoteError(`${SECOND_INSTANCE} takes { args, cwd, pid }`, ErrorCode.InvalidParams);
  }
  return { args: args.map(String), cwd, pid };
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

/** Milliseconds without a look after which another that has the name meanwhile has more right to it. */
const STALLED = 5_000;
/** Milliseconds for another copy to answer, and to leave. */
const ANSWER_TIME = 2_000;
const LEAVE_TIME = 1_000;
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
  #lock: ProcessLock;
  #events: NameEvents | null = null;
  /** When the name was seen last to be this process's, on `performance.now()`'s clock. */
  #seen: number = performance.now();
  #requests = 0;
  #settling: Promise<void> | null = null;

  /** @param lock taken, and nobody answers at the app's address */
  constructor(app: string, context: ActivationContext, lock: ProcessLock) {
    this.#app = app;
    this.#context = context;
    this.#lock = lock;
  }

  /** Begins to defend the name at each {@link look}. */
  keep(events: NameEvents): void {
    this.#events = events;
  }

  /** Whether the name is this process's; where nobody's, it is from now on. */
  readonly look = (): boolean => {
    const now = performance.now();
    if (!this.#lock.isCurrent() && !this.#renew()) {
      if (this.#events !== null) {
        this.#settling ??= this.#settle(now - this.#seen).finally(() => this.#settling = null);
      }
      return false;
    }
    this.#seen = now;
    return true;
  };

  /** Stops defending the name; resolves to whether it is this process's. */
  async leave(): Promise<boolean> {
    this.#events = null;
    await this.#settling;
    return this.look();
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
    const answer = await this.#ask("$/ping");
    // One that has only begun to start, or is just being told that this one runs.
    if (answer === null || answer["pid"] === Deno.pid) return;
    const { pid } = answer;
    const other = typeof pid === "number" ? `process ${pid}` : "another program";
    const why = `${other} is "${this.#app}" as well, since the lock of this one was removed`;
    const { report } = this.#context;
    if (stalled > STALLED || this.#requests === REQUESTS) {
      report?.(`${why}: this one leaves`);
      return this.#events?.onLost(why);
    }
    this.#requests++;
    report?.(`${why}: it was started last, and is asked to leave`);
    await this.#ask("$/shutdown", LEAVE_TIME);
  }

  /**
   * What is answered at the app's address, as far as that is an object; `null` where nobody is there.
   *
   * @param linger how long to wait for the end of the one that was asked
   */
  async #ask(method: string, linger = 0): Promise<Readonly<Record<string, unknown>> | null> {
    const { home, platform } = this.#context;
    let connection: Connection | null = null;
    try {
      const deadline = performance.now() + ANSWER_TIME;
      const transport = await platform.dial(home.address(this.#app), { deadline });
      if (transport === null) return null;
      connection = new Connection(transport);
      const { result } = await connection.call(method, {}, { timeout: ANSWER_TIME });
      await noLongerThan(linger, connection.ended);
      return asRecord(result) ?? {};
    } catch {
      // It is just leaving, or no app, or hangs: what becomes of the name, the next look tells.
      return {};
    } finally {
      await connection?.close();
    }
  }
}

/**
 * Becomes the instance of `app`, or hands this start's arguments to the one that runs.
 *
 * @param woken a copy that was woken is not a start by the user's hand: it hands over nothing.
 * @param ifRunning whether the process ends once the running instance has been told
 * @throws {AlreadyRunningError} with "throw".
 */
export async function becomeInstance(
  app: string,
  context: ActivationContext,
  woken: boolean,
  ifRunning: "exit" | "throw" = "exit",
): Promise<Instance> {
  try {
    return await claim(app, context, woken);
  } catch (error) {
    if (!(error instanceof AlreadyRunningError) || ifRunning === "throw") throw error;
    (error.pid === null ? printProblem : console.log)(error.message);
    Deno.exit(error.pid === null ? 1 : 0);
  }
}

async function claim(
  app: string,
  context: ActivationContext,
  woken: boolean,
): Promise<Instance> {
  const { home, platform, elevation } = context;
  let deadline = performance.now() + HANDOVER_TIMEOUT;
  for (let pause = 1;; pause = Math.min(pause * 2, 16)) {
    const lock = ProcessLock.try(home.runtimeFile(app, "lock"), home.renewRuntime);
    const transport = await platform.dial(home.address(app), { deadline });
    if (lock !== null && transport === null) return new Instance(app, context, lock);
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
      const pid = await handOver(app, new Connection(transport), woken, deadline);
      // One that is just leaving may hang up; then the lock is free soon.
      if (pid !== null) {
        const told = woken ? "" : `; it was given ${countArguments(Deno.args.length)}`;
        throw new AlreadyRunningError(`"${app}" is already running (process ${pid})${told}`, pid);
      }
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

async function handOver(
  app: string,
  connection: Connection,
  woken: boolean,
  deadline: number,
): Promise<number | null> {
  try {
    const { result } = woken ? await connection.call("$/ping", {}, wait()) : await connection.call(
      SECOND_INSTANCE,
      { args: [...Deno.args], cwd: Deno.cwd(), pid: Deno.pid },
      wait(),
    );
    const pid = asRecord(result)?.["pid"];
    return typeof pid === "number" ? pid : null;
  } catch (error) {
    if (error instanceof RemoteError) {
      // Another program, or the app with no room for one more peer: an answer all the same.
      const message = `Cannot start "${app}": whoever has its address answers: ${error.message}`;
      throw new AlreadyRunningError(message, null);
    }
    if (!(error instanceof ConnectionLostError || error instanceof Deno.errors.TimedOut)) {
      throw error;
    }
    // It went away while being told, or says nothing: the caller looks at the lock again.
    return null;
  } finally {
    await connection.close();
  }

  function wait() {
    return { timeout: Math.max(1, deadline - performance.now()) };
  }
}

function countArguments(count: number): string {
  return count === 1 ? "1 argument" : `${count} arguments`;
}
