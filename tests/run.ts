/**
 * `deno task test`: every suite, on every kind of program that this machine can run. See HELP.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { exists } from "@std/fs";
import { ownModuleFlags } from "../lib/packages/module_flags.ts";
import { interopEnvironment, languagesEnvironment, pythonEnvironment } from "./lab/interop.ts";
import { lab } from "./lab/lab.ts";
import { keepBusy, patienceFor } from "./support/run/busy.ts";
import { keepRecords } from "./support/run/records_folder.ts";
import { runTask } from "../apps/build/task.ts";
import { compiledParts, headersPart, mixedPart, nodePart, windowsParts } from "./lab/parts.ts";
import { PATIENCE_VARIABLE } from "./support/run/watchdog.ts";
import { loadTestModules } from "./support/run/test_modules.ts";
import {
  LeftOut,
  localTest,
  type Part,
  type PartResult,
  runPart,
  type TestArguments,
} from "./support/run/test_part.ts";

const checkout = fromFileUrl(new URL("..", import.meta.url));

/** The suites that run on this system, from scripts; each is a folder. */
const SUITES = [
  "unit",
  "transport",
  "mesh",
  "screens",
  "interop",
  "python",
  "node",
  "mixed",
  "languages",
  "examples",
  "conformance",
  "chaos",
  "simulation",
];

const HELP = `deno task test [--quiet] [--busy N] [PART …] [-- FILE … OPTION …]

Runs the tests and ends with "N passed, N failed". Parts:

  ${SUITES.join(", ")}
                 on this system, programs as scripts
  compiled       the mesh, compiled, interop and chaos suites on executables of this system
  windows        all of the following; those under Wine by the Windows lab (deno task lab)
  windows-headers
                 what is declared of Windows, against its headers (clang, mingw-w64-x86-64-dev)
  windows-transport, windows-mesh, windows-interop, windows-chaos, windows-node, windows-mixed
                 inside deno.exe under Wine, programs as scripts
  windows-compiled
                 the mesh, compiled, interop and chaos suites on executables for Windows, under Wine

All of them unless named. After "--": test files (only parts that have them run), and options for
"deno test" such as --filter=NAME.

  --quiet        show failures only
  --busy N       compute in N threads beside the tests, whose limits of time grow with it
  --help         show this
`;

/** How long a part may print nothing before it counts as hanging, in milliseconds. */
const SILENCE = 5 * 60_000;

/** What the programs of a suite need, that come from elsewhere. */
const FOREIGN: Readonly<
  Record<string, (files: readonly string[]) => Promise<Record<string, string>>>
> = {
  python: pythonEnvironment,
  languages: languagesEnvironment,
};

function localPart(name: string): Part {
  return {
    name,
    folders: [`tests/${name}`],
    prepare: async (test) => {
      await loadTestModules(name, test);
      const foreign = FOREIGN[name] ?? interopEnvironment;
      return localTest({ ...test, env: { ...test.env, ...await foreign(test.files) } });
    },
  };
}

/** The tests below a folder, as paths from the checkout's root. */
async function testFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  if (!await exists(join(checkout, folder))) return files;
  for await (const entry of Deno.readDir(join(checkout, folder))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...await testFiles(path));
    else if (entry.name.endsWith("_test.ts")) files.push(path);
  }
  return files.sort();
}

/** This process's environment without what would lead tests into somebody's mesh. */
function cleanEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => !/^NEVERLIIE_/i.test(name)),
  );
}

interface Request {
  quiet: boolean;
  /** Threads that compute beside the tests. */
  busy: number;
  parts: string[];
  files: string[];
  options: string[];
}

/** What the command line asks for. */
function parseArguments(args: readonly string[], known: readonly string[]): Request {
  const split = args.includes("--") ? args.indexOf("--") : args.length;
  const request: Request = { quiet: false, busy: 0, parts: [], files: [], options: [] };
  const words = args.slice(0, split);
  for (let at = 0; at < words.length; at++) {
    const arg = words[at]!;
    if (arg === "--quiet") request.quiet = true;
    else if (arg === "--busy") request.busy = threadCount(words[++at]);
    else if (known.includes(arg)) request.parts.push(arg);
    else if (arg === "windows") {
      request.parts.push(...known.filter((name) => /^windows/.test(name)));
    } else throw new TypeError(`Cannot understand "${arg}": see deno task test --help`);
  }
  for (const arg of args.slice(split + 1)) {
    if (arg.startsWith("-")) request.options.push(arg);
    else request.files.push(arg.replaceAll("\\", "/").replace(/^\.\//, ""));
  }
  return request;
}

function threadCount(word: string | undefined): number {
  const count = Number(word);
  if (word !== undefined && Number.isInteger(count) && count >= 0 && count <= 64) return count;
  throw new TypeError(`Cannot take "${word ?? ""}" for --busy: it is a number from 0 to 64`);
}

/** Runs one part, or says why not. */
async function run(
  part: Part,
  test: TestArguments,
  { quiet, busy }: Request,
): Promise<PartResult | LeftOut> {
  const start = performance.now();
  console.log(`== ${part.name}`);
  try {
    await using prepared = await part.prepare(test);
    const silence = SILENCE * patienceFor(busy);
    const result = await runPart(part.name, prepared.command, { quiet, silence });
    return { ...result, milliseconds: performance.now() - start };
  } catch (error) {
    if (error instanceof LeftOut) return error;
    console.error(error);
    const milliseconds = performance.now() - start;
    return { name: part.name, passed: 0, failed: 1, milliseconds, records: [] };
  }
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const found = lab();
  const own: Record<string, Part> = { node: nodePart(), mixed: mixedPart(found) };
  const parts = [
    ...SUITES.map((name) => own[name] ?? localPart(name)),
    ...compiledParts(found),
    headersPart(),
    ...windowsParts(found),
  ];
  const request = parseArguments(args, parts.map(({ name }) => name));
  const importFlags = ownModuleFlags((path) => path);

  const env = { ...cleanEnvironment(), [PATIENCE_VARIABLE]: `${patienceFor(request.busy)}` };
  using _busy = keepBusy(request.busy);
  const results: PartResult[] = [];
  const leftOut: string[] = [];
  for (const part of parts) {
    if (request.parts.length > 0 && !request.parts.includes(part.name)) continue;
    const files = (await Promise.all(part.folders.map(testFiles))).flat()
      .filter((file) => request.files.length === 0 || request.files.includes(file));
    if (files.length === 0) continue;
    const test = { files, options: request.options, importFlags, env };
    const result = await run(part, test, request);
    if (result instanceof LeftOut) {
      leftOut.push(`${part.name}: ${result.message}`);
      console.log(`== ${part.name}: left out, ${result.message}\n`);
      continue;
    }
    results.push(result);
    const whole = request.files.length === 0 && request.options.length === 0;
    if (whole && result.failed === 0) await keepRecords(checkout, result);
    const { passed, failed, milliseconds } = result;
    console.log(`== ${part.name}: ${passed} passed, ${failed} failed, ${seconds(milliseconds)}\n`);
  }
  return report(results, leftOut);
}

/** Prints what the run came to, and tells its exit code. */
function report(results: readonly PartResult[], leftOut: readonly string[]): number {
  for (const { name, passed, failed, milliseconds } of results) {
    console.log(
      `${name.padEnd(20)}${String(passed).padStart(6)} passed${String(failed).padStart(6)} failed` +
        seconds(milliseconds).padStart(11),
    );
  }
  for (const line of leftOut) console.log(`Left out: ${line}`);
  const sum = (key: "passed" | "failed") => results.reduce((all, result) => all + result[key], 0);
  const nothing = results.length === 0;
  if (nothing && leftOut.length === 0) {
    console.error("Cannot find a test to run: see deno task test --help");
  }
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  return nothing || sum("failed") > 0 ? 1 : 0;
}

if (import.meta.main) await runTask(main);
