/**
 * Whether a process of Windows ignores Ctrl-C, which only its own memory tells.
 *
 * @module
 */

import { platform } from "../../../lib/ipc/os/platform.ts";

// Where the process's parameters are in its PEB, and the flags in them: the same in every 64-bit
// Windows, and in Wine. https://learn.microsoft.com/windows/win32/api/winternl/ns-winternl-peb
const PROCESS_PARAMETERS = 0x20;
const CONSOLE_FLAGS = 0x18;
const IGNORES_CTRL_C = 1;

/** The argument with which the fixture app prints whether it does, and ends. */
export const CONSOLE_FLAGS_ARGUMENT = "console-flags";

/** Whether this process ignores Ctrl-C. */
export function ignoresCtrlC(): boolean {
  const { RtlGetCurrentPeb } = Deno.dlopen(
    "ntdll.dll",
    { RtlGetCurrentPeb: { parameters: [], result: "pointer" } } as const,
  ).symbols;
  const peb = new Deno.UnsafePointerView(RtlGetCurrentPeb()!);
  const parameters = new Deno.UnsafePointerView(peb.getPointer(PROCESS_PARAMETERS)!);
  return (parameters.getUint32(CONSOLE_FLAGS) & IGNORES_CTRL_C) !== 0;
}

/** Whether what this process starts ignores it: asked of a second process of the same program. */
export async function childIgnoresCtrlC(): Promise<boolean> {
  const [program, ...args] = platform().commandLine();
  const { stdout } = await new Deno.Command(program!, {
    args: [...args, CONSOLE_FLAGS_ARGUMENT],
    stdin: "null",
    stderr: "inherit",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Has this process ignore Ctrl-C, or answer it again. */
export function ignoreCtrlC(ignore: boolean): void {
  const { SetConsoleCtrlHandler } = Deno.dlopen(
    "kernel32.dll",
    { SetConsoleCtrlHandler: { parameters: ["pointer", "i32"], result: "i32" } } as const,
  ).symbols;
  SetConsoleCtrlHandler(null, ignore ? 1 : 0);
}

/** What Ctrl-C does in the console of this process: all processes of it are told. */
export function pressCtrlC(): boolean {
  const { GenerateConsoleCtrlEvent } = Deno.dlopen(
    "kernel32.dll",
    { GenerateConsoleCtrlEvent: { parameters: ["u32", "u32"], result: "i32" } } as const,
  ).symbols;
  return GenerateConsoleCtrlEvent(0, 0) !== 0;
}
