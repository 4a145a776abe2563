/**
 * `deno task bench`: measures the mesh beside its floor and its peers. See HELP.
 *
 * @module
 */
import { join, relative } from "node:path";
import { runTask } from "../../apps/build/task.ts";
import { ownModuleFlags } from "../../lib/packages/module_flags.ts";
import { lab } from "../lab/lab.ts";
import { Control } from "./control.ts";
import { checkout, type Environment, LocalEnvironment, WineEnvironment } from "./environment.ts";
import { type Effort, Measuring } from "./measures.ts";
import { commit, machine } from "./machine.ts";
import type { Results } from "./results.ts";
import { writeReport } from "./report.ts";
import { rowsOf, textTable } from "./table.ts";

const HELP = `deno task bench [--full] [--only NAME] [--measure TEXT] [--out FOLDER | --no-write]

Measures the mesh beside the bare transport and beside other ways to talk, in one run, and prints
a table. The table, charts and raw figures are written to docs/performance/.

  --full         more rounds, and what is slow: 1,000 clients, 10 s of idling, 10,000 apps
  --only NAME    this environment alone: the system's own (linux, darwin, windows) or wine
  --measure TEXT measures with TEXT in their name alone; writes nothing. They are: round trip, calls,
                 promised, stream, slow consumer, values, cancel, topics, work, starts, idle, crowd, registry
  --out FOLDER   write there instead
  --no-write     write nothing
  --help         show this

Windows is measured under Wine where the lab is set up (deno task lab). Peers that are missing
are named and left out. Keep the machine quiet meanwhile.
`;

interface Request {
  full: boolean;
  only: string | null;
  measure: string | null;
  out: string | null;
}

function parseArguments(args: readonly string[]): Request {
  const out = join(checkout, "docs/performance");
  const request: Request = { full: false, only: null, measure: null, out };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const value = () => {
      const next = args[++i];
      if (next === undefined) throw new TypeError(`Cannot understand "${arg}": it wants a value`);
      return next;
    };
    if (arg === "--full") request.full = true;
    else if (arg === "--only") request.only = value();
    else if (arg === "--measure") request.measure = value();
    else if (arg === "--out") request.out = value();
    else if (arg === "--no-write") request.out = null;
    else throw new TypeError(`Cannot understand "${arg}": see deno task bench --help`);
  }
  if (request.measure !== null) request.out = null;
  return request;
}

/** A line that the next one takes the place of, in a terminal; else a line for each new measure. */
function progressTo(terminal: boolean): (text: string) => void {
  if (terminal) {
    const encoder = new TextEncoder();
    return (text) => Deno.stderr.writeSync(encoder.encode(`\r\x1b[K${text.slice(0, 100)}`));
  }
  let last = "";
  return (text) => {
    const measure = text.replace(/: (round|warming).*/, "");
    if (measure !== last) console.error(last = measure);
  };
}

/** Opens the environments of this machine that were asked for. */
async function environments(
  { only }: Request,
  stack: AsyncDisposableStack,
  leftOut: (why: string) => void,
): Promise<Environment[]> {
  const importFlags = ownModuleFlags((path) => path);
  const found: Environment[] = [];
  if (only === null || only === Deno.build.os) {
    found.push(stack.use(new LocalEnvironment(importFlags)));
  }
  if (Deno.build.os === "linux" && (only === null || only === "wine")) {
    const there = lab();
    if (there === null) leftOut("wine: no Windows lab here; `deno task lab` sets it up (as root)");
    else found.push(stack.use(await WineEnvironment.enter(there, importFlags)));
  }
  if (found.length === 0 && only !== null) {
    throw new TypeError(`Cannot measure "${only}" here: see deno task bench --help`);
  }
  return found;
}

/** Measures in every environment that was asked for. */
async function measure(
  request: Request,
  results: Results,
  stack: AsyncDisposableStack,
  progress: (text: string) => void,
): Promise<void> {
  const found = await environments(request, stack, (why) => console.error(why));
  // Ended first: a program that still runs would write where its environment was removed.
  const control = stack.use(new Control());
  for (const environment of found) {
    const { key, title, versions } = environment;
    const measured = results.environments[key] = { title, versions, series: {}, notes: {} };
    const only = request.measure;
    const effort: Effort = request.full
      ? { mode: "full", rounds: 9, round: 300, only }
      : { mode: "quick", rounds: 5, round: environment.windows ? 200 : 150, only };
    await new Measuring(environment, control, effort, measured, progress).run();
  }
}

/** Ctrl-C and the like: cleans up, once, and exits. */
function onInterrupt(
  cleanUp: () => Promise<void>,
): { interrupted: () => boolean; ignore: () => void } {
  const signals: [Deno.Signal, number][] = Deno.build.os === "windows"
    ? [["SIGINT", 130], ["SIGBREAK", 130]]
    : [["SIGINT", 130], ["SIGTERM", 143]];
  let interrupted = false;
  const listeners = signals.map(([signal, code]) => {
    const listener = async () => {
      if (interrupted) return;
      interrupted = true;
      await cleanUp();
      Deno.exit(code);
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return { interrupted: () => interrupted, ignore: () => listeners.forEach((remove) => remove()) };
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const request = parseArguments(args);
  const began = performance.now();
  const progress = progressTo(Deno.stderr.isTerminal());
  const results: Results = {
    date: new Date().toISOString().replace(/\.\d+/, ""),
    mode: request.full ? "full" : "quick",
    commit: await commit(checkout),
    machine: machine(),
    environments: {},
  };
  const load = () => [Deno.loadavg()[0]!, Deno.loadavg()[2]!];
  const before = load();
  const stack = new AsyncDisposableStack();
  const { interrupted, ignore } = onInterrupt(async () => {
    progress("");
    console.error("Interrupted: ending the programs");
    await stack.disposeAsync();
  });
  try {
    await measure(request, results, stack, progress);
  } catch (error) {
    if (!interrupted()) throw error;
  } finally {
    // Programs that are being ended fail what they were told to do: the exit comes with their end.
    if (interrupted()) await new Promise(() => {});
    ignore();
    await stack.disposeAsync();
  }
  progress("");
  results.load = { before, after: load() };
  for (const [key, measured] of Object.entries(results.environments)) {
    const rows = rowsOf(key, measured)
      .filter(({ missing }) => missing === null || request.measure === null);
    console.log(`\n${textTable(measured.title, rows)}`);
    for (const note of Object.values(measured.notes)) console.log(`Values ${note}.`);
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(`\nMeasured in ${seconds} s, commit ${results.commit ?? "unknown"}.`);
  if (request.out !== null) {
    await writeReport(request.out, results);
    console.log(`Written to ${relative(Deno.cwd(), request.out) || "."}`);
  }
  return 0;
}

if (import.meta.main) await runTask(main);
