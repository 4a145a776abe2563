/**
 * Locks on open files on Windows. They are those that Deno makes: of the whole file, by LockFileEx.
 *
 * https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex
 *
 * @module
 */

import process from "node:process";
import { memory } from "../windows/kernel32.ts";
import { lastError } from "../windows/win32_error.ts";
import { type ForeignFunction, koffi } from "./koffi.ts";

const LOCKFILE_FAIL_IMMEDIATELY = 1;
const LOCKFILE_EXCLUSIVE_LOCK = 2;
const MAXDWORD = 0xffff_ffff;
const OVERLAPPED = { sizeof: 32 } as const;
const ERROR_LOCK_VIOLATION = 33;
const ERROR_IO_PENDING = 997;

const SYMBOLS = {
  LockFileEx: {
    parameters: ["pointer", "u32", "u32", "u32", "u32", "buffer"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

let symbols: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
/** Of Node itself: the handle of one of its files. */
let handleOf: ForeignFunction | undefined;

/** Locks an open file, without waiting. @returns whether it has the lock, which closing gives back */
export function tryToLockOnWindows(file: number, exclusive: boolean): boolean {
  symbols ??= Deno.dlopen("kernel32.dll", SYMBOLS).symbols;
  handleOf ??= koffi()!.load(process.execPath).func("uv_get_osfhandle", "void *", ["int"]);
  const handle = Deno.UnsafePointer.create(handleOf(file) as bigint);
  const how = LOCKFILE_FAIL_IMMEDIATELY | (exclusive ? LOCKFILE_EXCLUSIVE_LOCK : 0);
  const place = memory(OVERLAPPED.sizeof);
  if (symbols.LockFileEx(handle, how, 0, MAXDWORD, MAXDWORD, place) !== 0) return true;
  const error = lastError();
  if (error === ERROR_LOCK_VIOLATION || error === ERROR_IO_PENDING) return false;
  throw new Error(`LockFileEx failed (os error ${error})`);
}
