/**
 * Reads shortcut files (.lnk) by their documented layout, to compare with what Windows wrote.
 *
 * https://learn.microsoft.com/openspecs/windows_protocols/ms-shllink
 *
 * @module
 */

/** What a shortcut says; `""` for what is not in it. */
export interface ShortcutFile {
  target: string;
  description: string;
  folder: string;
  arguments: string;
  /** 1 for a window as usual, 7 for one that begins minimised. */
  show: number;
}

const HAS_ID_LIST = 1;
const HAS_LINK_INFO = 2;
const IS_UNICODE = 0x80;
const HEADER_SIZE = 0x4c;

/** @throws {TypeError} where it is no shortcut */
export function readShortcut(bytes: Uint8Array<ArrayBuffer>): ShortcutFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== HEADER_SIZE) throw new TypeError("Cannot read: no shortcut");
  const flags = view.getUint32(0x14, true);
  const show = view.getUint32(0x3c, true);
  let at = HEADER_SIZE;
  if (flags & HAS_ID_LIST) at += 2 + view.getUint16(at, true);
  let target = "";
  if (flags & HAS_LINK_INFO) {
    const wide = view.getUint32(at + 4, true) >= 0x24;
    const path = at + view.getUint32(at + (wide ? 28 : 16), true);
    target = textAt(bytes.subarray(path), wide);
    at += view.getUint32(at, true);
  }
  // In this order, each with a flag of its own and its length before it.
  const [description, , folder, args] = [0x04, 0x08, 0x10, 0x20].map((flag) => {
    if ((flags & flag) === 0) return "";
    const wide = (flags & IS_UNICODE) !== 0;
    const size = view.getUint16(at, true) * (wide ? 2 : 1);
    const text = bytes.subarray(at + 2, at + 2 + size);
    at += 2 + size;
    return textAt(text, wide); // Wine counts the zero at its end
  }) as [string, string, string, string];
  return { target, description, folder, arguments: args, show };
}

/** The text up to its first zero. */
function textAt(bytes: Uint8Array<ArrayBuffer>, wide: boolean): string {
  return decode(bytes, wide).split("\0", 1)[0]!;
}

function decode(bytes: Uint8Array<ArrayBuffer>, wide: boolean): string {
  // What is not Unicode is in the code page of western systems.
  const even = wide ? bytes.subarray(0, bytes.length & ~1) : bytes;
  return new TextDecoder(wide ? "utf-16le" : "windows-1252").decode(even);
}
