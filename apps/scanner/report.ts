/** What a scan came to, as lines of text. Pure. */
import { painter } from "../../lib/ui/colour.ts";
import { bar, formatBytes, formatDuration, pad, plain, truncate } from "../../lib/ui/text.ts";
import type { ScanStep, Sized } from "./contract.ts";

/** Columns of a bar. */
const BAR = 12;
/** Groups of duplicates shown, and files of each. */
const GROUPS = 5;
const FILES = 3;

/** The totals in one line: "30 files, 1.2 MiB". */
export function totals({ done, bytes, errors }: ScanStep): string {
  return `${done} ${done === 1 ? "file" : "files"}, ${formatBytes(bytes)}` +
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
    lines.push("", paint("bold", title));
    for (const { path, bytes } of rows) {
      const share = last.bytes === 0 ? 0 : bytes / last.bytes * 100;
      const text = truncate(plain(path) || ".", Math.max(8, columns - BAR - 16));
      lines.push(
        `${pad(formatBytes(bytes), 10, "right")}  ${paint("cyan", bar(share, BAR))}  ${text}`,
      );
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
  for (const { bytes, files } of groups.slice(0, GROUPS)) {
    const size = formatBytes(bytes);
    lines.push(`${pad(size, 10, "right")}  ${paint("yellow", `${files.length} times`)}`);
    for (const file of files.slice(0, FILES)) {
      lines.push(`${" ".repeat(12)}${truncate(plain(file), Math.max(8, columns - 12))}`);
    }
    if (files.length > FILES) {
      lines.push(paint("dim", `${" ".repeat(12)}… ${files.length - FILES} more`));
    }
  }
  if (groups.length > GROUPS) {
    lines.push(
      paint("dim", `            … ${groups.length - GROUPS} more groups; --json has them`),
    );
  }
  return lines;
}
