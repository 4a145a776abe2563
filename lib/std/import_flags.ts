/**
 * Prints the flag that a `deno` command needs on this machine: where JSR cannot be reached,
 * the import map with the stand-ins of this folder; nothing where it can.
 *
 * The path is relative, because a task splits what `$(…)` gives at spaces, and a checkout's path
 * may hold some. Tasks run in the checkout's root, which the path is relative to.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };

/** How long a network that answers nothing may hold a task up, in milliseconds. */
const PATIENCE = 10_000;

/** Whether every package that deno.json takes from JSR can be loaded, from there or the cache. */
async function canLoadFromJsr(): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, PATIENCE, false);
  const packages = Object.values(config.imports).filter((target) => target.startsWith("jsr:"));
  const all = Promise.all(packages.map((specifier) => import(specifier)));
  try {
    return await Promise.race([all.then(() => true, () => false), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

if (import.meta.main) {
  if (!await canLoadFromJsr()) console.log("--import-map=lib/std/import_map.json");
  Deno.exit(0); // a request that still hangs would keep the process
}
