/**
 * Loads what tests and the programs that they start import, before any of it runs.
 *
 * @module
 */
import { exists } from "@std/fs";
import { fromFileUrl, join } from "@std/path";
import { loadedModules, PROGRAMS } from "../../../apps/programs.ts";
import { fetchPackages } from "../../../lib/packages/fetching.ts";
import type { TestArguments } from "./test_part.ts";

const checkout = fromFileUrl(new URL("../../..", import.meta.url));

/**
 * Loads the modules of a part, as the lock file has them, into this Deno's cache or another one.
 *
 * @param denoDir the cache; this Deno's own unless given
 */
export async function loadTestModules(
  part: string,
  { files, importFlags, env }: TestArguments,
  denoDir?: string,
): Promise<void> {
  const modules = [...files, ...await programModules()];
  const fetched = await fetchPackages(modules, {
    purpose: `the tests of ${part}`,
    flags: importFlags,
    cwd: checkout,
    env: { ...env, ...(denoDir === undefined ? {} : { DENO_DIR: denoDir }) },
  });
  if (!fetched) throw new Error(`Cannot run the tests of ${part}: what they import is not there`);
}

/** The modules that a test may start as programs: main modules of apps, and fixtures. */
async function programModules(): Promise<string[]> {
  const apps = Object.keys(PROGRAMS).map((name) => join("apps", name, "main.ts"));
  const folder = join("tests", "support", "programs");
  const support = await Array.fromAsync(Deno.readDir(join(checkout, folder)));
  const fixtures = support.filter(({ name }) => /_(app|view)\.ts$/.test(name))
    .map(({ name }) => join(folder, name));
  const found = await Promise.all(apps.map((path) => exists(join(checkout, path))));
  const lazy = Object.values(PROGRAMS).flatMap(loadedModules);
  return [...apps.filter((_, index) => found[index]), ...lazy, ...fixtures];
}
