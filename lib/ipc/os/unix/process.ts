/**
 * Programs that outlive the one that started them, on Linux and macOS.
 *
 * @module
 */

import type { SpawnedProcess, SpawnOptions } from "../transport.ts";

/**
 * Starts a program in a session of its own, its output appended to a log. By Node's modules:
 * Deno.Command can pipe, inherit or drop a child's output, but not send it to a file. They are
 * loaded here, because most programs never start another, and they double the time to start.
 */
export async function spawnDetached(options: SpawnOptions): Promise<SpawnedProcess> {
  const { command, cwd, env, logFile } = options;
  const [program, ...args] = command;
  if (program === undefined) throw new TypeError("Cannot start a program: the command is empty");
  if (!Deno.statSync(program).isFile) {
    throw new Deno.errors.NotFound(`Cannot start "${program}": it is not a file`);
  }
  const [{ spawn }, { closeSync, openSync }, { constants }, { default: process }] = await Promise
    .all([
      import("node:child_process"),
      import("node:fs"),
      import("node:os"),
      import("node:process"),
    ]);
  const log = openSync(logFile, "a", 0o600);
  try {
    const child = spawn(program, args, {
      cwd,
      env: { ...Deno.env.toObject(), ...env },
      detached: true,
      stdio: ["ignore", log, log],
    });
    let exitCode: number | null = null;
    child.on("exit", (code, signal) => {
      exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal] ?? 0);
    });
    // Not executable, or gone since it was looked at.
    child.on("error", () => exitCode ??= 126);
    const { pid } = child;
    if (pid === undefined) {
      throw new Deno.errors.PermissionDenied(`Cannot start "${program}": it is not executable`);
    }
    child.unref();
    const kill = () => {
      if (exitCode !== null) return;
      try {
        process.kill(-pid, "SIGKILL");
      } catch (error) {
        // It has ended by itself, and this process is about to hear of it.
        if ((error as { code?: string }).code !== "ESRCH") throw error;
      }
    };
    return { pid, exitCode: () => exitCode, kill, release() {} };
  } finally {
    closeSync(log);
  }
}
