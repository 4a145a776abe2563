/**
 * Prints the flags that a `deno` command needs on this machine: the lock file that packages are
 * frozen on and, where JSR cannot be reached, the import map with the stand-ins of this folder.
 * Modules given as arguments are loaded first: files with what they need to run, folders of them
 * with types, too, as they are checked and bundled.
 *
 * The paths are relative, because a task splits what `$(…)` gives at spaces, and a checkout's path
 * may hold some. Tasks run in the checkout's root, which the paths are relative to.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { checksumFault, loadIntoCache } from "../packages/deno_cache.ts";
import { fetchPackages } from "../packages/fetching.ts";
import { isComplete, readLock, withJsrOf } from "../packages/lock_file.ts";
import { moduleFiles } from "../packages/module_files.ts";
import { isFile, JSR_LOCK, LOCK, moduleFlags, withoutLock } from "../packages/module_flags.ts";

/** How long a network that answers nothing may hold a task up, in milliseconds. */
const PATIENCE = 10_000;

/** Milliseconds after which waiting for JSR is told. */
const LONG = 1_000;

/** Takes the place of the program of a `deno run`, and ends at once. */
const NOT_FETCHED = ["--quiet", "lib/packages/not_fetched.ts"];

const jsrSpecifiers = Object.values(config.imports).filter((target) => target.startsWith("jsr:"));

/**
 * Whether every package that deno.json takes from JSR can be loaded, from there or the cache, in
 * the version that {@linkcode JSR_LOCK} names. Makes that file where it is missing, or was made
 * from another {@linkcode LOCK}.
 */
async function canLoadFromJsr(): Promise<boolean> {
  const load = async (...flags: string[]) => {
    const told = setTimeout(() => console.error("Asking JSR for @std …"), LONG);
    const { success, said } = await loadIntoCache(jsrSpecifiers, { flags, patience: PATIENCE });
    clearTimeout(told);
    const changed = checksumFault(said);
    if (changed !== null) {
      console.error(`Cannot use what JSR sent, stand-ins take the place of @std: ${changed}`);
    }
    return success;
  };
  const committed = await readLock(LOCK);
  if (committed === null) return await load();
  const copy = await readLock(JSR_LOCK);
  if (copy !== null && isComplete(copy, committed)) {
    return await load(`--lock=${JSR_LOCK}`, "--frozen");
  }
  const folder = await Deno.makeTempDir({ prefix: "neverliie-lock-" });
  try {
    const path = `${folder}/${JSR_LOCK}`;
    await Deno.writeTextFile(path, JSON.stringify(withJsrOf(committed, copy)));
    if (!await load(`--lock=${path}`, "--frozen=false")) return false;
    const made = await readLock(path);
    if (made === null || !isComplete(made, committed)) {
      throw new Error(`Deno changed what ${LOCK} names`);
    }
    await replaceFile(JSR_LOCK, await Deno.readTextFile(path));
    return true;
  } catch (error) {
    const why = (error as Error).message;
    console.error(`Cannot make ${JSR_LOCK}: ${why}. Stand-ins take the place of @std`);
    return false;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes the file beside its place first: another task may be reading it. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${Deno.pid}`;
  await Deno.writeTextFile(temporary, text);
  await Deno.rename(temporary, path);
}

/** What people call the programs that are to run. */
function purposeOf(paths: readonly string[]): string {
  const names = paths.map((path) => /^apps\/([^/]+)\/main\.ts$/.exec(path)?.[1] ?? path);
  return new Intl.ListFormat("en", { type: "conjunction", style: "long" }).format(names);
}

if (import.meta.main) {
  const flags = moduleFlags(!await canLoadFromJsr());
  const pinned = isFile(LOCK);
  if (!pinned) {
    console.error(
      `${LOCK} is gone: packages come in whatever versions their registries have. ` +
        `To have it back: git checkout ${LOCK}`,
    );
  }
  const used = pinned ? flags : withoutLock(flags);
  const modules = Deno.args.flatMap(moduleFiles);
  const types = !Deno.args.every(isFile);
  const fetched = modules.length === 0 ||
    await fetchPackages(modules, { types, flags: used, purpose: purposeOf(Deno.args) });
  console.log([...used, ...(fetched ? [] : NOT_FETCHED)].join(" "));
  Deno.exit(0); // a request that still hangs would keep the process
}
