/**
 * What an installation has put where: written beside the programs, read by upgrade and removal.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { readTextFile } from "../../../lib/system/text_file.ts";
import { parseJson } from "../../manifest.ts";
import type { Trace } from "../../../lib/desktop/trace.ts";
import { defaultRoot } from "./places.ts";

/** The receipt's file name. */
export const RECEIPT = "installed.json";

/** Folders in the installation's that exist while it is being changed; a killed one leaves them. */
export const STAGED = ".staged";
export const PREVIOUS = ".previous";

/** Whether a folder is {@link PREVIOUS}, or one beside it: there are several while old programs run. */
export function isPrevious(name: string): boolean {
  return name === PREVIOUS || /^\.previous-\d+$/.test(name);
}

/** One installation. */
export interface Receipt {
  name: "neverliie";
  version: string;
  programs: { name: string; file: string }[];
  /** What it left outside of its folder, in the order in which it was made. */
  traces: Trace[];
}

/**
 * The receipt in a folder, or `null` where nothing is installed in it.
 *
 * @throws {Error} that names the file, where it cannot be read or is no receipt
 */
export async function readReceipt(root: string): Promise<Receipt | null> {
  const path = join(root, RECEIPT);
  const text = await readTextFile(path);
  if (text === null) return null;
  const receipt = parseJson(text) as Partial<Receipt> | null;
  const named = (value: unknown) => {
    const { name, file } = value as Partial<Receipt["programs"][number]> ?? {};
    return typeof name === "string" && typeof file === "string";
  };
  const fits = receipt?.name === "neverliie" && typeof receipt.version === "string" &&
    Array.isArray(receipt.programs) && receipt.programs.every(named) &&
    Array.isArray(receipt.traces);
  if (!fits) throw new TypeError(`Cannot read "${path}": it is not of an installation`);
  return receipt as Receipt;
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
    // One that cannot be read is told: an installation elsewhere is not what was meant.
    if (await readReceipt(own) !== null) return own;
  }
  return defaultRoot();
}
