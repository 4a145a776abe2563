/** What a person may say to the scanner. */

/** A scan as the command line asks for it. */
export interface ScanRequest {
  folder: string;
  /** How many of the largest files and folders to show. */
  top: number;
  duplicates: boolean;
  json: boolean;
}

const DEFAULT_TOP = 5;

/** @throws {TypeError} that says what to give instead. */
export function parseArguments(args: readonly string[]): ScanRequest {
  const request = { top: DEFAULT_TOP, duplicates: false, json: false };
  const folders: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (arg === "--duplicates") request.duplicates = true;
    else if (arg === "--json") request.json = true;
    else if (arg === "--top" || arg.startsWith("--top=")) {
      const value = arg === "--top" ? args[++at] : arg.slice("--top=".length);
      const top = Number(value);
      if (!value || !Number.isInteger(top) || top < 0 || top > 1000) {
        throw new TypeError("--top needs a whole number from 0 to 1000");
      }
      request.top = top;
    } else if (arg.startsWith("--")) throw new TypeError(`Cannot understand "${arg}": see --help`);
    else folders.push(arg);
  }
  if (folders.length !== 1) throw new TypeError(`Cannot scan ${folders.length} folders: give one`);
  return { folder: folders[0]!, ...request };
}
