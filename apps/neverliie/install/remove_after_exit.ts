/**
 * Removing what Windows does not let go of while this program runs: its own executable.
 *
 * @module
 */
import { join } from "@std/path";
import { platform } from "../../../lib/ipc/tools.ts";

/** Tries, one a second, before it is given up. */
const TRIES = 60;

/**
 * Has the system's shell remove files and folders (with all that is in them) as soon as it can,
 * after this process has ended. The shell's own file removes itself. Paths go through the
 * environment, where no character of theirs has a meaning.
 *
 * @param folders removed after that, in this order, as far as they are empty then
 */
export async function removeAfterExit(
  paths: readonly string[],
  folders: readonly string[] = [],
): Promise<void> {
  const temporary = Deno.env.get("TEMP") ?? Deno.env.get("TMP");
  const system = Deno.env.get("SystemRoot") ?? "C:\\windows";
  if (!temporary) return;
  const script = `neverliie-remove-${Deno.pid}.cmd`;
  const variables = paths.map((_, index) => `%NEVERLIIE_REMOVE_${index}%`);
  const lines = [
    "@echo off",
    `for /l %%i in (1,1,${TRIES}) do (`,
    ...variables.map((path) =>
      `  if exist "${path}\\" (rd /s /q "${path}") else del /f /q "${path}"`
    ),
    `  if ${variables.map((path) => `not exist "${path}"`).join(" if ")} goto done`,
    "  ping -n 2 127.0.0.1 >nul",
    ")",
    ":done",
    ...folders.map((_, index) => `rd "%NEVERLIIE_EMPTY_${index}%" 2>nul`),
    '(goto) 2>nul & del /f /q "%~f0"',
    "",
  ];
  await Deno.writeTextFile(join(temporary, script), lines.join("\r\n"));
  const shell = await platform().spawn({
    command: removalCommand(system, script),
    cwd: temporary,
    env: Object.fromEntries([
      ...paths.map((path, index) => [`NEVERLIIE_REMOVE_${index}`, path]),
      ...folders.map((path, index) => [`NEVERLIIE_EMPTY_${index}`, path]),
    ]),
    logFile: "NUL",
  });
  shell.release();
}

/**
 * The shell's command line for a script in its current folder. No folder stands in it: the name of
 * an account, which the temporary folder has in it, may hold characters by which the shell would end
 * or split its argument, such as `&` and `)`.
 *
 * https://learn.microsoft.com/windows-server/administration/windows-commands/cmd
 */
export function removalCommand(system: string, script: string): string[] {
  return [join(system, "system32", "cmd.exe"), "/d", "/c", `.\\${script}`];
}
