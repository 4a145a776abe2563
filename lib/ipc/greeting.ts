/**
 * What both sides say of themselves in `$/ping`: who they are, and which version of the protocol they
 * speak. It is made and taken here; targets.ts sends it, first on each connection that is to last.
 *
 * @module
 */

import { ProtocolMismatchError } from "./wire/errors.ts";
import { asRecord } from "./base/record.ts";
import { isAppName } from "./base/name.ts";
import { PROTOCOL_VERSION } from "./options.ts";
import type { Connection, WaitOptions } from "./session/connection.ts";
import { identify, type Peer } from "./session/peer.ts";
import type { Registry } from "./registry/registry.ts";

/** What this process says of itself: as parameters when it greets, as the result when greeted. */
export interface Greeting {
  /** The app's name; `null` for a client. */
  name: string | null;
  /** Its process. */
  pid: number;
  /** {@link PROTOCOL_VERSION}. */
  protocol: number;
}

/** The greeting of this process. */
export function greeting(name: string | null): Greeting {
  return { name, pid: Deno.pid, protocol: PROTOCOL_VERSION };
}

/** Notes who a peer says it is. A program of another make may say nothing, or something else. */
export function takeGreeting(peer: Peer, said: unknown): void {
  const { name = null, pid } = asRecord(said) ?? {};
  if (typeof pid !== "number" || !Number.isSafeInteger(pid)) return;
  if (name === null || (typeof name === "string" && isAppName(name))) identify(peer, { name, pid });
}

/** Greets a target, and notes on the connection what it says of itself. */
export async function greetTarget(
  connection: Connection,
  target: string,
  name: string | null,
  registry: Registry,
  options: WaitOptions,
): Promise<void> {
  const said = await connection.greet(greeting(name), options);
  takeGreeting(connection.peer, said);
  connection.idempotent = idempotentOf(said);
  connection.mismatch = await protocolMismatch(target, said, registry);
}

/** Longest list of methods that is taken from a peer. */
const METHODS_MAX = 10_000;

/**
 * The methods that a target says it answers again without harm. It says so once a connection: a call
 * costs nothing by it, and one that is lost need not ask first.
 *
 * @param said its answer to `$/ping`
 */
function idempotentOf(said: unknown): ReadonlySet<string> | null {
  const methods = asRecord(said)?.["idempotent"];
  if (!Array.isArray(methods)) return null;
  return new Set(methods.slice(0, METHODS_MAX).filter((method) => typeof method === "string"));
}

/** The methods that every version answers: a program of another version can be seen, and stopped. */
const ALWAYS = ["$/ping", "$/describe", "$/shutdown"];

/** Whether a target that speaks another version of the protocol is asked this, too. */
export function isForAllVersions(method: string): boolean {
  return ALWAYS.includes(method);
}

/**
 * Checks which version of the protocol a target speaks; one that says nothing speaks the first.
 *
 * @param said its answer to `$/ping`
 * @returns why nothing else is asked of it, where it is another than this process's; else `null`
 */
async function protocolMismatch(
  target: string,
  said: unknown,
  registry: Registry,
): Promise<ProtocolMismatchError | null> {
  const { protocol, pid } = asRecord(said) ?? {};
  const theirs = protocol ?? 1;
  if (theirs === PROTOCOL_VERSION) return null;
  const entry = (await registry.readOrTell()).apps.get(target);
  const advice = Number(theirs) > PROTOCOL_VERSION
    ? "Update this program, which is the older of the two"
    : `Update "${target}", which is the older of the two`;
  const place = entry === undefined
    ? `"${target}" is not registered in "${registry.path}": it was started by hand`
    : `"${registry.path}" has "${target}" as "${entry.cmd.at(-1)}"`;
  return new ProtocolMismatchError(
    `Cannot call "${target}": it speaks protocol ${JSON.stringify(theirs)} of the mesh, and this ` +
      `program protocol ${PROTOCOL_VERSION}. ${advice}. ${place}`,
    PROTOCOL_VERSION,
    theirs,
    typeof pid === "number" ? pid : null,
  );
}
