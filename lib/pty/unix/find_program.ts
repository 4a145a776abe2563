/** Which file a program's name means: what a shell would find, but told before anything starts. */
import { isAbsolute, join } from "@std/path";
import { workingFolderError } from "../../system/working_folder.ts";
import { missingProgram } from "../missing_program.ts";

/**
 * The path of the program.
 * @param name a path, or a name to look up in the PATH of `env`
 * @param cwd where relative paths begin
 * @throws {Deno.errors.NotFound} When there is none, or no such folder as `cwd`.
 * @throws {Deno.errors.NotADirectory} When `cwd` is a file.
 * @throws {Deno.errors.PermissionDenied} When either is there, and not for this user.
 */
export function findProgram(
  name: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): string {
  const folder = workingFolderError(`Cannot run "${name}"`, cwd);
  if (folder !== null) throw folder;
  const candidates = name.includes("/")
    ? [isAbsolute(name) ? name : join(cwd, name)]
    : (env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(":")
      .map((path) => join(isAbsolute(path) ? path : join(cwd, path), name));
  const kinds = candidates.map(kindOf);
  const at = kinds.indexOf("program");
  if (at >= 0) return candidates[at]!;
  if (kinds.some((kind) => kind !== null)) {
    throw new Deno.errors.PermissionDenied(
      `Cannot run "${name}": it is not a program, or may not be run`,
    );
  }
  throw missingProgram(name);
}

function kindOf(path: string): "program" | "file" | "folder" | null {
  try {
    const { isDirectory, mode } = Deno.statSync(path);
    if (isDirectory) return "folder";
    return ((mode ?? 0) & 0o111) === 0 ? "file" : "program";
  } catch {
    // Missing, or in a folder that this user may not look into: none for this user either way.
    return null;
  }
}
