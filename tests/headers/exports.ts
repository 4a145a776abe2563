/**
 * What a library of Windows exports, by the import library that mingw-w64 has for it. Deno.dlopen
 * refuses a whole table when one name of it is not exported.
 *
 * @module
 */
import { join } from "@std/path";

/** Where Debian puts the import libraries. */
const LIBRARIES_FOLDER = "/usr/x86_64-w64-mingw32/lib";

/** The names that `library` (`kernel32.dll`) exports; `null` where there is no import library. */
export function exportsOf(library: string): Set<string> | null {
  const path = join(LIBRARIES_FOLDER, `lib${library.replace(/\.dll$/i, "").toLowerCase()}.a`);
  let archive: Uint8Array;
  try {
    archive = Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const names = archiveNames(archive).filter((name) => name.startsWith("__imp_"));
  return new Set(names.map((name) => name.slice("__imp_".length)));
}

const ARCHIVE = "!<arch>\n";
const HEADER = { sizeof: 60, size: 48, sizeLength: 10 } as const;

/** The names in an archive's index, its first member: how many, their offsets, the names. */
function archiveNames(archive: Uint8Array): string[] {
  const text = (at: number, length: number) =>
    new TextDecoder("latin1").decode(archive.subarray(at, at + length));
  const at = ARCHIVE.length;
  if (text(0, at) !== ARCHIVE || text(at, 2) !== "/ ") throw new Error("not an archive");
  const size = Number(text(at + HEADER.size, HEADER.sizeLength));
  const start = at + HEADER.sizeof;
  const count = new DataView(archive.buffer, archive.byteOffset).getUint32(start);
  const names = start + 4 + 4 * count;
  return text(names, start + size - names).split("\0").slice(0, count);
}
