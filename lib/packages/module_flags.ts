/**
 * The flags by which a `deno` command finds the project's modules, and packages as a lock file
 * names them. They cannot stand in deno.json: docs/decisions/0043-pinned-packages.md tells why.
 *
 * @module
 */
import { fromFileUrl, join } from "../ipc/base/path.ts";

/** The import map with the stand-ins for @std, from the checkout's root. */
export const IMPORT_MAP = "lib/std/import_map.json";
/** All packages from npm, with the hashes of their content; from the checkout's root. */
export const LOCK = "deno.lock";
/** The same with the packages from JSR: made on each machine that reaches JSR, and in no commit. */
export const JSR_LOCK = "deno.jsr.lock";

/** The flags, with paths from the checkout's root or as `place` makes them. */
export function moduleFlags(
  standIns: boolean,
  place: (path: string) => string = (path) => path,
): string[] {
  return [
    ...(standIns ? [`--import-map=${place(IMPORT_MAP)}`] : []),
    `--lock=${place(standIns ? LOCK : JSR_LOCK)}`,
    "--frozen",
  ];
}

/**
 * The flags by which this process itself finds modules, for what it starts; with absolute paths
 * unless told. A lock file that is not there is left out, as Deno would refuse to go without it.
 */
export function ownModuleFlags(
  place: (path: string) => string = inCheckout,
): string[] {
  const standIns = import.meta.resolve("@std/path").startsWith("file:");
  const flags = moduleFlags(standIns, place);
  return isFile(inCheckout(standIns ? LOCK : JSR_LOCK)) ? flags : withoutLock(flags);
}

function inCheckout(path: string): string {
  return join(fromFileUrl(new URL("../..", import.meta.url)), path);
}

/** The flags without those about a lock file. */
export function withoutLock(flags: readonly string[]): string[] {
  return flags.filter((flag) => !/^--(lock|frozen)\b/.test(flag));
}

/** Whether a file is there. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
