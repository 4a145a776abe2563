/**
 * Windows hands a program one string, and the program takes it apart. The rules that nearly all
 * programs follow are those of CommandLineToArgvW and of Microsoft's C runtime.
 *
 * https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-commandlinetoargvw
 * https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
 *
 * @module
 */

import { DWORD, dwordIn, kernel32, memory, PVOID, readWide, wide } from "./kernel32.ts";
import { lastError, systemError } from "./win32_error.ts";

const SHELL32 = {
  CommandLineToArgvW: { parameters: ["pointer", "buffer"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

let shell32: Deno.DynamicLibrary<typeof SHELL32>["symbols"] | undefined;

/**
 * The command line from which a program reads exactly `command` back. Pure.
 *
 * @throws {TypeError} for what no command line can carry: no program, a quote in the program's
 * name, a NUL anywhere
 */
export function quoteCommandLine(command: readonly string[]): string {
  const [program, ...args] = command;
  if (program === undefined || program === "") {
    throw new TypeError("Cannot build a command line: the program is missing");
  }
  for (const part of command) {
    if (part.includes("\0")) {
      throw new TypeError(`Cannot pass "${part.replaceAll("\0", "\\0")}": it holds a NUL`);
    }
  }
  // In the first place a quote always ends the name; backslashes are plain there.
  if (program.includes('"')) throw new TypeError(`Cannot run '${program}': it holds a quote`);
  return [`"${program}"`, ...args.map(quoteArgument)].join(" ");
}

/** One argument after the first. Pure. */
function quoteArgument(argument: string): string {
  if (argument !== "" && !/[\s"]/.test(argument)) return argument;
  // Backslashes are plain, except in front of a quote: there each stands as two.
  const escaped = argument
    .replace(/(\\*)"/g, '$1$1\\"')
    .replace(/(\\+)$/, "$1$1");
  return `"${escaped}"`;
}

/** The arguments in `commandLine`, as Windows itself takes it apart. */
export function splitCommandLine(commandLine: string): string[] {
  return split(Deno.UnsafePointer.of(wide(commandLine))!);
}

/** This process's own arguments, the program first. */
export function ownCommandLine(): string[] {
  return split(kernel32().GetCommandLineW()!);
}

function split(commandLine: Deno.PointerObject): string[] {
  // Loaded by the first call and kept for the life of the process.
  shell32 ??= Deno.dlopen("shell32.dll", SHELL32).symbols;
  const count = memory(DWORD.sizeof);
  const list = shell32.CommandLineToArgvW(commandLine, count);
  if (list === null) throw systemError("Cannot read a command line", lastError());
  const view = new Deno.UnsafePointerView(list);
  const result: string[] = [];
  for (let i = 0; i < dwordIn(count); i++) {
    result.push(readWide(Deno.UnsafePointer.create(view.getBigUint64(i * PVOID.sizeof))!));
  }
  kernel32().LocalFree(list);
  return result;
}
