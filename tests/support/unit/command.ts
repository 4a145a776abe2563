/** Running commands in tests. */
import type { RunEvent, RunExit, RunParams } from "../../../apps/terminal/contract.ts";
import { runCommand } from "../../../apps/terminal/run.ts";
import { kernel32 } from "../../../lib/system/kernel32.ts";

/** A program that is on every machine that runs these tests: a few lines of JavaScript. */
export function program(code: string, ...args: string[]): string[] {
  return [Deno.execPath(), "eval", "--no-config", "--ext=js", code, ...args];
}

/** What a command told. */
export interface Result {
  stdout: string;
  stderr: string;
  exit: RunExit;
}

/** Runs a command to its end. */
export async function run(params: RunParams): Promise<Result> {
  const result = { stdout: "", stderr: "" };
  for await (const event of runCommand(params, new AbortController().signal)) {
    if (event.type === "exit") return { ...result, exit: event };
    result[event.type] += event.text;
  }
  throw new Error("the stream ended without an exit");
}

/** Takes events until the standard output matches; the events go on where it stopped. */
export async function until(
  events: AsyncGenerator<RunEvent>,
  pattern: RegExp,
): Promise<RegExpMatchArray> {
  let text = "";
  for (;;) {
    const { done, value } = await events.next();
    if (done || value.type === "exit") throw new Error(`"${text}" ended without ${pattern}`);
    text += value.text;
    const match = text.match(pattern);
    if (match) return match;
  }
}

/** Whether a process runs, asked of the system itself; one that is dead but not collected does not. */
export async function isRunning(pid: number): Promise<boolean> {
  if (Deno.build.os !== "windows") {
    const ps = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] });
    const state = new TextDecoder().decode((await ps.output()).stdout).trim();
    return state !== "" && !state.startsWith("Z");
  }
  const { OpenProcess, GetExitCodeProcess, CloseHandle } = kernel32();
  const handle = OpenProcess(0x1000, 0, pid);
  if (handle === null) return false;
  const code = new Uint32Array(1);
  const known = GetExitCodeProcess(handle, code) !== 0;
  CloseHandle(handle);
  return known && code[0] === 259;
}
