/**
 * Which file a program's name means. CreateProcessW would look in the folder of this process's own
 * executable, in the folder that this process happens to be in, and in this process's PATH: a host
 * that was woken long ago would miss what was installed since, and run what lies about where it was
 * woken.
 *
 * @module
 */

import { isBatchFile } from "../../ipc/os/windows/program.ts";
import { missingProgram } from "../missing_program.ts";

/** PATHEXT where nobody has set it, as far as it names programs. */
const EXTENSIONS = ".COM;.EXE;.BAT;.CMD";
/** What CreateProcessW can run. Files of other kinds take a program of their own, or a shell. */
const RUNNABLE = /^\.(com|exe|bat|cmd)$/;

/**
 * The path of the program.
 *
 * @param name a path, or a name to look up in the PATH of `env`; ".com" or ".exe" may be left out
 * @param cwd where relative paths begin; absolute
 * @param isFile tells whether there is a file
 * @throws {Deno.errors.NotFound} When there is none.
 * @throws {Deno.errors.NotSupported} When it is a batch file.
 */
export function findProgram(
  name: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
  isFile: (path: string) => boolean = fileAt,
): string {
  const isPath = /[\\/:]/.test(name);
  const folders = isPath ? [cwd] : searched(env);
  for (const folder of folders) {
    for (const file of spellings(name, env)) {
      const path = resolved(folder, file, cwd);
      if (!isFile(path)) continue;
      if (isBatchFile(path)) throw isShells(name, path);
      return path;
    }
  }
  // Such a name is refused whether there is one or not.
  if (isBatchFile(name)) throw isShells(name, name);
  throw missingProgram(name);
}

function isShells(name: string, path: string): Error {
  const which = name === path ? "it" : `"${path}"`;
  return new Deno.errors.NotSupported(
    `Cannot run "${name}" with a list of arguments: ${which} is a batch file, ` +
      "and a shell would read them; give one text",
  );
}

/** The folders of PATH in their order. Some are quoted, for a semicolon in their name. */
function searched(env: Readonly<Record<string, string>>): string[] {
  const root = variable(env, "SystemRoot") ?? "C:\\Windows";
  const path = variable(env, "PATH") ?? `${root}\\System32;${root}`;
  const entries = path.match(/(?:"[^"]*"?|[^;"])+/g) ?? [];
  return entries.map((entry) => entry.replaceAll('"', "").trim()).filter((entry) => entry !== "");
}

/** The name as it is where it has an extension, and with each that may be left out. */
function spellings(name: string, env: Readonly<Record<string, string>>): string[] {
  const extensions = (variable(env, "PATHEXT") ?? EXTENSIONS).toLowerCase().split(";")
    .map((extension) => extension.trim()).filter((extension) => RUNNABLE.test(extension));
  if (!extensions.includes(".exe")) extensions.push(".exe");
  const own = /[^\\/:]\.[^\\/:.]+$/.test(name) ? [name] : [];
  return [...own, ...extensions.map((extension) => name + extension)];
}

/** An absolute path, as far as Windows can tell: `c:x` is in that drive's own folder. */
function resolved(folder: string, file: string, cwd: string): string {
  if (/^([a-z]:|[\\/]{2})/i.test(file)) return file;
  if (/^[\\/]/.test(file)) return `${/^[a-z]:/i.exec(cwd)?.[0] ?? ""}${file}`;
  const absolute = /^([a-z]:[\\/]|[\\/]{2})/i.test(folder);
  return [...(absolute ? [] : [cwd]), folder, file].map((part) => part.replace(/[\\/]+$/, ""))
    .join("\\");
}

/** A variable in whichever letters it is written; the last one counts, as in the block it goes to. */
function variable(env: Readonly<Record<string, string>>, name: string): string | undefined {
  const wanted = name.toUpperCase();
  return Object.entries(env).findLast(([own]) => own.toUpperCase() === wanted)?.[1];
}

function fileAt(path: string): boolean {
  try {
    // Of the link itself first: the aliases of packaged programs lead to no file that can be looked
    // at, and can be run all the same.
    const { isFile, isSymlink } = Deno.lstatSync(path);
    return isFile || (isSymlink && Deno.statSync(path).isFile);
  } catch {
    return false; // Missing, or not for this user: it cannot be run either way.
  }
}
