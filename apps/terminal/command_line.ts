/** From the params of `run` to a program and its arguments. */
import type { RunParams } from "./contract.ts";

/** A program to start. */
export interface CommandLine {
  program: string;
  args: string[];
  /** Windows: the arguments are one text for the program's own parser and must not be quoted. */
  windowsRawArguments: boolean;
}

/** Checks params that came from another program; throws a TypeError that says what is wrong. */
export function checkRunParams(params: RunParams): void {
  const { command, cwd, env, stdin } = params;
  const argv: unknown[] = Array.isArray(command) ? command : [command];
  if (argv.length === 0 || argv[0] === "" || !argv.every((part) => typeof part === "string")) {
    const given = JSON.stringify(command);
    throw new TypeError(`Cannot run ${given}: command must be a text, or a list of texts`);
  }
  for (const [name, value] of Object.entries({ cwd, stdin })) {
    if (value !== undefined && typeof value !== "string") {
      throw new TypeError(`Cannot run "${argv[0]}": ${name} must be a text`);
    }
  }
  if (env === undefined) return;
  const values: unknown[] | null = env && typeof env === "object" ? Object.values(env) : null;
  if (!values?.every((value) => typeof value === "string")) {
    throw new TypeError(`Cannot run "${argv[0]}": env must map names to texts`);
  }
}

/**
 * Windows' own shell, by its path: by its name, one that lies in another folder could be found.
 * @param root the folder of Windows
 */
export function windowsShell(root: string = Deno.env.get("SystemRoot") || "C:\\Windows"): string {
  return `${root}\\System32\\cmd.exe`;
}

/**
 * The program and arguments for a command.
 * @param shell the system's shell on Windows
 * @throws {TypeError} For several lines on Windows, of which cmd.exe would run the first alone.
 */
export function commandLine(
  command: string | string[],
  os: typeof Deno.build.os = Deno.build.os,
  shell: () => string = windowsShell,
): CommandLine {
  if (Array.isArray(command)) {
    const [program = "", ...args] = command;
    return { program, args, windowsRawArguments: false };
  }
  if (os !== "windows") {
    return { program: "/bin/sh", args: ["-c", command], windowsRawArguments: false };
  }
  if (/[\r\n]/.test(command)) {
    throw new TypeError(
      `Cannot run "${command}": cmd.exe takes one line; join the lines with " & "`,
    );
  }
  // /s with quotes around the whole makes cmd.exe take off exactly these two and keep all others:
  // https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/cmd
  return {
    program: shell(),
    args: ["/d", "/s", "/c", `"${command}"`],
    windowsRawArguments: true,
  };
}
