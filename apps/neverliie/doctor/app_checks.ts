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
import {
  oddLog,
  platform,
  ProcessLock,
  readStarts,
  RUNTIME_FILES,
} from "../../../lib/ipc/tools.ts";
import { type LockHolder, lockUsers } from "../../../lib/system/lock_holders.ts";
import { recordsFile } from "../../app_record.ts";
import type { Finding } from "./diagnosis.ts";
import { pause } from "../../../lib/system/waiting.ts";

const WINDOWS = Deno.build.os === "windows";

/** Milliseconds that whoever listens without holding the name has: an app answers at once. */
const STRANGER_TIME = 1_000;
/** Milliseconds that an app which holds its name has to answer: it may be just starting. */
const ANSWER_TIME = 5_000;
/** Milliseconds for a busy listener to take a connection. */
const DIAL_TIME = 5_000;

/** What doctor knows of the processes on the mesh. */
export interface Processes {
  /** Who holds locks in the runtime folder; `null` where the system does not tell. */
  holders: readonly LockHolder[] | null;
  signal: AbortSignal;
}

/** One app, and what has been found out about it so far. */
interface Looked extends Processes {
  ipc: NeverLiieIPC;
  name: string;
  address: string;
  /** The file that its process holds locked. */
  lock: string;
  /** The process that answers at its address; `null` for none. */
  pid: number | null;
  /** All that hold its lock, as far as the system tells. */
  copies: readonly number[];
}

/** A problem of apps, unless it says otherwise. */
type AppFinding = Omit<Finding, "level" | "check"> & Partial<Finding>;

/** Adds what is wrong with the app `name`, registered or not. Starts nothing. */
export async function checkApp(
  ipc: NeverLiieIPC,
  name: string,
  findings: Finding[],
  { holders, signal }: Processes,
): Promise<void> {
  const add = (found: readonly AppFinding[]) => {
    for (const one of found) findings.push({ check: "apps", level: "problem", ...one });
  };
  // Where one of its files is none, nothing else can be asked.
  const odd = oddFiles(ipc.home, name);
  const mend = "remove what is there: it is made anew";
  add([...odd, ...oddLogs(ipc.home, name)].map((problem) => ({ problem, mend })));
  if (odd.length > 0) return;
  const address = ipc.home.address(name);
  const lock = ipc.home.runtimeFile(name, "lock");
  const pid = await answering(ipc, name, signal);
  const copies = [...new Set(holders?.filter(({ path }) => path === lock).map(({ pid }) => pid))];
  const app: Looked = { ipc, name, address, lock, pid, copies, holders, signal };
  add(severalCopies(app));
  add(await (pid === null ? silence(app) : answer(app, pid)));
  if (pid === null) add(refusedStarts(app));
}

function severalCopies({ name, pid, copies }: Looked): AppFinding[] {
  if (copies.length < 2) return [];
  const others = copies.filter((copy) => copy !== pid);
  return [{
    problem: `"${name}" runs ${copies.length} times, as processes ${copies.join(", ")}, since ` +
      `its lock was removed; ${pid === null ? "none of them answers" : `process ${pid} answers`}`,
    mend: `one of them leaves within a few seconds; otherwise end it: ${killing(others)}`,
  }];
}

/** What is wrong with an app that answers. */
async function answer({ ipc, name, lock, signal }: Looked, pid: number): Promise<AppFinding[]> {
  const found: AppFinding[] = [];
  const options = { activate: false, signal };
  const { protocol } = await ipc.call<AppDescription>(name, "$/describe", {}, options)
    .catch(() => ({ protocol: PROTOCOL_VERSION }));
  if (protocol !== PROTOCOL_VERSION) {
    found.push({
      problem: `"${name}" (process ${pid}) speaks version ${protocol} of the protocol, this ` +
        `program version ${PROTOCOL_VERSION}`,
      mend: `bring both to one version, then neverliie stop ${name}`,
    });
  }
  if (!isServing(ipc, name)) {
    found.push({
      level: "note",
      problem: `"${name}" (process ${pid}) answers, but "${lock}", which it should hold, is free`,
      mend: WINDOWS
        ? `neverliie stop ${name}: its next start makes it anew`
        : `it takes that within two seconds; otherwise neverliie stop ${name}`,
    });
  }
  return found;
}

/** Who or what is in the place of an app that does not answer. */
async function silence(
  { ipc, name, address, lock, holders, copies }: Looked,
): Promise<AppFinding[]> {
  if (isServing(ipc, name)) {
    const silent = holders === null ? lockUsers(lock) : copies;
    const who = silent.length === 0 ? "a process" : `process ${silent.join(", ")}`;
    return [{
      problem: `"${name}": ${who} holds its name and does not answer at "${address}"`,
      mend: `see what it does (neverliie logs ${name}), and end it` +
        (silent.length === 0 ? "" : `: ${killing(silent)}`),
    }];
  }
  if (await somebodyListens(address)) {
    return [{
      problem: `"${name}" does not run, yet some program listens at its address "${address}"`,
      mend: "find that program and end it: it is not the app",
    }];
  }
  if (!isSocket(address)) return [];
  return [{
    check: "leftovers",
    problem: `"${address}" is the socket of a process that was killed`,
    mend: `nothing need be done: the next start of ${name} replaces it`,
    level: "note",
    remedy: () => removeSocket(ipc.home, name),
  }];
}

function refusedStarts({ ipc, name }: Looked): AppFinding[] {
  const { until, failure } = readStarts(ipc.home, name);
  if (until <= Date.now()) return [];
  const why = failure === null ? "" : `. Last: ${failure.message}`;
  return [{
    problem: `"${name}" was started too often and is not before ` +
      `${new Date(until).toISOString()}${why}`,
    mend: `see why it ends (neverliie logs ${name}), and start it by hand until that is mended`,
  }];
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
      await pause(50, signal);
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

/** What of an app's files is there and no file: a folder or a link where others could not write. */
function oddFiles(home: Home, name: string): string[] {
  const paths = [...RUNTIME_FILES.map((kind) => home.runtimeFile(name, kind)), home.keptFile(name)];
  return paths.flatMap((path) => {
    try {
      const { isFile, isDirectory } = Deno.lstatSync(path);
      if (isFile) return [];
      return [`"${path}", which "${name}" needs, is ${isDirectory ? "a folder" : "no file"}`];
    } catch (error) {
      // It is made when it is needed.
      if (error instanceof Deno.errors.NotFound) return [];
      return [`"${path}", which "${name}" needs, cannot be looked at: ${(error as Error).message}`];
    }
  });
}

/** Which of an app's logs take nothing, and why. */
function oddLogs(home: Home, name: string): string[] {
  return [home.logFile(name), recordsFile(home, name)].flatMap((path) => {
    const odd = oddLog(path);
    return odd === null ? [] : [`"${name}" cannot write to "${path}": ${odd}`];
  });
}

/** How a person ends these processes. */
function killing(pids: readonly number[]): string {
  return WINDOWS
    ? `taskkill /F ${pids.map((pid) => `/PID ${pid}`).join(" ")}`
    : `kill ${pids.join(" ")}`;
}
