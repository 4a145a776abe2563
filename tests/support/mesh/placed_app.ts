/**
 * The fixture app (mesh_app.ts) as a file that a test may move, remove and put back.
 *
 * @module
 */

import { join, toFileUrl } from "@std/path";
import { executable, fixtureCommand, MODE, WINDOWS, withoutLock } from "./mesh.ts";

/** What the name of the fixture app ends in. */
export const EXTENSION = MODE === "script" ? ".ts" : WINDOWS ? ".exe" : "";

/** The fixture app as a file of its own, such as a person has it. */
export function place(folder: string, name: string): string {
  Deno.mkdirSync(folder, { recursive: true });
  const path = join(folder, name + EXTENSION);
  if (MODE === "binary") Deno.copyFileSync(executable("mesh_app"), path);
  else {
    const fixture = toFileUrl(fixtureCommand("script").at(-1)!).href;
    Deno.writeTextFileSync(path, `await import(${JSON.stringify(fixture)});\n`);
  }
  return path;
}

/** The command by which a person starts the file. */
export function commandOf(path: string): string[] {
  return [...withoutLock(fixtureCommand()).slice(0, -1), path];
}
