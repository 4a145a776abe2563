/**
 * What cleans /tmp, at its most thorough: takes files of a mesh, whoever uses them.
 *
 * @module
 */

import { join } from "@std/path";
import { WINDOWS } from "./mesh.ts";

/** Takes the files at `paths` away, as far as they are there. */
export function take(...paths: string[]): void {
  for (const path of paths) {
    try {
      // (Windows removes a file for good once nobody has it open; its name is free at once if moved.)
      if (WINDOWS) Deno.renameSync(path, `${path}.${crypto.randomUUID()}.taken`);
      else Deno.removeSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * The files in a mesh's runtime folder, but for what was taken already. (On Windows it also has what
 * lies elsewhere on Unix: which apps are to be kept alive.)
 */
export function filesIn(runtime: string): string[] {
  try {
    return [...Deno.readDirSync(runtime)].map(({ name }) => join(runtime, name))
      .filter((path) => !/\.(taken|kept\.json)$/.test(path));
  } catch (error) {
    // All of it was taken.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
