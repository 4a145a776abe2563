/** What a scan came to, as lines of text. Pure. */
import { painter } from "../../lib/ui/colour.ts";
import {
  bar,
  displayWidth,
  formatBytes,
  formatDuration,
  pad,
  truncate,
} from "../../lib/ui/text.ts";
import type { ScanStep, Sized } from "./contract.ts";

/** Columns of a bar. */
const BAR = 12;
/** Groups of duplicates shown, and files of each. */
const GROUPS = 5;
const FILES = 3;

/** A size in its column. */
function right(size: string): string {
  return pad(size, 10, "right");
}

/** The totals in one line: "30 files, 1.2 MiB (1.3 MiB on disk)". */
function totals({ done, bytes, taken, errors }: ScanStep): string {
  const sizes = `${formatBytes(bytes)} (${formatBytes(taken)} on disk)`;
  return `${done} ${done === 1 ? "file" : "files"}, ${sizes}` +
    (errors > 0 ? `, ${errors} could not be read` : "");
}

/** The whole report for the last step of a scan, in at most `columns` columns. */
export function report(
  last: ScanStep,
  { duplicates, columns, colour }: { duplicates: boolean; columns: number; colour: boolean },
): string[] {
  const paint = painter(colour);
  const { summary } = last;
  if (summary === undefined) return [paint("bold", totals(last))];
  const took = summary.seconds < 60 ? `${summary.seconds} s` : formatDuration(summary.seconds);
  const folders = `${summary.folders} ${summary.folders === 1 ? "folder" : "folders"}`;
  const lines = [
    `${paint("bold", totals(last))}${paint("dim", ` in ${folders}, ${took}`)}` +
    paint("dim", `, ${summary.rate} files a second`),
  ];
  const table = (title: string, rows: readonly Sized[]) => {
    if (rows.length === 0) return;
    lines.push("", paint("bold", title), paint("dim", `${right("ON DISK")}  ${right("LENGTH")}`));
    for (const { path, bytes, taken } of rows) {
      const share = last.taken === 0 ? 0 : taken / last.taken * 100;
      const sizes = `${right(formatBytes(taken))}  ${right(formatBytes(bytes))}`;
      const text = truncate(path, Math.max(8, columns - displayWidth(sizes) - BAR - 4)) || ".";
      lines.push(`${sizes}  ${paint("cyan", bar(share, BAR))}  ${text}`);
    }
  };
  table("Largest files", summary.largestFiles);
  table("Largest folders", summary.largestFolders);
  if (!duplicates) return lines;
  const groups = summary.duplicates;
  if (groups.length === 0) {
    return [
      ...lines,
      "",
      `${paint("bold", "Duplicates")}  none: no two files have the same content`,
    ];
  }
  const freed = `${formatBytes(summary.duplicateBytes)} could be freed by keeping one of each`;
  lines.push("", `${paint("bold", "Duplicates")}  ${freed}`);
  for (const { bytes, count, files } of groups.slice(0, GROUPS)) {
    lines.push(`${right(formatBytes(bytes))}  ${paint("yellow", `${count} times`)}`);
    for (const file of files.slice(0, FILES)) {
      lines.push(`${" ".repeat(12)}${truncate(file, Math.max(8, columns - 12))}`);
    }
    if (count > FILES) {
      lines.push(paint("dim", `${" ".repeat(12)}… ${count - FILES} more`));
    }
  }
  if (groups.length > GROUPS) {
    lines.push(
      paint("dim", `            … ${groups.length - GROUPS} more groups; --json has them`),
    );
  }
  return lines;
}
