/**
 * `deno task build`: compiles the suite's programs into executables. See HELP.
 *
 * @module
 */
import { basename, dirname, fromFileUrl, join, relative, resolve } from "@std/path";
import { ensureDir, exists } from "@std/fs";
import { PROGRAMS } from "./apps/programs.ts";
import { sourceMaps } from "./build/source_maps.ts";

const checkout = fromFileUrl(new URL(".", import.meta.url));

const HELP = `deno task build [--target TRIPLE …] [--app NAME …] [--out DIR]

Compiles every program into dist/<target>/, with the permissions of apps/programs.ts.

  --target TRIPLE   the system to compile for, such as x86_64-pc-windows-msvc;
                    this one (${Deno.build.target}) unless given; repeatable
  --app NAME        only this program: ${Object.keys(PROGRAMS).join(", ")}; repeatable
  --out DIR         instead of dist
  --help            show this

Deno downloads the runtime of each target (denort) once. Where it cannot, set DENORT_BIN to the
path of a denort of the same version, for the one target that is being built.
`;

/** What {@linkcode compileProgram} compiles, and with what. */
export interface CompileOptions {
  /** The main module. */
  entry: string;
  /** The executable; its folder is made. */
  output: string;
  /** The system it is for, as a target triple; this system's unless given. */
  target?: string;
  /** Permission flags that the program has when it runs; `-A` unless given. */
  permissions?: readonly string[];
  /** Modules that the program loads by URL, such as workers. */
  include?: readonly string[];
  /** Modules that it loads by URL, to be bundled first, together with the entry. */
  bundled?: readonly string[];
  /** The Deno to compile with; the running one unless given. */
  deno?: string;
  /** The runtime to put into the executable; Deno downloads its own unless given. */
  denort?: string;
  /** More variables for the compiler. */
  env?: Record<string, string>;
}

/** Thrown where `deno compile` fails; the message holds what it said. */
export class CompileError extends Error {
  override readonly name: string = "CompileError";
}

/** Thrown where the runtime for a target cannot be had: no program can be compiled for it. */
export class RuntimeMissingError extends CompileError {
  override readonly name = "RuntimeMissingError";
}

/**
 * Compiles one program. Packages are never taken from a node_modules folder, so that only what
 * the program imports gets into the executable.
 *
 * @throws {CompileError}
 */
export async function compileProgram(options: CompileOptions): Promise<void> {
  if (options.bundled === undefined) return await compile(options);
  const folder = await Deno.makeTempDir({ prefix: "neverliie-bundle-" });
  try {
    const [entry, ...modules] = await bundle([options.entry, ...options.bundled], folder);
    const include = [...options.include ?? [], ...modules];
    await compile({ ...options, entry: entry!, include });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Modules as JavaScript without imports of packages; what they share is loaded once. */
async function bundle(modules: readonly string[], folder: string): Promise<string[]> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform=deno", "--minify", "--keep-names", "--code-splitting"],
      ...[`--config=${join(checkout, "deno.json")}`, ...importFlags()],
      ...[`--outdir=${folder}`, ...modules],
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    const said = new TextDecoder().decode(stderr).trim();
    throw new CompileError(`Cannot bundle "${relative(checkout, modules[0]!)}": ${said}`);
  }
  return modules.map((module) => join(folder, basename(module).replace(/\.ts$/, ".js")));
}

async function compile(options: CompileOptions): Promise<void> {
  const { entry, output, permissions = ["-A"], include = [], denort, env = {} } = options;
  const target = options.target ?? Deno.build.target;
  await ensureDir(dirname(output));
  const deno = options.deno ?? Deno.execPath();
  const flags = [
    ...["--no-check", "--node-modules-dir=none", `--config=${join(checkout, "deno.json")}`],
    ...importFlags(),
  ];
  const excluded = await sourceMaps(entry, { deno, flags, env });
  const { success, code, stderr } = await new Deno.Command(deno, {
    args: [
      ...["compile", "--quiet", ...flags],
      ...excluded.map((path) => `--exclude=${path}`),
      ...permissions,
      ...include.map((module) => `--include=${module}`),
      ...["--target", target, "--output", output, entry],
    ],
    env: { NO_COLOR: "1", ...env, ...(denort === undefined ? {} : { DENORT_BIN: denort }) },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const [said = ""] = new TextDecoder().decode(stderr).split("Stack backtrace:");
  throw explain(relative(checkout, entry), target, said.trim() || `it ended with code ${code}`);
}

/** What went wrong; where the runtime could not be had, also how to give it. */
function explain(entry: string, target: string, said: string): CompileError {
  if (!said.includes("denort")) return new CompileError(`Cannot compile "${entry}": ${said}`);
  return new RuntimeMissingError(
    `Cannot compile for ${target}: the runtime for that target (denort) cannot be had. ` +
      `Set DENORT_BIN to the path of a denort of that target and of exactly the compiler's ` +
      `version (this is Deno ${Deno.version.deno}), or let Deno reach the network. ` +
      `Deno said: ${said}`,
  );
}

/** The import map with the stand-ins, where this process itself was started with it. */
function importFlags(): string[] {
  return import.meta.resolve("@std/path").startsWith("file:")
    ? [`--import-map=${join(checkout, "lib", "std", "import_map.json")}`]
    : [];
}

interface Request {
  targets: string[];
  apps: string[];
  out: string;
}

/** What the command line asks for. */
function parseArguments(args: readonly string[]): Request {
  const request: Request = { targets: [], apps: [], out: join(checkout, "dist") };
  const rest = args.flatMap((arg) => {
    const at = arg.startsWith("--") ? arg.indexOf("=") : -1;
    return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
  });
  while (rest.length > 0) {
    const option = rest.shift() ?? "";
    if (!["--target", "--app", "--out"].includes(option)) {
      throw new TypeError(`Cannot understand "${option}": see deno task build --help`);
    }
    const value = rest.shift();
    if (!value) throw new TypeError(`Cannot build: "${option}" needs a value`);
    if (option === "--target") request.targets.push(value);
    else if (option === "--out") request.out = resolve(value);
    else if (Object.hasOwn(PROGRAMS, value)) request.apps.push(value);
    else {
      const known = Object.keys(PROGRAMS).join(", ");
      throw new TypeError(`Cannot build "${value}": there are ${known}`);
    }
  }
  if (request.targets.length === 0) request.targets.push(Deno.build.target);
  if (request.targets.length > 1 && Deno.env.get("DENORT_BIN")) {
    throw new TypeError("Cannot build several targets with one DENORT_BIN: build one at a time");
  }
  if (request.apps.length === 0) request.apps.push(...Object.keys(PROGRAMS));
  return request;
}

/** Builds one program for one target, and prints a line about it. */
async function build(name: string, target: string, out: string): Promise<void> {
  const start = performance.now();
  const { permissions, workers, bundled } = PROGRAMS[name]!;
  const entry = join(checkout, "apps", name, "main.ts");
  if (!await exists(entry)) throw new CompileError(`Cannot compile "${name}": no "${entry}"`);
  const output = join(out, target, name + (target.includes("windows") ? ".exe" : ""));
  const include = workers.map((module) => join(checkout, module));
  await compileProgram({
    ...{ entry, output, target, permissions, include },
    ...(bundled === undefined ? {} : { bundled: bundled.map((path) => join(checkout, path)) }),
  });
  const megabytes = ((await Deno.stat(output)).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${relative(Deno.cwd(), output)}  ${megabytes} MB  ${seconds} s`);
}

/** Builds what the command line asks for; the exit code says whether all of it was made. */
async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const { targets, apps, out } = parseArguments(args);
  let made = 0;
  for (const target of targets) {
    for (const name of apps) {
      try {
        await build(name, target, out);
        made++;
      } catch (error) {
        if (!(error instanceof CompileError)) throw error;
        console.error(error.message);
        if (error instanceof RuntimeMissingError) break;
      }
    }
  }
  const wanted = targets.length * apps.length;
  console.log(`Made ${made} of ${wanted} executables`);
  return made === wanted ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
