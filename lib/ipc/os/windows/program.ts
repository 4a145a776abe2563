/**
 * Which programs may be started on Windows.
 *
 * @module
 */

import { MAX_PATH } from "./kernel32.ts";

/** Windows would start cmd.exe for one, which takes the arguments for commands of its own. */
const BATCH_FILE = /\.(bat|cmd)[. ]*$/i;

/** {@link import("../transport.ts").Platform.programFault} on Windows. Pure. */
export function programFault(program: string): string | null {
  if (/^[\\/]{2}/.test(program)) {
    return "it is on another machine, or a device; give the share a drive letter";
  }
  // `\x` is on the current drive, `c:x` in that drive's current folder.
  if (!/^[a-z]:[\\/]/i.test(program)) return "it is not an absolute path with its drive";
  if (program.includes(":", 2)) return "a colon after the drive names a hidden part of a file";
  if (isBatchFile(program)) return "it is a batch file: a shell would read its arguments";
  return null;
}

/** Whether `program` names a batch file; Windows ignores dots and spaces at the end of a name. */
export function isBatchFile(program: string): boolean {
  return BATCH_FILE.test(program);
}

/**
 * What is longer than Windows takes it from one program that starts another; `null` where nothing
 * is. No setting for long paths changes that. Pure.
 *
 * https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw
 * https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-setcurrentdirectory
 */
export function lengthFault(program: string, cwd: string): string | null {
  const tooLong = (what: string, { length }: string, most: number) =>
    length <= most
      ? null
      : `the path of its ${what} has ${length} characters, and Windows takes ${most} there`;
  return tooLong("program", program, MAX_PATH - 1) ?? tooLong("folder", cwd, MAX_PATH - 2);
}
