/** A scan asked for on the command line. */
import { resolve } from "@std/path";
import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { wantsColour } from "../../lib/ui/colour.ts";
import { print, tell, writeStyled } from "../output.ts";
import { parseArguments, type ScanRequest } from "./arguments.ts";
import type { Scanner, ScanStep } from "./contract.ts";
import { report } from "./report.ts";

const INTERRUPTED = 130;
/** Errors that are kept until the screen is free; of more, how many there were. */
const FAILED_MAX = 1_000;

/** Has the scanner walk the folder in `args`, and shows how far it is. Returns the exit code. */
export async function scanFolder(
  client: NeverLiieIPC,
  args: string[],
  signal: AbortSignal,
): Promise<number> {
  let request: ScanRequest;
  try {
    request = parseArguments(args);
  } catch (error) {
    tell(`scanner: ${(error as Error).message}`);
    return 2;
  }
  const { top, duplicates, json } = request;
  // The scanner's own working folder is another one.
  const folder = resolve(request.folder);
  const scan = (signal: AbortSignal) =>
    client.connect<Scanner>("scanner")
      .deep_scan({ folder, steps: "progress", top, duplicates }, { signal, timeout: Infinity });
  const last = await follow(scan, folder, signal);
  if (last === null) {
    tell("The scan was cancelled");
    return INTERRUPTED;
  }
  // Also where nobody reads what was found.
  if (last.errors > 0) Deno.exitCode = 1;
  if (json) print(last, true);
  else {
    const columns = Deno.stdout.isTerminal() ? Deno.consoleSize().columns || 80 : 120;
    writeStyled(report(last, { duplicates, columns, colour: wantsColour() }));
  }
  return Deno.exitCode;
}

/** The last step; null where the scan was cancelled. Shows the progress where there is a screen. */
async function follow(
  scan: (signal: AbortSignal) => AsyncIterable<ScanStep>,
  folder: string,
  signal: AbortSignal,
): Promise<ScanStep | null> {
  const screen = Deno.stdout.isTerminal() && Deno.stdin.isTerminal() &&
    Deno.env.get("TERM") !== "dumb";
  if (screen) {
    const failed: ScanStep[] = [];
    let more = 0;
    const onError = (step: ScanStep) => failed.length < FAILED_MAX ? failed.push(step) : more++;
    const { followScan } = await import("./progress_view.tsx");
    const last = await followScan(folder, scan, onError, signal);
    for (const step of failed) tellError(folder, step);
    if (more > 0) tell(`… and ${more} more that could not be read`);
    return last;
  }
  let last: ScanStep | null = null;
  for await (const step of scan(signal)) {
    last = step;
    if (step.error !== null) tellError(folder, step);
  }
  return last;
}

/** Of a file below the folder by its path from there; of the folder by its own. */
function tellError(folder: string, { file, error }: ScanStep): void {
  tell(`Cannot read "${file === "" ? folder : file}": ${error}`);
}
