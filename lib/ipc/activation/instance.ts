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
import { pauseFor } from "../base/timer.ts";
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

/**
 * Becomes the instance of `app`, or hands this start's arguments to the one that runs.
 *
 * @param woken a copy that was woken is not a start by the user's hand: it hands over nothing.
 * @throws {AlreadyRunningError} once the running instance has been told.
 */
export async function becomeInstance(
  app: string,
  { home, platform, elevation }: ActivationContext,
  woken: boolean,
): Promise<ProcessLock> {
  let deadline = performance.now() + HANDOVER_TIMEOUT;
  for (let pause = 1;; pause = Math.min(pause * 2, 16)) {
    const lock = ProcessLock.try(home.runtimeFile(app, "lock"));
    const transport = await platform.dial(home.address(app), { deadline });
    if (lock !== null && transport === null) return lock;
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
