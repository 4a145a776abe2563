/**
 * What can be wrong with one app: who holds its name, who listens at its address, and whether it
 * was given up.
 *
 * @module
 */

import {
  type AppDescription,
  type Home,
  isServing,
  type NeverLiieIPC,
  pidOf,
  PROTOCOL_VERSION,
} from "../../../lib/ipc/mod.ts";
import { platform, ProcessLock, readStarts } from "../../../lib/ipc/tools.ts";
import type { Finding } from "./diagnosis.ts";

/** Milliseconds that whoever listens without holding the name has: an app answers at once. */
const STRANGER_TIME = 1_000;
/** Milliseconds that an app which holds its name has to answer: it may be just starting. */
const ANSWER_TIME = 5_000;
/** Milliseconds for a busy listener to take a connection. */
const DIAL_TIME = 5_000;

/** Adds what is wrong with the app `name`, registered or not. Starts nothing. */
export async function checkApp(
  ipc: NeverLiieIPC,
  name: string,
  findings: Finding[],
  signal: AbortSignal,
): Promise<void> {
  const add = (finding: Omit<Finding, "level" | "check"> & Partial<Finding>) =>
    findings.push({ check: "apps", level: "problem", ...finding });
  const address = ipc.home.address(name);
  const pid = await answering(ipc, name, signal);
  if (pid !== null) {
    const options = { activate: false, signal };
    const { protocol } = await ipc.call<AppDescription>(name, "$/describe", {}, options)
      .catch(() => ({ protocol: PROTOCOL_VERSION }));
    if (protocol !== PROTOCOL_VERSION) {
      add({
        problem: `"${name}" (process ${pid}) speaks version ${protocol} of the protocol, this ` +
          `program version ${PROTOCOL_VERSION}`,
        mend: `bring both to one version, then neverliie stop ${name}`,
      });
    }
  } else if (isServing(ipc, name)) {
    add({
      problem: `"${name}": a process holds its name and does not answer at "${address}"`,
      mend: `see what it does (neverliie logs ${name}), and end it`,
    });
  } else if (await somebodyListens(address)) {
    add({
      problem: `"${name}" does not run, yet some program listens at its address "${address}"`,
      mend: "find that program and end it: it is not the app",
    });
  } else if (isSocket(address)) {
    add({
      check: "leftovers",
      problem: `"${address}" is the socket of a process that was killed`,
      mend: `nothing need be done: the next start of ${name} replaces it`,
      level: "note",
      remedy: () => removeSocket(ipc.home, name),
    });
  }
  const { until, failure } = readStarts(ipc.home, name);
  if (pid === null && until > Date.now()) {
    const why = failure === null ? "" : `. Last: ${failure.message}`;
    add({
      problem: `"${name}" was started too often and is not before ` +
        `${new Date(until).toISOString()}${why}`,
      mend: `see why it ends (neverliie logs ${name}), and start it by hand until that is mended`,
    });
  }
}

/** The app's process; `null` when nobody answers as it would in the time that there is. */
async function answering(
  ipc: NeverLiieIPC,
  name: string,
  signal: AbortSignal,
): Promise<number | null> {
  const time = isServing(ipc, name) ? ANSWER_TIME : STRANGER_TIME;
  const late = AbortSignal.timeout(time);
  const wait = AbortSignal.any([signal, late]);
  try {
    for (;;) {
      // (A call to an address where nobody listens would read the registry, and so set aside one
      // that cannot be read.)
      const listens = await somebodyListens(ipc.home.address(name));
      const pid = listens ? await pidOf(ipc, name, wait) : null;
      if (pid !== null || !isServing(ipc, name) || late.aborted) return pid;
      await new Promise((resolve) => setTimeout(resolve, 50));
      signal.throwIfAborted();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return null;
    throw error;
  }
}

async function somebodyListens(address: string): Promise<boolean> {
  const deadline = performance.now() + DIAL_TIME;
  try {
    const transport = await platform().dial(address, { deadline });
    await transport?.close();
    return transport !== null;
  } catch (error) {
    // One that lets nobody in is there all the same.
    return error instanceof Deno.errors.TimedOut;
  }
}

function isSocket(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSocket === true;
  } catch {
    return false;
  }
}

/** Under the app's lock: whoever is just starting holds that before it listens. */
function removeSocket(home: Home, name: string): void {
  using lock = ProcessLock.try(home.runtimeFile(name, "lock"));
  if (lock !== null) Deno.removeSync(home.address(name));
}
