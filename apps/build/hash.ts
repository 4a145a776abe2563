/**
 * A hash of everything that a program is made from.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fromFileUrl, relative } from "@std/path";
import { sha256OfFile } from "../manifest.ts";
import { CHECKOUT, CompileError, type Compiler, moduleFlags, runDeno } from "./compile.ts";

/** What `deno info --json` tells of a graph, as far as it is used here. */
export interface ModuleGraph {
  modules: { specifier: string; local?: string; error?: string }[];
  npmPackages?: Record<string, { name: string; version: string; dependencies: string[] }>;
}

/** All that a module imports. @throws {CompileError} where a module cannot be had. */
export async function moduleGraph(entry: string, compiler: Compiler = {}): Promise<ModuleGraph> {
  const { success, stdout, said } = await runDeno(
    ["info", "--json", ...moduleFlags(), entry],
    compiler,
  );
  if (!success) throw new CompileError(`Cannot read what "${entry}" imports: ${said}`);
  const graph = JSON.parse(stdout) as ModuleGraph;
  const broken = graph.modules.find(({ error }) => error !== undefined);
  if (broken?.error !== undefined) {
    throw new CompileError(`Cannot compile "${relative(CHECKOUT, entry)}": ${broken.error}`);
  }
  return graph;
}

/**
 * A hash of the modules (by their content where they are files, else by their versioned names),
 * packages and settings that an executable is made from.
 */
export async function hashOfInputs(
  modules: readonly string[],
  settings: unknown,
  compiler: Compiler = {},
): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify(settings));
  for (const module of modules) {
    const graph = await moduleGraph(module, compiler);
    const parts = graph.modules.map(({ specifier }) => specifier).sort();
    for (const specifier of parts) {
      if (!specifier.startsWith("file:")) hash.update(`\n${specifier}`);
      else {
        const path = fromFileUrl(specifier);
        hash.update(`\n${relative(CHECKOUT, path)}\n${await sha256OfFile(path)}`);
      }
    }
    hash.update(`\n${Object.keys(graph.npmPackages ?? {}).sort().join("\n")}`);
  }
  return hash.digest("hex");
}
