/**
 * Walking a folder tree: without recursion, however wide and deep it is. Nothing is kept of what is
 * behind, and of what is ahead only names.
 */
import { SEPARATOR } from "@std/path";
import { type Entry, entryOf, NAMELESS, reasonFor } from "./entry.ts";

/** Folders read at once while counting: enough to hide how long each takes. */
const AT_ONCE = 16;
/** Files asked for at once: enough to keep the disk busy, few enough to stop at once. */
const BATCH = 64;
/** Folders that are read before their turn, … */
const AHEAD = 8;
/** … where they hold at most so many names: what is kept for them is little. */
const SMALL = 32;
/** Milliseconds in which a disk that answers at once has answered. */
const AT_ONCE_TIME = 5;

/** A file as it was found. */
export interface Found {
  name: string;
  /** What it is, or why that is not known. */
  entry: Entry | string;
}

/** A folder of the tree. */
export interface Folder {
  /** Relative to the root; "" is the root. */
  path: string;
  /** How many folders of the tree hold it. */
  depth: number;
  /** Bytes that it takes on disk by itself. */
  taken: number;
  /** Why it could not be read. */
  error: string | null;
  /** The names of its files, sorted. */
  files: string[];
}

/** The names in a folder. */
interface Listing {
  files: string[];
  folders: string[];
  error: string | null;
}

/** The path of what has this name in the folder at `path`. */
export function within(path: string, name: string): string {
  return path === "" || path.endsWith(SEPARATOR) ? path + name : path + SEPARATOR + name;
}

/**
 * Counts the files of a tree, in no order: how many there are so far, and the folder just counted.
 * What cannot be read has none.
 */
export async function* countFiles(
  root: string,
  signal: AbortSignal,
): AsyncGenerator<{ files: number; path: string }> {
  let files = 0;
  const waiting = [""];
  while (waiting.length > 0) {
    const paths = waiting.splice(-AT_ONCE);
    await Promise.all(
      paths.map((path) =>
        read(within(root, path), signal, ({ name, isDirectory }) => {
          if (isDirectory) waiting.push(within(path, name));
          else files++;
        })
      ),
    );
    yield { files, path: paths[0]! };
  }
}

/** A folder from the root to the one just read, and those in it that are still to come. */
interface Level {
  path: string;
  folders: string[];
  next: number;
  /** What is in the next ones, as far as they are being read already; `null` where that is much. */
  ahead: Promise<Listing | null>[];
}

/** Every folder of a tree, a folder before what is in it, by the order of the names. */
export async function* walk(root: string, signal: AbortSignal): AsyncGenerator<Folder> {
  const levels: Level[] = [];
  for (let path: string | null = ""; path !== null; path = nextIn(levels)) {
    const level = levels.at(-1);
    const ahead = level === undefined ? null : await readAhead(root, level, signal);
    const { folders, files, error } = ahead ?? (await list(root, path, Infinity, signal))!;
    yield { path, depth: levels.length, taken: takenBy(within(root, path)), files, error };
    levels.push({ path, folders, next: 0, ahead: [] });
  }
}

/** The path of the next folder of the deepest level that has one, which becomes the last level. */
function nextIn(levels: Level[]): string | null {
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const name = level.folders[level.next++];
    if (name !== undefined) return within(level.path, name);
    levels.pop();
  }
  return null;
}

/** What is in the level's latest folder, while the ones behind it are being read, too. */
function readAhead(root: string, level: Level, signal: AbortSignal): Promise<Listing | null> {
  const { path, folders, next, ahead } = level;
  for (let at = next - 1 + ahead.length; ahead.length < AHEAD && at < folders.length; at++) {
    const listing = list(root, within(path, folders[at]!), SMALL, signal);
    // An abort ends the walk, which then waits for none of them.
    listing.catch(() => {});
    ahead.push(listing);
  }
  return ahead.shift()!;
}

/** What the files of a folder are, in their order and a few at a time. */
export async function* found(
  root: string,
  { path, files }: Folder,
  signal: AbortSignal,
): AsyncGenerator<Found[]> {
  const folder = within(root, path);
  for (let start = 0; start < files.length; start += BATCH) {
    signal.throwIfAborted();
    const names = files.slice(start, start + BATCH);
    const entries = await entriesAt(names.map((name) => within(folder, name)));
    yield names.map((name, index) => {
      // Two of one name can only be two that have none as text, or one of them.
      const twice = name === files[start + index - 1];
      return { name, entry: twice ? NAMELESS : entries[index]! };
    });
  }
}

/**
 * What is at these paths. The first is asked for by a thread, which leaves all else here its turn,
 * and tells whether the disk answers at once: then the others are asked for from here, in half the
 * time.
 */
async function entriesAt([first, ...others]: string[]): Promise<Found["entry"][]> {
  const asked = performance.now();
  const entry = await entryLater(first!);
  if (performance.now() - asked < AT_ONCE_TIME) return [entry, ...others.map(entryNow)];
  return [entry, ...await Promise.all(others.map(entryLater))];
}

function entryNow(path: string): Entry | string {
  try {
    return entryOf(Deno.lstatSync(path));
  } catch (error) {
    return reasonFor(path, error as Error);
  }
}

async function entryLater(path: string): Promise<Entry | string> {
  try {
    return entryOf(await Deno.lstat(path));
  } catch (error) {
    return reasonFor(path, error as Error);
  }
}

/** The names in a folder, sorted, as far as it could be read; `null` where they are over `max`. */
async function list(
  root: string,
  path: string,
  max: number,
  signal: AbortSignal,
): Promise<Listing | null> {
  const files: string[] = [];
  const folders: string[] = [];
  const error = await read(
    within(root, path),
    signal,
    ({ name, isDirectory }) => {
      (isDirectory ? folders : files).push(name);
      return files.length + folders.length <= max;
    },
  );
  if (files.length + folders.length > max) return null;
  return { files: files.sort(), folders: [...new Set(folders.sort())], error };
}

/**
 * Reads a folder. A link to a folder is no directory here, nor is a Windows junction: loops end by
 * this.
 *
 * @param each given what is in it, until it returns false
 * @returns why it could not be read to its end
 */
async function read(
  path: string,
  signal: AbortSignal,
  each: (entry: Deno.DirEntry) => unknown,
): Promise<string | null> {
  try {
    for await (const entry of Deno.readDir(path)) {
      signal.throwIfAborted();
      if (each(entry) === false) break;
    }
    return null;
  } catch (error) {
    // An abort is no failure to read, and goes on its way.
    if (!(error instanceof Error) || signal.aborted) throw error;
    return reasonFor(path, error);
  }
}

/** What a folder that was just read takes by itself; nothing where that is not told. */
function takenBy(path: string): number {
  try {
    // (The root may be a link to a folder: all others are folders.)
    return entryOf(Deno.statSync(path)).taken;
  } catch {
    return 0; // Reading it tells why.
  }
}
