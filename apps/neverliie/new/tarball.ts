/**
 * The files of a package as npm packs it: a .tgz.
 *
 * @module
 */

/** A tar is made of these: a header, then the file, filled up. */
const BLOCK = 512;
/** What a package of the library has unpacked is a small part of this; it ends one that never would. */
const SIZE_MAX = 64 << 20;
/** All of a package lies below this. */
const FOLDER = "package/";

/** Its files by their names in the package, with "/". @throws {Error} why it is no package */
export async function readTarball(path: string): Promise<Map<string, Uint8Array>> {
  const bytes = await unpacked(path);
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + BLOCK <= bytes.length;) {
    const header = bytes.subarray(at, at + BLOCK);
    at += BLOCK;
    // It ends with empty blocks.
    if (header.every((byte) => byte === 0)) break;
    const size = parseInt(text(header, 124, 12), 8);
    if (!(size >= 0) || at + size > bytes.length || text(header, 257, 5) !== "ustar") {
      throw new Error("it is no package, or cut off");
    }
    const type = text(header, 156, 1);
    const prefix = text(header, 345, 155);
    const name = (prefix === "" ? "" : `${prefix}/`) + text(header, 0, 100);
    if (type === "0" || type === "") {
      if (!isInside(name)) throw new Error(`it has a file outside of "${FOLDER}": "${name}"`);
      files.set(name.slice(FOLDER.length), bytes.slice(at, at + size));
    }
    at += Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

async function unpacked(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const gzip = new DecompressionStream("gzip");
  try {
    for await (const chunk of file.readable.pipeThrough(gzip)) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > SIZE_MAX) throw new Error(`it has more than ${SIZE_MAX} bytes`);
    }
  } catch (error) {
    // What the decoder says of other files is no help.
    throw error instanceof TypeError ? new Error("it is no .tgz, or cut off") : error;
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** A field of a header: text that a zero ends. */
function text(header: Uint8Array, at: number, length: number): string {
  return new TextDecoder().decode(header.subarray(at, at + length)).split("\0")[0]!.trim();
}

function isInside(name: string): boolean {
  const parts = name.split("/");
  return name.startsWith(FOLDER) && !/[\\:]/.test(name) &&
    parts.every((part) => part !== "" && part !== "." && part !== "..");
}
