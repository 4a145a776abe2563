/**
 * Where a new program has the library from: from JSR, or from a package in a file, which is unpacked
 * beside the program, because Deno takes no package from a file.
 *
 * @module
 */
import { VERSION } from "../../version.ts";
import { UsageError } from "../exit.ts";
import { readTarball } from "./tarball.ts";

/** The library, and the kit to test with. */
const NAMES = { ".": "@neverliie/ipc", "./testing": "@neverliie/ipc/testing" } as const;

/** Where the files of the package go, in the program's folder. */
const FOLDER = "vendor/neverliie-ipc";

/** What a program needs to import the library. */
export interface Library {
  /** For the program's deno.json. */
  imports: Record<string, string>;
  /** By their places in the program's folder, with "/". */
  files: Map<string, Uint8Array>;
}

/** From JSR, in this program's own version. */
export function libraryOfJsr(): Library {
  const imports = Object.entries(NAMES)
    .map(([part, name]) => [name, `jsr:@neverliie/ipc@^${VERSION}${part.slice(1)}`]);
  return { imports: Object.fromEntries(imports), files: new Map() };
}

/** From a file that `deno task package` made. @throws {UsageError} why it is none */
export async function libraryOfFile(path: string): Promise<Library> {
  try {
    const files = await readTarball(path);
    const { name, exports } = manifestOf(files);
    if (name !== NAMES["."]) throw new Error(`it is "${name}", not "${NAMES["."]}"`);
    const imports = Object.entries(NAMES).map(([part, name]) => {
      const { deno, default: any } = exports?.[part] ?? {};
      const file = (deno ?? any)?.replace(/^\.\//, "");
      if (file === undefined || !files.has(file)) throw new Error(`it has no "${name}"`);
      return [name, `./${FOLDER}/${file}`];
    });
    return {
      imports: Object.fromEntries(imports),
      files: new Map([...files].map(([name, bytes]) => [`${FOLDER}/${name}`, bytes])),
    };
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new UsageError(
      `Cannot take the library from "${path}": ${why}. ` +
        `Give the .tgz that deno task package makes, or leave out --library to have it from JSR`,
      { cause: error },
    );
  }
}

interface Manifest {
  name?: string;
  exports?: Record<string, { deno?: string; default?: string } | undefined>;
}

function manifestOf(files: ReadonlyMap<string, Uint8Array>): Manifest {
  const bytes = files.get("package.json");
  if (bytes === undefined) throw new Error("it has no package.json");
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Manifest;
  } catch {
    throw new Error("its package.json cannot be read");
  }
}
