/**
 * What is installed: a folder of executables with their manifest, as an archive holds it.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { MANIFEST, type Manifest, programsOf, readManifest, sha256OfFile } from "../../manifest.ts";
import { UsageError } from "../exit.ts";

/** A folder to install from. */
export interface Source {
  folder: string;
  manifest: Manifest;
}

/**
 * Reads the folder, this program's own unless given, and checks that it holds whole executables
 * for this system.
 *
 * @throws {UsageError} that says what is wrong with the folder
 */
export async function readSource(given: string | undefined): Promise<Source> {
  if (given === undefined && !Deno.build.standalone) {
    throw new UsageError(
      "Cannot install a script: build executables with `deno task build`, then give their folder " +
        "by --from, such as --from dist/" + Deno.build.target,
    );
  }
  const folder = given ?? dirname(Deno.execPath());
  const manifest = await readManifest(folder);
  if (manifest === null) {
    throw new UsageError(
      `Cannot install from "${folder}": it has no ${MANIFEST}. Give the folder of an unpacked ` +
        "archive, or of a build, by --from",
    );
  }
  if (manifest.target !== Deno.build.target) {
    throw new UsageError(
      `Cannot install from "${folder}": it is for ${manifest.target}, this is ${Deno.build.target}`,
    );
  }
  for (const { name, file } of programsOf(manifest)) {
    if (!/^[\w-]+(\.exe)?$/.test(file)) {
      throw new UsageError(`Cannot install "${name}": "${file}" is not a file name`);
    }
  }
  return { folder, manifest };
}

/** Checks every file against the manifest. @throws {Error} that names the one that differs. */
export async function checkSource({ folder, manifest }: Source): Promise<void> {
  for (const { file, sha256 } of manifest.programs) {
    const path = join(folder, file);
    if (await sha256OfFile(path) !== sha256) {
      throw new Error(
        `Cannot install "${path}": its content is not what ${MANIFEST} says. Unpack it anew`,
      );
    }
  }
}
