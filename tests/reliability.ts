/**
 * `deno task reliability`: writes docs/reliability.md from what the parts of the last green test
 * runs came to. See HELP.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { type PartRecord, readRecords } from "./support/run/records_folder.ts";

const checkout = fromFileUrl(new URL("..", import.meta.url));

const HELP = `deno task reliability [--out FILE]

Writes docs/reliability.md from the figures that the tests left (dist/records). To refresh them, run
"deno task test" first: each part that is green replaces its figures. The 10 minutes of "deno task
soak" and the frames of "deno task fuzz" are in the page when these were run.

  --out FILE   write there instead
  --help       show this
`;

/** The parts whose figures belong into the page; it names those that it lacks. */
const EXPECTED = [
  "chaos",
  "compiled",
  "mesh",
  "mixed",
  "windows-chaos",
  "windows-compiled",
  "windows-mesh",
  "windows-mixed",
];

/** Subjects in the order of the page, and what is to be said of each. */
const SUBJECTS: readonly [subject: string, title: string, about: string][] = [
  [
    "kills",
    "Processes killed",
    "Programs are killed with -9 (on Windows TerminateProcess) at seeded points: with calls in " +
    "flight, in the middle of a stream, while they register, are started, start others, and leave. " +
    "Afterwards every call has settled, no lock is held, no socket, temporary file or process is " +
    "left, the registry parses and has every app, and the caller's process holds as many handles " +
    "and threads as before.",
  ],
  [
    "kills in all languages",
    "Programs of all makes",
    "Apps as scripts of Deno, as executables, in Node, Bun and Python are killed in a seeded order, " +
    "while callers of each of these makes call all of them, read their streams, and listen to their " +
    "topics. Calls that may be asked again are all answered, each stream's items come in order, of " +
    "each life of an app every caller hears the values in order, each once, and at the end the last " +
    "one; no lock is held, no handler runs on, no socket, file or process is left.",
  ],
  [
    "fuzz, codec",
    "Frames against the codec",
    "Frames right and wrong, each session of them whole and cut in two ways. It delivers or refuses, " +
    "and the same for every way of cutting.",
  ],
  [
    "fuzz, live server",
    "Frames against a live server",
    "Bad headers, wrong and huge lengths, invalid UTF-8, deep JSON, duplicate ids, answers to " +
    "nothing, connections that end in the middle of a frame, 16 that are silent and 16 that send a " +
    "header byte by byte. Each valid request gets its one answer, each fatal frame one error and the " +
    "end. Another process calls meanwhile.",
  ],
  [
    "a peer that reads nothing",
    "A peer that does not read its answers",
    "Others are answered meanwhile; when it reads at last, each request has one answer or refusal.",
  ],
  [
    "streams that nobody reads",
    "Streams that nobody reads",
    "Half of the consumers read one item, half not a byte. The producers pause, and calls on the same " +
    "connection go on.",
  ],
  [
    "idempotent calls through kills",
    "Idempotent calls",
    "16 in flight while their app is killed, as often as the start limit allows. They are asked again " +
    "by themselves, and every one is answered. Of kills that come faster each failure is the limit's.",
  ],
  [
    "topics through kills",
    "Topics",
    "A publisher is killed under its subscribers, which wait for it while a caller wakes it again: " +
    "mostly as soon as all of them are there, at times while they are just coming. Of each life every " +
    "subscriber gets the numbers in order, each once, and none is missing but where a gap tells so; " +
    "of the last one everybody has the retained value. No subscription is there twice, and no timer, " +
    "handle or process is left.",
  ],
  [
    "soak",
    "Mixed load",
    "Calls large and small, bytes, streams read and left, cancelled and failing calls, callers that " +
    "come and go, 12 at a time; each outcome is checked. Memory after a forced collection.",
  ],
  [
    "load",
    "Many connections",
    "Each connection is a client of its own. The caller processes, the server and the test share the " +
    "machine.",
  ],
];

/** The ways of running the suites, as people call them. */
const WAYS: Readonly<Record<string, string>> = {
  chaos: "Linux, scripts",
  mesh: "Linux, scripts",
  compiled: "Linux, executables",
  "windows-chaos": "Wine, scripts",
  "windows-mesh": "Wine, scripts",
  "windows-compiled": "Wine, executables",
  mixed: "Linux",
  "windows-mixed": "Wine",
  soak: "Linux, scripts, deno task soak",
  fuzz: "Linux, scripts, deno task fuzz",
};

function way(part: string): string {
  const name = WAYS[part] ?? part;
  return Deno.build.os === "linux" ? name : name.replace("Linux", Deno.build.os);
}

/** The page. */
export function page(parts: readonly PartRecord[]): string {
  const kills = ["kills", "kills in all languages"].flatMap((subject) =>
    figuresOf(parts, subject).map(({ figures }) => Number(figures["total"]))
  );
  const frames = ["fuzz, codec", "fuzz, live server"].flatMap((subject) =>
    figuresOf(parts, subject).map(({ figures }) => Number(figures["frames"]))
  );
  const sum = (numbers: number[]) => numbers.reduce((all, number) => all + number, 0);
  const tests = sum(parts.map(({ tests }) => tests));
  const missing = EXPECTED.filter((name) => !parts.some(({ part }) => part === name));
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return [
    "# Reliability",
    "",
    "Written by `deno task reliability` from the figures that the tests left; not edited by hand. " +
    "The promises behind them are in [security.md](security.md) and, for the limits, in " +
    "[protocol.md](protocol.md#limits). Times and memory are of one machine and tell orders of " +
    "magnitude; the tests assert counts, and bounds on memory and handles.",
    "",
    `${tests} tests in these parts, ${group(sum(kills))} kills, ${
      group(sum(frames))
    } fuzzed frames, ` +
    `no failure. Machine: ${navigator.hardwareConcurrency} cores, ${memory} GiB, ${systemName()}; ` +
    `Deno ${Deno.version.deno}. "Wine" is deno.exe or a compiled program under Wine 10, not Windows.`,
    "",
    ...(missing.length === 0 ? [] : [`Without figures, not run yet: ${missing.join(", ")}.`, ""]),
    table(
      ["part", "tests", "seconds", "commit", "day"],
      parts.map((part) => [
        `${part.part}`,
        String(part.tests),
        String(part.seconds),
        part.commit,
        part.ended.slice(0, 10),
      ]),
    ),
    ...SUBJECTS.flatMap(([subject, title, about]) => {
      const columns = figuresOf(parts, subject);
      if (columns.length === 0) return [];
      const rows = [...new Set(columns.flatMap(({ figures }) => Object.keys(figures)))];
      return [
        "",
        `## ${title}`,
        "",
        about,
        "",
        table(
          ["", ...columns.map(({ part }) => way(part))],
          rows.map((row) => [row, ...columns.map(({ figures }) => cell(row, figures[row]))]),
        ),
      ];
    }),
    "",
  ].join("\n");
}

function figuresOf(parts: readonly PartRecord[], subject: string) {
  return parts.flatMap(({ part, records }) =>
    records.filter((record) => record.subject === subject)
      .map(({ figures }) => ({ part, figures }))
  );
}

function cell(row: string, value: number | string | undefined): string {
  if (value === undefined) return "-";
  return typeof value === "number" && row !== "seed" ? group(value) : String(value);
}

/** A number with commas between its thousands. */
function group(value: number): string {
  return value.toLocaleString("en-US");
}

function systemName(): string {
  return { linux: "Linux", darwin: "macOS", windows: "Windows" }[Deno.build.os as string] ??
    Deno.build.os;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Formats as `deno fmt` does, so that the check of a fresh page passes. */
async function format(path: string): Promise<void> {
  const args = ["fmt", "--quiet", `--config=${join(checkout, "deno.json")}`, path];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error(`Cannot format "${path}": ${new TextDecoder().decode(stderr)}`);
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const [option, out = join(checkout, "docs", "reliability.md"), ...rest] = args;
  if ((option !== undefined && (option !== "--out" || args.length < 2)) || rest.length > 0) {
    console.error(`Cannot understand "${args.join(" ")}": see deno task reliability --help`);
    return 2;
  }
  const parts = await readRecords(checkout);
  if (!parts.some(({ part }) => part === "chaos")) {
    console.error('Cannot write the page: there are no figures. Run "deno task test" first');
    return 1;
  }
  await Deno.writeTextFile(out, page(parts));
  await format(out);
  console.log(`Wrote ${out}`);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
