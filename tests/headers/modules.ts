/**
 * The modules of lib/, apps/ and the checklist that deal with Windows' functions and structures.
 *
 * @module
 */
import { dirname, fromFileUrl, join } from "@std/path";
import { isWindowsLibrary, loadings, strayLoadings } from "./libraries.ts";
import { parse, type Syntax } from "./syntax.ts";

/** The checklist calls Windows, too, where nobody has seen it yet. */
const FOLDERS = ["lib", "apps", "tests/checklist"];

const checkout = fromFileUrl(new URL("../..", import.meta.url));

/** Path from the checkout's root, with "/", and text of every module below `folder`. */
function* sources(folder: string): Generator<[path: string, text: string]> {
  for (const { name, isDirectory } of Deno.readDirSync(join(checkout, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sources(path);
    else if (/\.tsx?$/.test(name)) yield [path, Deno.readTextFileSync(join(checkout, path))];
  }
}

/** Whether the module's name says that it is for Windows alone. */
function isForWindows(path: string): boolean {
  return /\/windows\/|_windows\.tsx?$/.test(path);
}

/** Whether the module loads a library of Windows, or one that cannot be told. */
function loads(syntax: Syntax): boolean {
  return strayLoadings(syntax).length > 0 ||
    loadings(syntax).some(({ libraries }) => libraries?.some(isWindowsLibrary) ?? true);
}

/** `kernel32.ts` of a module that loads kernel32.dll: others import the bound functions from it. */
function binds({ path, text }: Syntax): boolean {
  const name = /([^/]+)\.ts$/.exec(path)?.[1] ?? "";
  return text.includes(`"${name}.dll"`);
}

/** Whether the module takes functions from one of those that bind them. */
function uses({ path, imports }: Syntax, bound: ReadonlySet<string>): boolean {
  return imports.some(({ source, importKind }) =>
    importKind !== "type" && bound.has(join(dirname(path), source.value))
  );
}

/**
 * The modules whose numbers may be Windows': those that are for Windows alone by their name, those
 * that load a library, and those that import what a module binds that is named as its library.
 */
export function windowsModules(): Map<string, Syntax> {
  const all = FOLDERS.flatMap((folder) => [...sources(folder)]);
  // Only these can be it; parsing all of them would take longer than checking.
  const candidates = all.filter(([path, text]) =>
    isForWindows(path) || /dlopen|\w(32|dll)\.ts"/.test(text)
  ).map(([path, text]) => parse(path, text));
  const bound = new Set(candidates.filter(binds).map(({ path }) => path));
  return new Map(
    candidates.filter((syntax) => isForWindows(syntax.path) || loads(syntax) || uses(syntax, bound))
      .map((syntax) => [syntax.path, syntax]),
  );
}
