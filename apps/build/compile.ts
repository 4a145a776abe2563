/**
 * From a main module to one executable: bundled, then compiled with Deno's runtime.
 *
 * @module
 */
import { dirname, fromFileUrl, join, relative, toFileUrl } from "@std/path";
import { ensureDir, walk } from "@std/fs";
import config from "../../deno.json" with { type: "json" };
import standInMap from "../../lib/std/import_map.json" with { type: "json" };
import { allImports, type ImportMap } from "../../lib/packages/import_map.ts";
import { IMPORT_MAP, ownModuleFlags } from "../../lib/packages/module_flags.ts";
import { minify } from "./minify.ts";
import { sourceMaps } from "./source_maps.ts";

/** The checkout's root. */
export const CHECKOUT: string = fromFileUrl(new URL("../..", import.meta.url));

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
  /** Modules that it loads by URL, to be bundled together with the entry. */
  bundled?: readonly string[];
  /** Modules that it loads by URL, each to be bundled by itself and made small. */
  views?: readonly string[];
  /** Whether it has a terminal: without one, Windows opens no console for it. True unless given. */
  terminal?: boolean;
  /** The Deno to compile with; the running one unless given. */
  deno?: string;
  /** The runtime to put into the executable; Deno downloads its own unless given. */
  denort?: string;
  /** The folder that gets the source maps of what is bundled; none are kept unless given. */
  maps?: string;
  /** More variables for the compiler. */
  env?: Record<string, string>;
}

/** Thrown where `deno bundle` or `deno compile` fails; the message holds what it said. */
export class CompileError extends Error {
  override readonly name: string = "CompileError";
}

/** Thrown where the runtime for a target cannot be had: no program can be compiled for it. */
export class RuntimeMissingError extends CompileError {
  override readonly name = "RuntimeMissingError";
}

/** The flags by which this process itself finds modules, wherever they are compiled. */
export function moduleFlags(): string[] {
  return [
    ...["--node-modules-dir=none", `--config=${join(CHECKOUT, "deno.json")}`],
    ...ownModuleFlags(),
  ];
}

/** What runs the compiler. */
export type Compiler = Pick<CompileOptions, "deno" | "env">;

/** Runs a `deno` subcommand to its end; what it wrote to standard output, or why it failed. */
export async function runDeno(
  args: readonly string[],
  { deno = Deno.execPath(), env = {} }: Compiler = {},
): Promise<{ success: boolean; stdout: string; said: string }> {
  const { success, code, stdout, stderr } = await new Deno.Command(deno, {
    args: [...args],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const [said = ""] = new TextDecoder().decode(stderr).split("Stack backtrace:");
  return {
    success,
    stdout: new TextDecoder().decode(stdout),
    said: said.trim() || `it ended with code ${code}`,
  };
}

/**
 * Packages whose package.json names a module that the package does not hold: a bundler takes it by
 * that name, so the file that is there is named instead.
 */
const MISNAMED: Readonly<Record<string, string>> = {
  "@xterm/headless": "lib-headless/xterm-headless.js",
};

/** Ink loads it while it is being debugged, and only where it is installed. */
const DEVTOOLS = "react-devtools-core";

/** An import that is left in a bundle would have to be found when that is compiled. */
async function leaveOutDevtools(folder: string): Promise<void> {
  for await (const { path } of walk(folder, { includeDirs: false })) {
    const text = await Deno.readTextFile(path);
    const bundle = text.replaceAll(
      new RegExp(`from\\s*"${DEVTOOLS}"`, "g"),
      'from "data:text/javascript,export default null"',
    );
    if (bundle !== text) await Deno.writeTextFile(path, bundle);
  }
}

/**
 * The import map to bundle with: this process's own, with {@linkcode MISNAMED} put right. Every
 * name is there for every module, as bundles are made in folders of their own.
 */
function bundlingMap(instead: Readonly<Record<string, string>>): string {
  const standIns = import.meta.resolve("@std/path").startsWith("file:");
  const map: ImportMap = standIns ? standInMap : config;
  const base = toFileUrl(join(CHECKOUT, standIns ? IMPORT_MAP : "deno.json"));
  const imports = Object.entries(allImports(map)).map(([name, target]) => {
    if (target.startsWith(".")) return [name, new URL(target, base).href];
    const file = MISNAMED[name];
    return [name, file === undefined ? target : `${target}/${file}`];
  });
  return JSON.stringify({ imports: { ...Object.fromEntries(imports), ...instead } });
}

/** How {@linkcode bundleModules} goes about it. */
interface BundleOptions {
  minify?: boolean;
  maps?: boolean;
  instead?: Readonly<Record<string, string>>;
  external?: readonly string[];
}

/**
 * Makes JavaScript without imports of packages, from modules and all that they import; what they
 * share is loaded once. The running Deno does it, whichever compiles.
 *
 * Not minified, unless asked for: the bundler of Deno 2.7 and 2.9 then takes a `using` of a value that
 * is used once for a plain name and never disposes of it, so that locks stay held. `minify.ts` leaves
 * it alone.
 *
 * @param modules the first one's folder holds the others, too
 * @param folder gets a file for each module, in the same place below it, and what they share
 * @param minify makes it small, with the production build of React: 0.4 MB of 1.2 with Ink
 * @param maps puts the source map into each file
 * @param instead modules that are taken in place of others, by their URLs
 * @param external what stays an import, as the modules write it
 * @returns the modules' files
 * @throws {CompileError}
 */
export async function bundleModules(
  modules: readonly string[],
  folder: string,
  { minify = false, maps = false, instead = {}, external = [] }: BundleOptions = {},
): Promise<string[]> {
  const map = await Deno.makeTempFile({ prefix: "neverliie-imports-", suffix: ".json" });
  try {
    await Deno.writeTextFile(map, bundlingMap(instead));
    const { success, said } = await runDeno([
      ...["bundle", "--quiet", "--no-check", "--platform=deno"],
      ...moduleFlags().filter((flag) => !flag.startsWith("--import-map=")),
      ...[`--import-map=${map}`, `--outdir=${folder}`],
      ...[DEVTOOLS, ...external].map((specifier) => `--external=${specifier}`),
      ...(modules.length > 1 ? ["--code-splitting"] : []),
      ...(minify ? ["--minify"] : []),
      ...(maps ? ["--sourcemap=inline"] : []),
      ...modules,
    ]);
    if (!success) {
      throw new CompileError(`Cannot bundle "${relative(CHECKOUT, modules[0]!)}": ${said}`);
    }
    await leaveOutDevtools(folder);
  } finally {
    await Deno.remove(map);
  }
  // Below the folder they keep their places, seen from the first one.
  const root = dirname(modules[0]!);
  return modules.map((module) => join(folder, relative(root, module).replace(/\.tsx?$/, ".js")));
}

/** Makes all bundles below a folder small. @returns their source maps, by the bundles' paths in it */
async function shrink(folder: string): Promise<Map<string, string>> {
  const maps = new Map<string, string>();
  for await (const { path } of walk(folder, { includeDirs: false })) {
    const file = relative(folder, path);
    const { code, map } = await minify(await Deno.readTextFile(path), { file, identifiers: true });
    await Deno.writeTextFile(path, code);
    maps.set(file, map);
  }
  return maps;
}

/**
 * Bundles a program into a folder, small, with the modules that it loads by URL.
 *
 * @returns the modules' files, the program's first, and the source maps of all but the views
 * @throws {CompileError}
 */
export async function bundleProgram(
  { entry, bundled = [], views = [] }: Pick<CompileOptions, "entry" | "bundled" | "views">,
  folder: string,
): Promise<{ modules: string[]; maps: Map<string, string> }> {
  const modules = await bundleModules([entry, ...bundled], folder, { maps: true });
  const maps = await shrink(folder);
  for (const view of views) {
    const beside = join(folder, relative(dirname(entry), dirname(view)));
    modules.push(...await bundleModules([view], beside, { minify: true }));
  }
  return { modules, maps };
}

/** How many bytes the files below a folder have. */
export async function sizeOf(folder: string): Promise<number> {
  const files = await Array.fromAsync(walk(folder, { includeDirs: false }));
  return files.reduce((bytes, { path }) => bytes + Deno.statSync(path).size, 0);
}

/**
 * Compiles one program, as a bundle: that is a fraction of the size of its modules and starts
 * faster. A program with modules that are to be there under their own URLs, such as workers, is
 * compiled as it is, because a bundle has other URLs. Packages are never taken from a node_modules
 * folder, so that only what the program imports gets into the executable.
 *
 * @returns the payload in bytes where it was bundled, else `null`
 * @throws {CompileError}
 */
export async function compileProgram(options: CompileOptions): Promise<number | null> {
  const { entry, include = [], deno = Deno.execPath(), env = {} } = options;
  if (include.length > 0) {
    const flags = ["--no-check", ...moduleFlags()];
    const excluded = await sourceMaps(entry, { deno, flags, env });
    const exclude = excluded.map((path) => `--exclude=${path}`);
    await compileModule(entry, [...moduleFlags(), ...exclude], options);
    return null;
  }
  const folder = await Deno.makeTempDir({ prefix: "neverliie-bundle-" });
  try {
    const { modules: [main, ...modules], maps } = await bundleProgram(options, folder);
    await compileModule(main!, ["--no-config"], { ...options, include: modules });
    for (const [file, map] of options.maps === undefined ? [] : maps) {
      const path = join(options.maps!, `${file}.map`);
      await ensureDir(dirname(path));
      await Deno.writeTextFile(path, map);
    }
    return await sizeOf(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Compiles a module with what it imports, found by `flags`. */
export async function compileModule(
  module: string,
  flags: readonly string[],
  options: CompileOptions,
): Promise<void> {
  const { entry, output, permissions = ["-A"], include = [], terminal = true, denort } = options;
  const target = options.target ?? Deno.build.target;
  await ensureDir(dirname(output));
  const { success, said } = await runDeno([
    ...["compile", "--quiet", "--no-check", ...flags, ...permissions],
    ...(terminal ? [] : ["--no-terminal"]),
    ...include.map((module) => `--include=${module}`),
    ...["--target", target, "--output", output, module],
  ], {
    ...options,
    env: { ...options.env, ...(denort === undefined ? {} : { DENORT_BIN: denort }) },
  });
  if (!success) throw explain(relative(CHECKOUT, entry), target, said);
}

/** What went wrong; where the runtime could not be had, also how to give it. */
function explain(entry: string, target: string, said: string): CompileError {
  if (said.includes(`invalid value '${target}'`)) {
    return new RuntimeMissingError(
      `Cannot compile for ${target}: this Deno does not know that target`,
    );
  }
  if (!said.includes("denort")) return new CompileError(`Cannot compile "${entry}": ${said}`);
  // A chain of causes, the file it was writing first.
  const causes = said.split("\n").map((line) => line.replace(/^\s*\d+:/, "").trim())
    .filter((line) => line !== "" && !/^(error: Writing|Caused by)/.test(line));
  return new RuntimeMissingError(
    `Cannot compile for ${target}: the runtime for that target (denort) cannot be had. ` +
      `Let Deno reach the network, or give a denort of that target and of exactly the ` +
      `compiler's version by --denort ${target}=PATH. ` +
      `Deno said: ${causes.slice(0, 2).join(" ")}`,
  );
}
