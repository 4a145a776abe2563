/**
 * Stand-in for `@std/fs`, over Deno's built-ins: only the functions in use.
 *
 * @module
 */
import { basename, join, normalize } from "./path.ts";

/**
 * Makes the directory and its parents where they are missing.
 *
 * @throws {Deno.errors.AlreadyExists} where something else has that name
 */
export async function ensureDir(dir: string | URL): Promise<void> {
  try {
    const found = await Deno.stat(dir);
    if (!found.isDirectory) throw notADirectory(dir);
    return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(dir, { recursive: true });
}

/** Like {@linkcode ensureDir}, at once. */
export function ensureDirSync(dir: string | URL): void {
  try {
    const found = Deno.statSync(dir);
    if (!found.isDirectory) throw notADirectory(dir);
    return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.mkdirSync(dir, { recursive: true });
}

function notADirectory(dir: string | URL): Error {
  return new Deno.errors.AlreadyExists(
    `Cannot make the directory "${dir}": something that is not a directory has that name`,
  );
}

/** What {@linkcode exists} asks beyond existence. */
export interface ExistsOptions {
  /** It must be a directory, or a link to one. */
  isDirectory?: boolean;
  /** It must be a file, or a link to one. */
  isFile?: boolean;
}

/** Whether the path exists; a dangling link does not. */
export async function exists(path: string | URL, options: ExistsOptions = {}): Promise<boolean> {
  try {
    return fits(await Deno.stat(path), options);
  } catch (error) {
    return existsDespite(error);
  }
}

/** Like {@linkcode exists}, at once. */
export function existsSync(path: string | URL, options: ExistsOptions = {}): boolean {
  try {
    return fits(Deno.statSync(path), options);
  } catch (error) {
    return existsDespite(error);
  }
}

function fits(found: Deno.FileInfo, { isDirectory, isFile }: ExistsOptions): boolean {
  if (isDirectory && isFile) {
    throw new TypeError("Cannot ask for a path that is both a directory and a file");
  }
  return (!isDirectory || found.isDirectory) && (!isFile || found.isFile);
}

/** What the system forbids to look at is there, unless the program may not read at all. */
function existsDespite(error: unknown): boolean {
  if (error instanceof Deno.errors.NotFound) return false;
  if (error instanceof Deno.errors.PermissionDenied) return true;
  throw error;
}

/** Makes the directory where it is missing, and removes all it holds where it is not. */
export async function emptyDir(dir: string | URL): Promise<void> {
  const path = dir instanceof URL ? new URL(dir.href.replace(/\/*$/, "/")) : dir;
  let names: string[];
  try {
    names = (await Array.fromAsync(Deno.readDir(path))).map((entry) => entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(dir, { recursive: true });
    return;
  }
  for (const name of names) {
    const child = path instanceof URL ? new URL(encodeURIComponent(name), path) : join(path, name);
    await Deno.remove(child, { recursive: true });
  }
}

/** What {@linkcode walk} goes through. */
export interface WalkOptions {
  /** How many levels below the root; no limit unless given. */
  maxDepth?: number;
  /** Yield files; true unless given. */
  includeFiles?: boolean;
  /** Yield directories, the root too; true unless given. */
  includeDirs?: boolean;
  /** Go through links to what they lead to (a loop of links never ends); false unless given. */
  followSymlinks?: boolean;
}

/** One file, directory or link that {@linkcode walk} met. */
export interface WalkEntry extends Deno.DirEntry {
  /** Its path: the root's, joined with the names below it. */
  path: string;
}

/**
 * Walks a tree of files, a directory before what it holds.
 *
 * @throws {Deno.errors.NotFound} where the root is missing
 */
export async function* walk(
  root: string,
  options: WalkOptions = {},
): AsyncIterableIterator<WalkEntry> {
  const {
    maxDepth = Infinity,
    includeFiles = true,
    includeDirs = true,
    followSymlinks = false,
  } = options;
  if (maxDepth < 0) return;
  if (includeDirs) yield await rootEntry(root);
  if (maxDepth < 1) return;
  for await (const entry of Deno.readDir(root)) {
    let path = join(root, entry.name);
    let { isDirectory } = entry;
    if (entry.isSymlink) {
      if (!followSymlinks) {
        yield { path, ...entry };
        continue;
      }
      path = await Deno.realPath(path);
      isDirectory = (await Deno.lstat(path)).isDirectory;
    }
    if (isDirectory) {
      yield* walk(path, { maxDepth: maxDepth - 1, includeFiles, includeDirs, followSymlinks });
    } else if (includeFiles) {
      yield { path, ...entry };
    }
  }
}

async function rootEntry(root: string): Promise<WalkEntry> {
  const path = normalize(root);
  const { isFile, isDirectory, isSymlink } = await Deno.stat(path);
  return { path, name: basename(path), isFile, isDirectory, isSymlink };
}
