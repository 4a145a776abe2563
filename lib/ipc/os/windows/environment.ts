/**
 * Environment blocks: the variables of a process in the form CreateProcessW takes.
 *
 * https://learn.microsoft.com/windows/win32/procthread/environment-variables
 *
 * @module
 */

import { kernel32, readWide, wide } from "./kernel32.ts";

/**
 * A block of `own` entries (`NAME=value`) with `additions` put over them. Names are equal without
 * regard to case, each stands once, and the block is sorted, as Windows wants it. Pure.
 *
 * @throws {TypeError} for a name or value that no block can carry
 */
export function environmentBlock(
  own: readonly string[],
  additions: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries = new Map<string, string>();
  for (const entry of own) {
    // Entries like "=C:=C:\folder" hold the current folder of a drive: their name starts with "=".
    entries.set(folded(entry.slice(0, entry.indexOf("=", 1))), entry);
  }
  for (const [name, value] of Object.entries(additions)) {
    if (name === "" || /[=\0]/.test(name)) {
      throw new TypeError(
        `Cannot set the environment variable "${name}": no such name is possible`,
      );
    }
    if (value.includes("\0")) {
      throw new TypeError(`Cannot set the environment variable "${name}": its value holds a NUL`);
    }
    entries.set(folded(name), `${name}=${value}`);
  }
  const sorted = [...entries].sort(([a], [b]) => a < b ? -1 : 1).map(([, entry]) => `${entry}\0`);
  // `wide` adds the second NUL that ends the block; an empty block has two as well.
  return wide(sorted.length === 0 ? "\0" : sorted.join(""));
}

/** The name as Windows compares it: upper case, unit by unit, so "ß" stays one letter. */
function folded(name: string): string {
  return name.replace(/[^A-Z]/g, (letter) => {
    const upper = letter.toUpperCase();
    return upper.length === 1 ? upper : letter;
  });
}

/** This process's own variables, as `NAME=value`. */
export function ownEnvironment(): string[] {
  const block = kernel32().GetEnvironmentStringsW();
  if (block === null) throw new Error("Cannot read this process's environment");
  const result: string[] = [];
  for (let at = block;;) {
    const entry = readWide(at);
    if (entry === "") break;
    result.push(entry);
    at = Deno.UnsafePointer.offset(at, (entry.length + 1) * 2)!;
  }
  kernel32().FreeEnvironmentStringsW(block);
  return result;
}
