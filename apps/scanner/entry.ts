/** What the system tells of one file or folder. */

/** Bytes of a block, as `Deno.FileInfo` counts them on every system. */
const BLOCK = 512;

/** A file or a folder, as far as a scan looks. */
export interface Entry {
  /** How long it is, in bytes. A file with holes takes less. */
  bytes: number;
  /** What it takes on disk, in bytes. */
  taken: number;
  /** Whether it has content of its own: it is no link, pipe or device. */
  regular: boolean;
  /** How many names it has. */
  names: number;
  /** What its names have in common and other files do not; `null` where it has one name. */
  identity: string | null;
}

/** What a file is, from what the system tells. */
export function entryOf(info: Deno.FileInfo): Entry {
  const { size, blocks, nlink, isFile, isDirectory } = info;
  return {
    bytes: isDirectory ? 0 : size,
    taken: blocks === null ? size : blocks * BLOCK,
    regular: isFile,
    names: nlink ?? 1,
    identity: isDirectory ? null : identityOf(info),
  };
}

/**
 * What tells the names of one file: its number on its volume. Numbers come as doubles, and those of
 * NTFS and of stacked file systems may be too large for one; then two files may share what is left
 * of theirs, and so their times tell, too.
 */
function identityOf({ nlink, dev, ino, birthtime, mtime, size }: Deno.FileInfo): string | null {
  // (Zero stands for none, too.)
  if (nlink === null || nlink < 2 || !ino) return null;
  if (Number.isSafeInteger(ino)) return `${dev}:${ino}`;
  return `${dev}:${ino}:${size}:${birthtime?.getTime()}:${mtime?.getTime()}`;
}

/**
 * Deno gives names as text, and what is not UTF-8 in them as U+FFFD: by such a name the system finds
 * nothing.
 */
export const NAMELESS =
  "its name is not text in UTF-8 (or it is gone), and Deno cannot ask for it by another";

/** Why something in a folder could not be looked at, in words. */
export function reasonFor(path: string, error: Error): string {
  const nameless = path.includes("\uFFFD") && error instanceof Deno.errors.NotFound;
  return nameless ? NAMELESS : error.message;
}
