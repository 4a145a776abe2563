import { join } from "@std/path";

/** Copies a folder, with the folders in it, to one that may be there already. */
export function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    const step = isDirectory ? copyFolder : Deno.copyFileSync;
    step(join(from, name), join(to, name));
  }
}
