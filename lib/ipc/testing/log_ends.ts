/**
 * What programs wrote last, as a part of a message: a failed test shows it beside what failed.
 *
 * @module
 */

import { basename, join } from "../base/path.ts";

/** Lines shown of each log. */
const LINES_SHOWN = 20;
/** Bytes read from the end of each log. */
const BYTES_READ = 8192;

/** The log files of a home: what its programs wrote, and their records. */
export function logsOf(home: string): string[] {
  const folder = join(home, "logs");
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => join(folder, name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Whether there is anything in a file. */
export function holdsText(path: string): boolean {
  try {
    return Deno.statSync(path).size > 0;
  } catch {
    return false;
  }
}

/** The last lines of a file, under its name. */
export function endOf(path: string): string {
  let text: string;
  try {
    using file = Deno.openSync(path);
    const { size } = file.statSync();
    file.seekSync(Math.max(0, size - BYTES_READ), Deno.SeekMode.Start);
    const bytes = new Uint8Array(BYTES_READ);
    text = new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  } catch (error) {
    text = `cannot be read: ${error}`;
  }
  return endOfText(basename(path), text);
}

/** The last lines of a text, under the name of what it is of. */
export function endOfText(name: string, text: string): string {
  return `the end of ${name}:\n${indent(lastLines(text) || "(empty)")}`;
}

/** The lines that a message has room for. */
export function lastLines(text: string): string {
  return text.trimEnd().split("\n").slice(-LINES_SHOWN).join("\n");
}

/** The same text, set apart from what stands around it. */
export function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}
