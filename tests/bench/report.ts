/**
 * The written report: results.json, the charts, and the blocks of README.md that hold what was measured. All
 * other text of README.md is left as it is.
 *
 * @module
 */
import { ensureDir } from "@std/fs";
import { join } from "@std/path";
import { charts, chartsOf } from "./charts.ts";
import { COMPETITORS } from "./competitors.ts";
import { median, type Results } from "./results.ts";
import { cells, number, type Row, rowsOf, unitOf } from "./table.ts";

/** Writes the report into a folder, in place of the last one. */
export async function writeReport(folder: string, results: Results): Promise<void> {
  await ensureDir(folder);
  await Deno.writeTextFile(join(folder, "results.json"), JSON.stringify(results, null, 1) + "\n");
  for (const { file, svg } of Object.values(charts(results)).flat()) {
    await Deno.writeTextFile(join(folder, file), svg);
  }
  const path = join(folder, "README.md");
  let page = await readOr(path, "# Performance\n");
  page = withBlock(page, "run", aboutRun(results));
  page = withBlock(page, "tables", tables(results));
  page = withBlock(page, "figures", figures(results));
  await Deno.writeTextFile(path, page);
}

async function readOr(path: string, otherwise: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return otherwise;
    throw error;
  }
}

/** The page with what stands between the block's marks replaced, or with the block at its end. */
export function withBlock(page: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}: written by deno task bench -->`, `<!-- end of ${name} -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end, from);
  const block = `${start}\n\n${content.trim()}\n\n${end}`;
  if (from < 0 || to < 0) return `${page.trimEnd()}\n\n${block}\n`;
  return page.slice(0, from) + block + page.slice(to + end.length);
}

function aboutRun({ date, mode, commit, machine, load, environments }: Results): string {
  const versions = Object.values(environments).map(({ title, versions }) => {
    const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    return `- ${title}: ${list.join(", ")}`;
  });
  return [
    `Measured ${date.slice(0, 10)} (${mode} run), commit ${commit ?? "unknown"}, on ` +
    `${machine.cores} cores of ${machine.cpu}, ${machine.memory} GiB, ${machine.system}.` +
    (load === undefined ? "" : ` Load average before it: ${load.before[0]!.toFixed(1)}.`),
    "",
    ...versions,
  ].join("\n");
}

function tables({ environments }: Results): string {
  return Object.entries(environments).map(([key, measured]) => {
    const rows = rowsOf(key, measured);
    const notes = Object.values(measured.notes).map((note) => `\nValues ${note}.\n`);
    const pictures = chartsOf(key, measured).map(({ file, text }) => `![${text}](${file})\n`);
    return `### ${measured.title}\n\n${markdown(rows)}\n${notes.join("")}\n${pictures.join("\n")}`;
  }).join("\n");
}

function markdown(rows: readonly Row[]): string {
  return [
    "| what | mesh | beside it | figure | target | |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
    ...rows.map((row) => `| ${cells(row).join(" | ")} |`),
  ].join("\n");
}

/** Every measure's medians, for every competitor. */
function figures({ environments }: Results): string {
  return Object.values(environments).map(({ title, series }) => {
    const lines = Object.entries(series).flatMap(([id, { values, missing }]) => [
      ...Object.entries(values).map(([competitor, rounds]) => {
        const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
        const range = `${number(least)} … ${number(most)}`;
        return `| ${id} | ${nameOf(competitor)} | ${number(median(rounds))} ${unitOf(id)} | ` +
          `${range} | ${rounds.length} |`;
      }),
      ...Object.entries(missing).map(([competitor, why]) =>
        `| ${id} | ${nameOf(competitor)} | not measured: ${why} | | |`
      ),
    ]);
    return [
      `<details><summary>${title}: all medians</summary>`,
      "",
      "| measure | who | median | least … most | rounds |",
      "| --- | --- | ---: | ---: | ---: |",
      ...lines,
      "",
      "</details>",
    ].join("\n");
  }).join("\n\n");
}

/** Competitors that are one program in several states, named for people. */
const STATES: Readonly<Record<string, string>> = {
  cancel: "abort() to the handler's signal",
  answer: "abort() until the handler's answer from there",
  call: "a plain call beside it",
  delivery: "emit() to the subscriber's loop",
  alone: "a program without the library",
  idle: "a program with the mesh open and a silent client",
  called: "the same, called every 5 ms",
  empty: "an empty program",
  open: "a program that opens the mesh",
  bareStart: "the app, simply started",
  wake: "the app, woken by a call",
  one: "an app with one client",
  caller: "the mesh's caller",
  heap: "of that, JavaScript heap and buffers",
};

function nameOf(competitor: string): string {
  return (COMPETITORS as Record<string, string>)[competitor] ?? STATES[competitor] ?? competitor;
}
