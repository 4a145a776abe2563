/**
 * Win32 error codes: the ones the mesh meets, by name, and the errors they become.
 *
 * https://learn.microsoft.com/windows/win32/debug/system-error-codes
 *
 * @module
 */

import { kernel32 } from "./kernel32.ts";

export const ERROR_FILE_NOT_FOUND = 2;
export const ERROR_PATH_NOT_FOUND = 3;
export const ERROR_ACCESS_DENIED = 5;
const ERROR_HANDLE_EOF = 38;
export const ERROR_BROKEN_PIPE = 109;
export const ERROR_ALREADY_EXISTS = 183;
export const ERROR_PIPE_BUSY = 231;
export const ERROR_NO_DATA = 232;
const ERROR_PIPE_NOT_CONNECTED = 233;
export const ERROR_DIRECTORY = 267;
export const ERROR_INVALID_ADDRESS = 487;
export const ERROR_PIPE_CONNECTED = 535;
export const ERROR_OPERATION_ABORTED = 995;
export const ERROR_UNIDENTIFIED_ERROR = 1287;

// Known by their text alone.
const ERROR_TOO_MANY_OPEN_FILES = 4;
const ERROR_INVALID_HANDLE = 6;
const ERROR_NOT_ENOUGH_MEMORY = 8;
const ERROR_SHARING_VIOLATION = 32;
const ERROR_BAD_NETPATH = 53;
const ERROR_INVALID_PARAMETER = 87;
const ERROR_INSUFFICIENT_BUFFER = 122;
const ERROR_INVALID_NAME = 123;
const ERROR_BAD_EXE_FORMAT = 193;
const ERROR_FILENAME_EXCED_RANGE = 206;
const ERROR_ELEVATION_REQUIRED = 740;
const ERROR_IO_PENDING = 997;
const ERROR_NOT_FOUND = 1168;
const ERROR_NO_SYSTEM_RESOURCES = 1450;

const NAMES: Readonly<Record<number, string>> = {
  [ERROR_FILE_NOT_FOUND]: "file not found",
  [ERROR_PATH_NOT_FOUND]: "path not found",
  [ERROR_TOO_MANY_OPEN_FILES]: "too many open files",
  [ERROR_ACCESS_DENIED]: "access denied",
  [ERROR_INVALID_HANDLE]: "invalid handle",
  [ERROR_NOT_ENOUGH_MEMORY]: "not enough memory",
  [ERROR_SHARING_VIOLATION]: "sharing violation",
  [ERROR_HANDLE_EOF]: "end of file",
  [ERROR_BAD_NETPATH]: "network path not found",
  [ERROR_INVALID_PARAMETER]: "invalid parameter",
  [ERROR_BROKEN_PIPE]: "broken pipe",
  [ERROR_INSUFFICIENT_BUFFER]: "buffer too small",
  [ERROR_INVALID_NAME]: "invalid name",
  [ERROR_ALREADY_EXISTS]: "already exists",
  [ERROR_BAD_EXE_FORMAT]: "not a Windows program",
  [ERROR_FILENAME_EXCED_RANGE]: "name too long",
  [ERROR_PIPE_BUSY]: "all pipe instances are busy",
  [ERROR_NO_DATA]: "the pipe is being closed",
  [ERROR_PIPE_NOT_CONNECTED]: "no process at the other end of the pipe",
  [ERROR_DIRECTORY]: "not a folder",
  [ERROR_INVALID_ADDRESS]: "invalid address",
  [ERROR_PIPE_CONNECTED]: "already connected",
  [ERROR_ELEVATION_REQUIRED]: "needs elevation",
  [ERROR_OPERATION_ABORTED]: "cancelled",
  [ERROR_IO_PENDING]: "pending",
  [ERROR_NOT_FOUND]: "nothing to cancel",
  [ERROR_NO_SYSTEM_RESOURCES]: "insufficient system resources",
  [ERROR_UNIDENTIFIED_ERROR]: "the reason was lost",
};

/**
 * Why the call just made failed: to be asked at once. It is never 0, which would make a success of a
 * failure: what Deno does between two calls could set it back.
 */
export function lastError(): number {
  return kernel32().GetLastError() || ERROR_UNIDENTIFIED_ERROR;
}

/** `access denied (5)`: a code as people read it. */
export function describeError(code: number): string {
  const name = NAMES[code];
  return name === undefined ? `Windows error ${code}` : `${name} (${code})`;
}

/** Whether `code` says that the other end of a pipe is gone. */
export function isPeerGone(code: number): boolean {
  return code === ERROR_BROKEN_PIPE || code === ERROR_NO_DATA ||
    code === ERROR_PIPE_NOT_CONNECTED || code === ERROR_HANDLE_EOF;
}

/**
 * The error for a failed call, of the built-in class that says the same.
 *
 * @param action what was tried, on what: `Cannot open "…"`
 * @param code what {@link lastError} gave
 */
export function systemError(action: string, code: number): Error {
  const message = `${action}: ${describeError(code)}`;
  if (code === ERROR_FILE_NOT_FOUND || code === ERROR_PATH_NOT_FOUND) {
    return new Deno.errors.NotFound(message);
  }
  if (code === ERROR_ACCESS_DENIED) return new Deno.errors.PermissionDenied(message);
  if (isPeerGone(code)) return new Deno.errors.BrokenPipe(message);
  return new Error(message);
}
