/**
 * Programs of an installation that run: which, and stopping and starting them while nobody else
 * starts them.
 *
 * @module
 */
import { dirname } from "@std/path";
import { type AppDescription, isServing, type NeverLiieIPC } from "../../../lib/ipc/mod.ts";
import { platform, ProcessLock, samePath, type SpawnedProcess } from "../../../lib/ipc/tools.ts";
import { COMMAND } from "../../programs.ts";
import { stopApp } from "../stop.ts";
import { pause } from "../../../lib/system/waiting.ts";

/** Milliseconds between two looks at a program that is starting or ending. */
const PAUSE = 10;

/** Longest wait for somebody else who is just starting a program, in milliseconds. */
const LOCK_TIMEOUT = 30_000;

/** Holds the start locks of apps: callers who would wake one wait until they are released. */
export async function holdStarts(
  ipc: NeverLiieIPC,
  apps: readonly string[],
  signal: AbortSignal,
): Promise<Disposable> {
  const locks: ProcessLock[] = [];
  const release = () => {
    for (const lock of locks.splice(0)) lock.release();
  };
  try {
    for (const app of [...apps].sort()) {
      const path = ipc.home.runtimeFile(app, "start.lock");
      locks.push(await ProcessLock.acquire(path, LOCK_TIMEOUT, { signal }));
    }
  } catch (error) {
    release();
    throw error;
  }
  return { [Symbol.dispose]: release };
}

/** What a running app says of itself, or `null` when none answers. */
async function describeRunning(
  ipc: NeverLiieIPC,
  app: string,
  signal: AbortSignal,
): Promise<AppDescription | null> {
  try {
    const options = { activate: false, timeout: 2_000, signal };
    return await ipc.call<AppDescription>(app, "$/describe", {}, options);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error) return null;
    throw error;
  }
}

/** Those of the programs that are apps, run, and were started from the folder, by whichever name. */
export async function runningFrom(
  ipc: NeverLiieIPC,
  root: string,
  programs: readonly { name: string }[],
  signal: AbortSignal,
): Promise<string[]> {
  const running: string[] = [];
  for (const { name } of programs) {
    if (name === COMMAND) continue;
    const about = await describeRunning(ipc, name, signal);
    const program = about?.launch?.cmd[0];
    if (program !== undefined && samePath(dirname(program), root)) running.push(name);
  }
  return running;
}

/** What to know of programs that run, but from elsewhere than the folder: one line for each. */
export async function runningElsewhere(
  ipc: NeverLiieIPC,
  root: string,
  apps: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const lines: string[] = [];
  for (const app of apps.filter((app) => isServing(ipc, app))) {
    const { launch } = await describeRunning(ipc, app, signal) ?? {};
    const program = launch?.cmd.at(launch.type === "script" ? -1 : 0);
    if (program === undefined || samePath(dirname(program), root)) continue;
    lines.push(
      `${app} still runs from "${program}": neverliie stop ${app} makes room for this one`,
    );
  }
  return lines;
}

/** Stops an app, gracefully. */
export async function stop(ipc: NeverLiieIPC, app: string, signal: AbortSignal): Promise<void> {
  const { pid } = await stopApp(ipc, app, signal);
  // The lock is free a moment before the process has gone, and Windows keeps its file until then.
  if (pid !== null && Deno.build.os === "windows") await pause(200);
}

/**
 * Starts an executable as the mesh would wake it, under the start lock that the caller holds, and
 * waits until it answers by its name.
 *
 * @param version what it must tell, or `null`
 * @throws {Error} where it ends, stays silent for `timeout` milliseconds, or is another version
 */
export async function startAndCheck(
  ipc: NeverLiieIPC,
  { app, path, cwd, version }: { app: string; path: string; cwd: string; version: string | null },
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const logFile = ipc.home.logFile(app);
  const child = await platform().spawn({
    command: [path],
    cwd,
    env: { NEVERLIIE_HOME: ipc.home.path, NEVERLIIE_WOKEN: "1" },
    logFile,
  });
  try {
    const deadline = performance.now() + timeout;
    for (;;) {
      const exitCode = child.exitCode();
      const about = await describeRunning(ipc, app, signal);
      if (about !== null) {
        if (version === null || about.version === version) return;
        throw new Error(`"${app}" answers as version ${about.version}, not ${version}`);
      }
      if (exitCode !== null) {
        throw new Error(`"${app}" ended with exit code ${exitCode}; its log is "${logFile}"`);
      }
      if (performance.now() > deadline) {
        throw new Error(`"${app}" did not answer in ${timeout} ms; its log is "${logFile}"`);
      }
      await pause(PAUSE);
    }
  } catch (error) {
    await end(ipc, app, child);
    throw error;
  } finally {
    child.release();
  }
}

/** Ends a program that was started and is not wanted: asked first, then by force. */
async function end(ipc: NeverLiieIPC, app: string, child: SpawnedProcess): Promise<void> {
  if (child.exitCode() !== null) return;
  await stopApp(ipc, app, AbortSignal.timeout(5_000)).catch(() => {
    // It does not answer, which is why it has to go.
  });
  if (child.exitCode() !== null) return;
  child.kill();
  while (child.exitCode() === null) await pause(PAUSE);
}
