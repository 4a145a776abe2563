/**
 * Parameters from the command line: JSON in the argument, from a file (`@file`), or from standard
 * input (`-`), since Windows PowerShell 5 strips quotes from arguments.
 *
 * @module
 */

import { InexactNumberError, parseExactly } from "../../lib/config/exact_numbers.ts";
import type { Params } from "../../lib/ipc/mod.ts";
import { decodeText, readTextFile, unreadable } from "../../lib/system/text_file.ts";
import { readAllInput } from "../../lib/system/standard_input.ts";
import { UsageError } from "./exit.ts";

/** Characters of parameters that an error quotes. */
const SHOWN_MAX = 120;

/** Reads the parameters that `argument` gives; none at all are `{}`. */
export async function readParams(argument: string | undefined): Promise<Params> {
  if (argument === undefined) return {};
  const { text, source } = await readText(argument);
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch (error) {
    if (error instanceof InexactNumberError) {
      throw new UsageError(`Cannot use ${source} as parameters: ${error.message}`);
    }
    const typed = argument !== "-" && !argument.startsWith("@");
    throw new UsageError(
      `Cannot read ${source} as JSON: ${(error as Error).message}` +
        (typed
          ? ". Where a shell strips quotes, give a file (@params.json) or standard input (-)"
          : ""),
    );
  }
  if (typeof value !== "object" || value === null) {
    throw new UsageError(
      `Cannot use ${source} as parameters: give an object {"name": value} or an array [value]`,
    );
  }
  return value as Params;
}

async function readText(argument: string): Promise<{ text: string; source: string }> {
  if (argument === "-") return { text: await standardInput(), source: "standard input" };
  if (!argument.startsWith("@")) return { text: argument, source: `"${shortened(argument)}"` };
  const path = argument.slice(1);
  const source = `"${path}"`;
  let text: string | null;
  try {
    text = await readTextFile(path, { pipes: true });
  } catch (error) {
    const { reason } = unreadable(path, error);
    throw new UsageError(`Cannot read parameters from ${source}: ${reason}`);
  }
  if (text !== null) return { text, source };
  throw new UsageError(`Cannot read parameters from ${source}: there is no such file`);
}

/** Enough of a text to know it again: an error is to be read, whatever was given. */
function shortened(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}

async function standardInput(): Promise<string> {
  try {
    return decodeText(await readAllInput());
  } catch (error) {
    const { reason } = unreadable("standard input", error);
    throw new UsageError(`Cannot read parameters from standard input: ${reason}`);
  }
}
