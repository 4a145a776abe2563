/** Folders in which programs are started. */
import { NOT_THERE, unreadable } from "./text_file.ts";

/**
 * What to tell where no program can be started in a folder; `null` where one can. The error is of
 * the class by which Deno would tell it.
 *
 * @param action What cannot be done: `Cannot run "make"`.
 */
export function workingFolderError(action: string, path: string): Error | null {
  const because = (reason: string) => `${action} in "${path}": ${reason}`;
  try {
    if (!Deno.statSync(path).isDirectory) {
      return new Deno.errors.NotADirectory(because("it is a file, not a folder"));
    }
    // To be in it takes another right than to know of it: the one to ask of anything in there.
    // (Deno takes "." off a path.)
    isThere(`${path}/neverliie`);
    return null;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      return new Deno.errors.PermissionDenied(because("you have no right to go there"));
    }
    const { reason } = unreadable(path, error);
    const told = reason === NOT_THERE ? "there is no such folder" : reason;
    return new Deno.errors.NotFound(because(told), { cause: error });
  }
}

/** Whether there is something of that name. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
