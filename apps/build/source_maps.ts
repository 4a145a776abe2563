/**
 * The source maps of npm packages. `deno compile` embeds packages whole, and the maps of a bundled
 * one are five times as large as its code. Nobody reads them in an executable.
 *
 * @module
 */
import { join } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { allImports } from "../../lib/packages/import_map.ts";

/** How the Deno is called that compiles. */
export interface Compiler {
  deno: string;
  /** Flags by which it finds the modules. */
  flags: readonly string[];
  env: Record<string, string>;
}

/**
 * The paths of all source maps among the npm packages of deno.json, as far as `entry` needs them:
 * to be left out with `--exclude`. Fetches the packages first where they have never been used.
 */
export async function sourceMaps(entry: string, compiler: Compiler): Promise<string[]> {
  await output(compiler, ["cache", "--quiet", ...compiler.flags, entry]);
  const info = await output(compiler, ["info", "--json"]);
  const { npmCache } = JSON.parse(info) as { npmCache: string };
  const maps: string[] = [];
  for (const target of Object.values(allImports(config))) {
    // Of "npm:@scope/name@1.2.3" or "npm:name@1.2.3", perhaps with a path behind it.
    const [, name, version] = /^npm:((?:@[^/@]+\/)?[^/@]+)@([^/]+)/.exec(target) ?? [];
    if (name === undefined || version === undefined) continue;
    for (const registry of foldersIn(npmCache)) {
      addFilesBelow(join(npmCache, registry, name, version), ".map", maps);
    }
  }
  return maps;
}

async function output({ deno, env }: Compiler, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(deno, {
    args,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    // What is wrong with the program is told by the compiler.
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

function foldersIn(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function addFilesBelow(folder: string, ending: string, found: string[]): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const { name, isDirectory } of entries) {
    const path = join(folder, name);
    if (isDirectory) addFilesBelow(path, ending, found);
    else if (name.endsWith(ending)) found.push(path);
  }
}
