/** Files that tell of programs, wherever they lie below a folder; and which programs can be run. */
import { extname, join } from "@std/path";
import { unreadable } from "../../lib/system/text_file.ts";

/** The environment, by the names of its variables. */
export type Variables = (name: string) => string | undefined;

/** What was found below a folder. */
export interface FilesBelow {
  /** Their paths, in the order of their names. */
  files: string[];
  /** What of it cannot be read, and why. */
  problems: string[];
}

/**
 * The files below a folder that end so; none where there is no such folder. Links to folders are
 * followed, into each folder once: links may lead in a circle.
 */
export async function filesBelow(
  folder: string,
  endings: readonly string[],
): Promise<FilesBelow> {
  const found: FilesBelow = { files: [], problems: [] };
  await look(folder, endings, found, new Set());
  return found;
}

async function look(
  folder: string,
  endings: readonly string[],
  found: FilesBelow,
  seen: Set<string>,
): Promise<void> {
  const place = await realPlace(folder);
  if (seen.has(place)) return;
  seen.add(place);
  let entries: Deno.DirEntry[];
  try {
    entries = await entriesOf(folder);
  } catch (error) {
    found.problems.push(unreadable(folder, error).message);
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const wanted = endings.includes(extname(entry.name).toLowerCase());
    let { isDirectory } = entry;
    if (entry.isSymlink) {
      try {
        isDirectory = (await Deno.stat(path)).isDirectory;
      } catch (error) {
        if (wanted) found.problems.push(unreadable(path, error).message);
        continue;
      }
    }
    if (isDirectory) await look(path, endings, found, seen);
    else if (wanted) found.files.push(path);
  }
}

/** Where a folder really is; as it is called where the system does not tell. */
async function realPlace(folder: string): Promise<string> {
  try {
    return await Deno.realPath(folder);
  } catch {
    return folder; // Reading it tells what is wrong.
  }
}

/** What is in a folder, sorted; nothing where there is none. */
export async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Whether there is a file of that name; a link that leads nowhere is none. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Whether a program can be run, by its path or by its name on PATH. Not for Windows. */
export function isRunnable(program: string, env: Variables): boolean {
  const places = program.includes("/")
    ? [program]
    : (env("PATH") ?? "").split(":").map((folder) => join(folder, program));
  return places.some((path) => {
    try {
      const { isFile, mode } = Deno.statSync(path);
      return isFile && ((mode ?? 0) & 0o111) !== 0;
    } catch {
      return false; // Not there, or not for us: it cannot be run either way.
    }
  });
}
