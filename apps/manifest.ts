/**
 * `manifest.json` beside the executables of one target: what each is, how large, and what it was
 * made from. Installation checks files by it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { join } from "@std/path";

/** The manifest's file name. */
export const MANIFEST = "manifest.json";

/** One executable. */
export interface BuiltProgram {
  /** The program's name on the mesh. */
  name: string;
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

/** The manifest in a folder, or `null` where there is none that can be read. */
export async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    const manifest = JSON.parse(await Deno.readTextFile(join(folder, MANIFEST)));
    return manifest?.name === "neverliie" && Array.isArray(manifest.programs) ? manifest : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Writes the manifest, its programs in the order of their names. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const programs = manifest.programs.toSorted((a, b) => a.name < b.name ? -1 : 1);
  const text = JSON.stringify({ ...manifest, programs }, null, 2) + "\n";
  await Deno.writeTextFile(join(folder, MANIFEST), text);
}

/** SHA-256 of a file, in hex. Reads it piece by piece: executables are large. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 20);
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  return hash.digest("hex");
}
