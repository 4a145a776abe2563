/**
 * What an installed program leaves on a desktop beside its own files: each kind can be made, taken
 * back and told.
 *
 * @module
 */
import { dirname } from "@std/path";
import { ensureDir } from "@std/fs";
import { deleteRegistryKey, type RegistryValue, writeRegistry } from "./windows/registry.ts";
import { addToSearchPath, removeFromSearchPath } from "./windows/search_path.ts";
import { type Shortcut, writeShortcut } from "./windows/shortcut.ts";

/** One thing that an installation leaves; serialisable, so that removal finds it again. */
export type Trace =
  /** A folder; removed only when it is empty. */
  | { kind: "folder"; path: string }
  /** A text file. */
  | { kind: "file"; path: string; text: string }
  /** A symbolic link. */
  | { kind: "link"; path: string; target: string }
  /** A shortcut of Windows. */
  | { kind: "shortcut"; path: string; shortcut: Shortcut }
  /** A folder on the user's PATH on Windows. */
  | { kind: "search path"; folder: string }
  /** A key of the user's part of the Windows registry. */
  | { kind: "registry key"; key: string; values: Record<string, RegistryValue> };

/** `create shortcut "…"`: what making it does, for people. */
export function describeTrace(trace: Trace): string {
  switch (trace.kind) {
    case "search path":
      return `"${trace.folder}" on PATH`;
    case "registry key":
      return `registry key "HKCU\\${trace.key}"`;
    case "link":
      return `link "${trace.path}" to "${trace.target}"`;
    default:
      return `${trace.kind} "${trace.path}"`;
  }
}

/**
 * Makes it. What is there of an earlier installation is replaced.
 *
 * @throws {Deno.errors.AlreadyExists} where somebody else's file is in the place of a link
 */
export async function makeTrace(trace: Trace): Promise<void> {
  switch (trace.kind) {
    case "folder":
      return await ensureDir(trace.path);
    case "file":
      await ensureDir(dirname(trace.path));
      return await Deno.writeTextFile(trace.path, trace.text);
    case "link":
      await ensureDir(dirname(trace.path));
      if (await isLink(trace.path)) await Deno.remove(trace.path);
      return await Deno.symlink(trace.target, trace.path);
    case "shortcut":
      await ensureDir(dirname(trace.path));
      return writeShortcut(trace.path, trace.shortcut);
    case "search path":
      return addToSearchPath(trace.folder);
    case "registry key":
      for (const [name, value] of Object.entries(trace.values)) {
        writeRegistry(trace.key, name, value);
      }
  }
}

/** Takes it back. What is gone already, or is a link to something else by now, is no error. */
export async function removeTrace(trace: Trace): Promise<void> {
  switch (trace.kind) {
    case "search path":
      return removeFromSearchPath(trace.folder);
    case "registry key":
      return deleteRegistryKey(trace.key);
    case "folder":
      return await removeEmptyFolder(trace.path);
    case "link":
      if (!await isLink(trace.path) || await Deno.readLink(trace.path) !== trace.target) return;
  }
  try {
    await Deno.remove(trace.path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Removes a folder that is empty. */
export async function removeEmptyFolder(path: string): Promise<void> {
  try {
    for await (const _entry of Deno.readDir(path)) return;
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
