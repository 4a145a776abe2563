/** A scan asked for on the command line. */
import { resolve } from "@std/path";
import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { wantsColour } from "../../lib/ui/colour.ts";
import { parseArguments, type ScanRequest } from "./arguments.ts";
import type { Scanner, ScanStep } from "./contract.ts";
import { report } from "./report.ts";

const INTERRUPTED = 130;

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
    console.error(`scanner: ${(error as Error).message}`);
    return 2;
  }
  const { top, duplicates, json } = request;
  // The scanner's own working folder is another one.
  const folder = resolve(request.folder);
  const scan = (signal: AbortSignal) =>
    client.connect<Scanner>("scanner")
      .deep_scan({ folder, steps: "progress", top, duplicates }, { signal, timeout: Infinity });
  const failed: string[] = [];
  const onError = ({ file, error }: ScanStep) => failed.push(`Cannot read "${file}": ${error}`);
  const last = await follow(scan, folder, onError, signal);
  for (const line of failed) console.error(line);
  if (last === null) {
    console.error("The scan was cancelled");
    return INTERRUPTED;
  }
  if (json) console.log(JSON.stringify(last));
  else {
    const columns = Deno.stdout.isTerminal() ? Deno.consoleSize().columns || 80 : 120;
    console.log(report(last, { duplicates, columns, colour: wantsColour() }).join("\n"));
  }
  return last.errors > 0 ? 1 : 0;
}

/** The last step; null where the scan was cancelled. Shows the progress where there is a screen. */
async function follow(
  scan: (signal: AbortSignal) => AsyncIterable<ScanStep>,
  folder: string,
  onError: (step: ScanStep) => void,
  signal: AbortSignal,
): Promise<ScanStep | null> {
  const screen = Deno.stdout.isTerminal() && Deno.stdin.isTerminal() &&
    Deno.env.get("TERM") !== "dumb";
  if (screen) {
    const { followScan } = await import("./progress_view.tsx");
    return await followScan(folder, scan, onError, signal);
  }
  let last: ScanStep | null = null;
  for await (const step of scan(signal)) {
    last = step;
    if (step.error !== null) onError(step);
  }
  return last;
}
