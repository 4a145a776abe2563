/**
 * `deno task lock`: makes deno.lock name what the import maps name. See HELP.
 *
 * @module
 */
import { loadIntoCache } from "./deno_cache.ts";
import type { LockFile } from "./lock_file.ts";
import { moduleFiles } from "./module_files.ts";
import { IMPORT_MAP, isFile, LOCK } from "./module_flags.ts";

const HELP = `deno task lock [--update]

Makes ${LOCK} name every package from npm that the project imports, with the hashes of all that
these depend on. Needed after a change of deno.json and ${IMPORT_MAP}; packages that the file
names already stay as they are.

  --update   forget them, and take the newest releases that are allowed
  --help     show this
`;

/** The folders and files of modules. */
const PLACES = ["apps", "lib", "tests", "examples", "build.ts"];

/** Renews the file; it is complete or stays as it was. @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => !["--update", "--help", "-h"].includes(arg));
  if (unknown !== undefined) {
    console.error(`Cannot understand "${unknown}": see deno task lock --help`);
    return 2;
  }
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const folder = await Deno.makeTempDir({ prefix: "neverliie-lock-" });
  try {
    const path = `${folder}/${LOCK}`;
    const update = args.includes("--update");
    if (!update && isFile(LOCK)) await Deno.copyFile(LOCK, path);
    // Always with the stand-ins: what JSR has is not committed.
    const flags = [`--import-map=${IMPORT_MAP}`, `--lock=${path}`, "--frozen=false", "--quiet"];
    if (update) flags.push("--reload"); // what the cache knows of releases may be old
    const { success, said } = await loadIntoCache(PLACES.flatMap(moduleFiles), { flags });
    if (!success) {
      console.error(`Cannot renew ${LOCK}: ${said}`);
      return 1;
    }
    const lock = JSON.parse(await Deno.readTextFile(path)) as LockFile;
    // Which registry this machine takes packages from is no matter of others.
    for (const locked of Object.values(lock.npm ?? {})) delete locked.tarball;
    const text = `${JSON.stringify(lock, null, 2)}\n`;
    const changed = text !== await Deno.readTextFile(LOCK).catch(() => "");
    if (changed) await Deno.writeTextFile(LOCK, text);
    console.log(changed ? `${LOCK} is renewed` : `${LOCK} has nothing to change`);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
