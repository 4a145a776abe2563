/**
 * `manifest.json` beside the executables of one target: what each is, how large, and what it was
 * made from. Installation checks files by it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "@std/path";
import { readTextFile, unreadable } from "../lib/system/text_file.ts";

/** The manifest's file name. */
export const MANIFEST = "manifest.json";

/** One executable. */
export interface BuiltProgram {
  /** The program's name on the mesh. */
  name: string;
  /**
   * What else it is, by the name of its file: hard links beside it, or copies. An archive has the
   * file once. None where the program was built by itself.
   */
  names?: string[];
  /** The executable's file name, in the manifest's folder. */
  file: string;
  description: string;
  /** Bytes. */
  size: number;
  /** Bytes of the program itself in it; `null` where it is not bundled. */
  payload: number | null;
  /** Hex. */
  sha256: string;
  permissions: string[];
  /** A hash of everything that it was made from. */
  inputs: string;
}

/** Everything that was built for one target. */
export interface Manifest {
  name: "neverliie";
  version: string;
  target: string;
  /** The version of Deno whose runtime is in the executables. */
  deno: string;
  programs: BuiltProgram[];
}

/** A program as it is found beside others. */
export interface NamedProgram {
  name: string;
  /** The file that is started, in the manifest's folder. */
  file: string;
}

/** The programs that an executable is: the one that it is named after first. */
export function namesOf(
  { name, file, names = [] }: BuiltProgram,
): [NamedProgram, ...NamedProgram[]] {
  const ending = file.endsWith(".exe") ? ".exe" : "";
  return [{ name, file }, ...names.map((name) => ({ name, file: name + ending }))];
}

/** All programs of a manifest. */
export function programsOf({ programs }: Manifest): NamedProgram[] {
  return programs.flatMap(namesOf);
}

/**
 * The manifest in a folder, or `null` where there is none.
 *
 * @throws {Error} that names the file, where it cannot be read or is no manifest
 */
export async function readManifest(folder: string): Promise<Manifest | null> {
  const path = join(folder, MANIFEST);
  const text = await readTextFile(path);
  if (text === null) return null;
  const manifest = parseJson(text) as Partial<Manifest> | null;
  const named = (value: unknown) => {
    const { name, file, sha256, names = [] } = value as Partial<BuiltProgram> ?? {};
    return Array.isArray(names) &&
      [name, file, sha256, ...names].every((one) => typeof one === "string");
  };
  const fits = manifest?.name === "neverliie" && typeof manifest.version === "string" &&
    typeof manifest.target === "string" && Array.isArray(manifest.programs) &&
    manifest.programs.every(named);
  if (!fits) throw new TypeError(`Cannot use "${path}": it is not a manifest of NeverLiie`);
  return manifest as Manifest;
}

/** The value of a JSON text; `null` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // What it should be, and is not, is told by who asked.
  }
}

/** Writes the manifest, its programs in the order of their names. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const programs = manifest.programs.toSorted((a, b) => a.name < b.name ? -1 : 1);
  const text = JSON.stringify({ ...manifest, programs }, null, 2) + "\n";
  await Deno.writeTextFile(join(folder, MANIFEST), text);
}

/**
 * SHA-256 of a file, in hex. Reads it piece by piece: executables are large.
 *
 * @throws {Error} that names the file, where it cannot be read or is not there
 */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    using file = await Deno.open(path);
    const buffer = new Uint8Array(1 << 20);
    for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
      hash.update(buffer.subarray(0, read));
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return hash.digest("hex");
}
