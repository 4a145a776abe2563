/**
 * The executables in an installation's folder: new ones are tried and take the place of old ones,
 * which go as soon as nobody runs them.
 *
 * @module
 */
import { basename, join } from "@std/path";
import { ensureDir, exists } from "@std/fs";
import { namesOf, programsOf } from "../../manifest.ts";
import { copyContent, linkFile } from "../../program_file.ts";
import type { InstallOptions } from "./install.ts";
import { isPrevious, PREVIOUS, STAGED } from "./receipt.ts";
import { removeAfterExit } from "./remove_after_exit.ts";
import { checkSource } from "./source.ts";
import type { UndoList } from "./undo.ts";
import { pause } from "../../../lib/system/waiting.ts";

/** Milliseconds that a new executable has to print its help. */
const HELP_TIMEOUT = 20_000;

/**
 * Copies the new executables into the folder, where nobody runs them yet, gives them all their names,
 * and tries each.
 */
export async function stage(
  { root, source, signal, say }: InstallOptions,
  undo: UndoList,
): Promise<void> {
  await checkSource(source);
  const folder = join(root, STAGED);
  await clear(root, folder);
  await ensureDir(folder);
  undo.add("remove the copies", () => remove(folder, 100));
  for (const program of source.manifest.programs) {
    const from = join(folder, program.file);
    for (const { file } of namesOf(program)) {
      signal.throwIfAborted();
      const path = join(folder, file);
      const first = file === program.file;
      if (!first) await linkFile(from, path);
      else {
        await copyContent(join(source.folder, file), path);
        if (Deno.build.os !== "windows") await Deno.chmod(path, 0o755);
      }
      say(first ? `copied ${file}` : `named it ${file}, too`);
    }
  }
  const files = programsOf(source.manifest).map(({ file }) => join(folder, file));
  // All to their end: what still runs could not be removed on Windows.
  const tried = await Promise.allSettled(files.map((path) => tryOut(path, signal)));
  for (const one of tried) if (one.status === "rejected") throw one.reason;
}

/** Removes what a killed upgrade staged; Windows keeps a name of what has been started by another. */
async function clear(root: string, folder: string): Promise<void> {
  try {
    await remove(folder);
  } catch (error) {
    if (Deno.build.os !== "windows") throw error;
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => join(STAGED, name));
    await setAside(root, names);
  }
}

/** Whether an executable runs at all on this machine. */
async function tryOut(path: string, interrupted: AbortSignal): Promise<void> {
  const timeout = AbortSignal.timeout(HELP_TIMEOUT);
  const signal = AbortSignal.any([interrupted, timeout]);
  let why: string;
  try {
    const { success, code, stderr } = await new Deno.Command(path, {
      args: ["--help"],
      ...{ stdin: "null", stdout: "null", stderr: "piped", signal },
    }).output();
    if (success) return;
    // What was ended has an exit code like any other.
    why = timeout.aborted
      ? `it did not print its help in ${HELP_TIMEOUT} ms`
      : `exit code ${code} ${new TextDecoder().decode(stderr).trim()}`;
  } catch (error) {
    why = (error as Error).message;
  }
  interrupted.throwIfAborted();
  throw new Error(`Cannot use "${path}": it does not run on this machine: ${why.trim()}`);
}

/** Puts the new executables in the place of the old ones. A running one can be renamed, too. */
export async function swap({ root, source }: InstallOptions, undo: UndoList): Promise<void> {
  const previous = await emptyPrevious(root);
  undo.add("remove the old copies", () => remove(previous));
  for (const { file } of programsOf(source.manifest)) {
    const path = join(root, file);
    if (await exists(path)) {
      await rename(path, join(previous, file));
      undo.add(`put the old "${file}" back`, () => rename(join(previous, file), path));
    }
    await rename(join(root, STAGED, file), path);
    undo.add(`remove the new "${file}"`, () => rename(path, join(root, STAGED, file)));
  }
}

/**
 * Moves files of the installation into a folder for old executables: Windows renames what runs, and
 * removes none of its names.
 *
 * @returns the folder
 */
export async function setAside(root: string, files: readonly string[]): Promise<string> {
  const folder = await emptyPrevious(root);
  for (const file of files) {
    const path = join(root, file);
    if (await exists(path)) await rename(path, join(folder, basename(file)));
  }
  return folder;
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

/** Removes a folder; Windows may hold on to a file in it for a moment after its program has ended. */
async function remove(path: string, attempts = 1): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (Deno.build.os !== "windows" || attempt >= attempts) throw error;
      await pause(20);
    }
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
