/**
 * What copies of one app say to each other: a second start hands over to the first, and a copy that
 * took the name of another is asked to leave. When they do so is the concern of `activation/`.
 *
 * @module
 */

import type { CopyAnswer, CopyCalls } from "./activation/instance.ts";
import { asRecord } from "./base/record.ts";
import { noLongerThan } from "./base/timer.ts";
import type { Transport } from "./os/transport.ts";
import { Connection, type Reply } from "./session/connection.ts";
import { ConnectionLostError, ErrorCode, RemoteError } from "./wire/errors.ts";
import type { Params } from "./wire/message.ts";

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

/** What this process says to another copy of its app. */
export const copyCalls: CopyCalls = {
  ping: (transport, timeout) =>
    answerOf(transport, (connection) => connection.call("$/ping", {}, { timeout })),

  handOver: (transport, timeout) =>
    answerOf(transport, (connection) => {
      const start: SecondInstance = { args: [...Deno.args], cwd: Deno.cwd(), pid: Deno.pid };
      return connection.call(SECOND_INSTANCE, { ...start }, { timeout });
    }),

  async shutDown(transport, timeout, linger) {
    const connection = new Connection(transport);
    try {
      await connection.call("$/shutdown", {}, { timeout });
      await noLongerThan(linger, connection.ended);
    } finally {
      await connection.close();
    }
  },
};

async function answerOf(
  transport: Transport,
  ask: (connection: Connection) => Promise<Reply>,
): Promise<CopyAnswer> {
  const connection = new Connection(transport);
  try {
    const { result } = await ask(connection);
    const pid = asRecord(result)?.["pid"];
    return typeof pid === "number" ? { pid } : null;
  } catch (error) {
    if (error instanceof RemoteError) return { refusal: error.message };
    if (error instanceof ConnectionLostError || error instanceof Deno.errors.TimedOut) return null;
    throw error;
  } finally {
    await connection.close();
  }
}
