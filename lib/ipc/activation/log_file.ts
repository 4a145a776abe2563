/**
 * The log of a woken program, kept from growing from start to start.
 *
 * @module
 */

/** A log over this size, in bytes, is set aside before its program is woken. */
export const LOG_SIZE_MAX = 4 << 20;

/**
 * Sets the log aside where it is large: as `<path>.1`, in place of the one set aside before.
 *
 * @returns the size of the log that the program will append to, in bytes
 */
export function prepareLog(path: string): number {
  const size = sizeOf(path);
  if (size <= LOG_SIZE_MAX) return size;
  try {
    Deno.renameSync(path, `${path}.1`);
    return 0;
  } catch {
    // Windows renames no file that somebody reads, or that a leaving program still has open. The
    // next start tries again; this one is more important than its log.
    return size;
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
