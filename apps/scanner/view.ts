/** A scan seen from a terminal. */
import { resolve } from "@std/path";
import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { bar, formatBytes, truncate } from "../../lib/ui/text.ts";
import type { Scanner, ScanStep } from "./contract.ts";

/** Milliseconds between two drawings of the progress. */
const DRAW_INTERVAL = 50;

/** Has the scanner walk the folder in `args`, and shows how far it is. Returns the exit code. */
export async function scanFolder(
  client: NeverLiieIPC,
  args: string[],
  signal: AbortSignal,
): Promise<number> {
  const [folder, ...rest] = args;
  if (folder === undefined || rest.length > 0) {
    console.error(`Cannot scan ${args.length} folders: give one`);
    return 2;
  }
  const live = Deno.stderr.isTerminal();
  const draw = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  let drawn = 0;
  let last: ScanStep | null = null;
  try {
    // The scanner's own working folder is another one.
    const steps = client.connect<Scanner>("scanner").deep_scan({ folder: resolve(folder) }, {
      signal,
    });
    for await (const step of steps) {
      last = step;
      if (step.error !== null) {
        console.error(`${live ? "\r\x1b[2K" : ""}Cannot read "${step.file}": ${step.error}`);
      }
      if (live && performance.now() - drawn > DRAW_INTERVAL) {
        drawn = performance.now();
        draw(`\r\x1b[2K${truncate(progressLine(step), Deno.consoleSize().columns - 1)}`);
      }
    }
  } finally {
    if (live && drawn > 0) draw("\r\x1b[2K");
  }
  if (last === null) return 1;
  console.log(
    `${last.done} files, ${formatBytes(last.bytes)}` +
      (last.errors > 0 ? `, ${last.errors} could not be read` : ""),
  );
  return last.errors > 0 ? 1 : 0;
}

/** How far a scan is, in one line. */
export function progressLine({ phase, file, done, total, bytes }: ScanStep): string {
  if (phase === "counting") return `counting: ${total} files so far  ${file}`;
  const percent = total === 0 ? 100 : done / total * 100;
  return `${bar(percent, 20)} ${done}/${total} files  ${formatBytes(bytes)}  ${file}`;
}
