/**
 * What an installation has put where: written beside the programs, read by upgrade and removal.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import type { Trace } from "../../../lib/desktop/trace.ts";
import { defaultRoot } from "./places.ts";

/** The receipt's file name. */
export const RECEIPT = "installed.json";

/** Folders in the installation's that exist while it is being changed; a killed one leaves them. */
export const STAGED = ".staged";
export const PREVIOUS = ".previous";

/** One installation. */
export interface Receipt {
  name: "neverliie";
  version: string;
  programs: { name: string; file: string }[];
  /** What it left outside of its folder, in the order in which it was made. */
  traces: Trace[];
}

/** The receipt in a folder, or `null` where nothing is installed in it. */
export async function readReceipt(root: string): Promise<Receipt | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(join(root, RECEIPT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  let receipt: Receipt | undefined;
  try {
    receipt = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (receipt?.name !== "neverliie") {
    throw new TypeError(`Cannot read "${join(root, RECEIPT)}": it is not of an installation`);
  }
  return receipt;
}

/** Writes the receipt, whole or not at all. */
export async function writeReceipt(root: string, receipt: Receipt): Promise<void> {
  const temporary = join(root, `.${RECEIPT}.tmp`);
  await Deno.writeTextFile(temporary, JSON.stringify(receipt, null, 2) + "\n");
  await Deno.rename(temporary, join(root, RECEIPT));
}

/** The folder that is meant: the one given, the one this program is installed in, or the usual one. */
export async function rootFolder(given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  if (Deno.build.standalone) {
    const own = dirname(Deno.execPath());
    if (await readReceipt(own).catch(() => null) !== null) return own;
  }
  return defaultRoot();
}
