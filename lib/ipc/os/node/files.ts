/**
 * Deno's files, as far as the library uses them, on Node's.
 *
 * @module
 */

import * as fs from "node:fs";
import { withErrors } from "./errors.ts";
import { tryToLock } from "./locks.ts";

/** What the library looks at of a file. */
type FileInfo = Omit<
  Deno.FileInfo,
  "atime" | "birthtime" | "rdev" | "blksize" | "blocks" | "gid" | "isBlockDevice" | "isCharDevice"
>;

function infoOf(stats: fs.Stats): FileInfo {
  const { size, mtime, ctime, dev, ino, nlink, uid, mode } = stats;
  return {
    ...{ size, mtime, ctime, dev, ino, nlink, uid, mode },
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    isFifo: stats.isFIFO(),
    isSocket: stats.isSocket(),
  };
}

/** How a file is opened, in Node's numbers. */
function flagsOf({ read, write, append, create, truncate }: Deno.OpenOptions): number {
  const { O_RDONLY, O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_TRUNC } = fs.constants;
  const writes = write || append;
  return (writes ? read ? O_RDWR : O_WRONLY : O_RDONLY) | (append ? O_APPEND : 0) |
    (create ? O_CREAT : 0) | (truncate ? O_TRUNC : 0);
}

/** An open file. */
class OpenFile implements Disposable {
  readonly #file: number;
  #at = 0;

  constructor(file: number) {
    this.#file = file;
  }

  readonly statSync = withErrors(() => infoOf(fs.fstatSync(this.#file)));
  readonly tryLockSync = withErrors((exclusive: boolean) => tryToLock(this.#file, exclusive));

  /** (From the beginning of the file: the library knows no other way.) */
  seekSync(offset: number): number {
    return this.#at = offset;
  }

  readonly readSync = withErrors((into: Uint8Array): number | null => {
    const count = fs.readSync(this.#file, into, 0, into.length, this.#at);
    this.#at += count;
    return count === 0 && into.length > 0 ? null : count;
  });

  readonly writeSync = withErrors((bytes: Uint8Array): number => {
    const count = fs.writeSync(this.#file, bytes, 0, bytes.length, this.#at);
    this.#at += count;
    return count;
  });

  readonly close = withErrors(() => fs.closeSync(this.#file));

  [Symbol.dispose](): void {
    this.close();
  }
}

/** The functions of `Deno` about files. */
export const files = {
  SeekMode: { Start: 0 },
  openSync: withErrors((path: string, options: Deno.OpenOptions = { read: true }) =>
    new OpenFile(fs.openSync(path, flagsOf(options), options.mode ?? 0o666))
  ),
  statSync: withErrors((path: string) => infoOf(fs.statSync(path))),
  lstatSync: withErrors((path: string) => infoOf(fs.lstatSync(path))),
  readFileSync: withErrors((path: string): Uint8Array => fs.readFileSync(path)),
  readTextFileSync: withErrors((path: string) => fs.readFileSync(path, "utf8")),
  writeTextFileSync: withErrors((path: string, text: string, { mode = 0o666 } = {}) =>
    fs.writeFileSync(path, text, { mode })
  ),
  readDirSync: withErrors((path: string) =>
    fs.readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFile: entry.isFile(),
      isDirectory: entry.isDirectory(),
      isSymlink: entry.isSymbolicLink(),
    }))
  ),
  mkdirSync: withErrors((path: string, options: Deno.MkdirOptions = {}) =>
    void fs.mkdirSync(path, options)
  ),
  realPathSync: withErrors((path: string) => fs.realpathSync.native(path)),
  renameSync: withErrors((from: string, to: string) => fs.renameSync(from, to)),
  removeSync: withErrors((path: string) => fs.unlinkSync(path)),
  truncateSync: withErrors((path: string) => fs.truncateSync(path)),
  // deno-lint-ignore require-await -- what it throws is to reject
  rename: async (from: string, to: string): Promise<void> => files.renameSync(from, to),
  // deno-lint-ignore require-await
  remove: async (path: string): Promise<void> => files.removeSync(path),
};
