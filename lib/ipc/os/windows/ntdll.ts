/**
 * The calls that start an overlapped operation, which kernel32's ReadFile, WriteFile and
 * ConnectNamedPipe are made of. Those tell by GetLastError how they failed, and that "pending" is
 * one way to fail; what V8 does between a call and the next, such as asking for memory, can change
 * what it says. These return it. Loaded on first use.
 *
 * https://learn.microsoft.com/windows/win32/devnotes/ntreadfile
 * https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-ntfscontrolfile
 *
 * @module
 */

import type { Handle } from "./kernel32.ts";

/** Both ways: the handle, its event, two that we leave out, the status; then bytes, length, place. */
const TRANSFER = [
  ...["pointer", "pointer", "pointer", "pointer", "pointer"] as const,
  ...["buffer", "u32", "pointer", "pointer"] as const,
] as const;

const SYMBOLS = {
  NtReadFile: { parameters: TRANSFER, result: "i32" },
  NtWriteFile: { parameters: TRANSFER, result: "i32" },
  NtFsControlFile: {
    parameters: [
      "pointer",
      "pointer",
      "pointer",
      "pointer",
      "pointer",
      "u32",
      "pointer",
      "u32",
      "pointer",
      "u32",
    ],
    result: "i32",
  },
  RtlNtStatusToDosError: { parameters: ["i32"], result: "u32" },
} as const satisfies Deno.ForeignLibraryInterface;

export const STATUS_PENDING = 0x103;
const ERROR_SEVERITY_ERROR = 0xc000_0000;
const FSCTL_PIPE_LISTEN = 0x11_0008;

/** The functions of ntdll, named as Microsoft names them. */
export type Ntdll = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let symbols: Ntdll | undefined;

/** ntdll, loaded by the first call and kept for the life of the process. */
function ntdll(): Ntdll {
  return symbols ??= Deno.dlopen("ntdll.dll", SYMBOLS).symbols;
}

/** Starts reading from a pipe; see {@link import("./operation.ts").Start}. */
export function startRead(
  pipe: Handle,
  buffer: Uint8Array<ArrayBuffer>,
  event: Handle,
  status: Deno.PointerValue,
): number {
  const { length } = buffer;
  return ntdll().NtReadFile(pipe, event, null, null, status, buffer, length, null, null);
}

/** Starts writing to a pipe; see {@link import("./operation.ts").Start}. */
export function startWrite(
  pipe: Handle,
  bytes: Uint8Array<ArrayBuffer>,
  event: Handle,
  status: Deno.PointerValue,
): number {
  const { length } = bytes;
  return ntdll().NtWriteFile(pipe, event, null, null, status, bytes, length, null, null);
}

/** Starts waiting for a client of a pipe; see {@link import("./operation.ts").Start}. */
export function startListening(pipe: Handle, event: Handle, status: Deno.PointerValue): number {
  return ntdll()
    .NtFsControlFile(pipe, event, null, null, status, FSCTL_PIPE_LISTEN, null, 0, null, 0);
}

/** Whether an operation that returned this status was never started: nothing tells its end. */
export function isRefusal(status: number): boolean {
  // What ends with a warning was started.
  return status >>> 0 >= ERROR_SEVERITY_ERROR;
}

/** The Win32 error code for a status. */
export function errorOf(status: number): number {
  return ntdll().RtlNtStatusToDosError(status);
}
