/**
 * Which programs may be started on Windows.
 *
 * @module
 */

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
