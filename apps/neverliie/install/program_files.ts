/**
 * The executables in an installation's folder: new ones are tried and take the place of old ones,
 * which go as soon as nobody runs them.
 *
 * @module
 */
import { join } from "@std/path";
import { ensureDir, exists } from "@std/fs";
import type { InstallOptions } from "./install.ts";
import { isPrevious, PREVIOUS, STAGED } from "./receipt.ts";
import { removeAfterExit } from "./remove_after_exit.ts";
import { checkSource } from "./source.ts";
import type { UndoList } from "./undo.ts";
import { pause } from "../../../lib/system/waiting.ts";

/** Milliseconds that a new executable has to print its help. */
const HELP_TIMEOUT = 20_000;

/** Copies the new executables into the folder, where nobody runs them yet, and tries each. */
export async function stage(
  { root, source, signal, say }: InstallOptions,
  undo: UndoList,
): Promise<void> {
  await checkSource(source);
  const folder = join(root, STAGED);
  await remove(folder);
  await ensureDir(folder);
  undo.add("remove the copies", () => remove(folder));
  for (const { file } of source.manifest.programs) {
    signal.throwIfAborted();
    const path = join(folder, file);
    await copyContent(join(source.folder, file), path);
    if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
    await tryOut(path, AbortSignal.any([signal, AbortSignal.timeout(HELP_TIMEOUT)]));
    say(`copied ${file}`);
  }
}

/**
 * Copies a file's content, and nothing that the system notes beside it. Windows marks what came from
 * the web in a hidden part of the file, and asks before it starts such a program, at each logon
 * again; the system's own way of copying takes the mark along.
 *
 * https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-copyfileexw
 */
export async function copyContent(from: string, to: string): Promise<void> {
  using source = await Deno.open(from);
  using target = await Deno.open(to, { write: true, create: true, truncate: true });
  await source.readable.pipeTo(target.writable);
}

/** Whether an executable runs at all on this machine. */
async function tryOut(path: string, signal: AbortSignal): Promise<void> {
  let why: string;
  try {
    const { success, code, stderr } = await new Deno.Command(path, {
      args: ["--help"],
      ...{ stdin: "null", stdout: "null", stderr: "piped", signal },
    }).output();
    if (success) return;
    why = `exit code ${code} ${new TextDecoder().decode(stderr).trim()}`;
  } catch (error) {
    why = (error as Error).message;
  }
  throw new Error(`Cannot use "${path}": it does not run on this machine: ${why.trim()}`);
}

/** Puts the new executables in the place of the old ones. A running one can be renamed, too. */
export async function swap({ root, source }: InstallOptions, undo: UndoList): Promise<void> {
  const previous = await emptyPrevious(root);
  undo.add("remove the old copies", () => remove(previous));
  for (const { file } of source.manifest.programs) {
    const path = join(root, file);
    if (await exists(path)) {
      await rename(path, join(previous, file));
      undo.add(`put the old "${file}" back`, () => rename(join(previous, file), path));
    }
    await rename(join(root, STAGED, file), path);
    undo.add(`remove the new "${file}"`, () => rename(path, join(root, STAGED, file)));
  }
}

/** A folder for old executables. One from which a program still runs stays, and has its name. */
async function emptyPrevious(root: string): Promise<string> {
  await removeOld(root, isPrevious);
  for (let count = 1;; count++) {
    const folder = join(root, count === 1 ? PREVIOUS : `${PREVIOUS}-${count}`);
    if (await exists(folder)) continue;
    await ensureDir(folder);
    return folder;
  }
}

/** Whether a folder holds executables that are not those of the present version. */
const isPassing = (name: string): boolean => name === STAGED || isPrevious(name);

/**
 * Removes folders of executables that have passed.
 *
 * @returns those that Windows keeps, because a program in them still runs
 */
export async function removeOld(
  root: string,
  which: (name: string) => boolean = isPassing,
): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(root), ({ name }) => name);
  const kept: string[] = [];
  for (const folder of names.filter(which).map((name) => join(root, name))) {
    try {
      await remove(folder);
    } catch (error) {
      if (Deno.build.os !== "windows") throw error;
      kept.push(folder);
    }
  }
  return kept;
}

/** Removes the old executables; those that still run, as this program may, once they have ended. */
export async function removeLeftovers(root: string, whole = false): Promise<void> {
  const kept = await exists(root) ? await removeOld(root) : [];
  if (kept.length > 0) await removeAfterExit(kept);
  if (whole && await exists(root)) await Deno.remove(root);
}

async function remove(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Renames a file that Windows may hold on to for a moment after its program has ended. */
async function rename(from: string, to: string): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.rename(from, to);
    } catch (error) {
      if (Deno.build.os !== "windows" || attempt === 100) throw error;
      await pause(20);
    }
  }
}
