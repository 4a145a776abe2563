/**
 * Modules by the places that they are in.
 *
 * @module
 */

/** The modules in a folder and below it, or the file itself. */
export function moduleFiles(path: string): string[] {
  if (Deno.statSync(path).isFile) return [path];
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
    isDirectory || /\.tsx?$/.test(name) ? moduleFiles(`${path}/${name}`) : []
  );
}
