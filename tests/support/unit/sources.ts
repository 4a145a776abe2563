/**
 * The sources of lib and apps, and who imports whom, for the tests that hold the house's arrows.
 *
 * @module
 */

const checkout = new URL("../../../", import.meta.url);

/** One import or re-export. */
export interface Import {
  /** As written. */
  specifier: string;
  /** The file it leads to, from the checkout's root; `null` for a package. */
  file: string | null;
  /** Whether nothing of it is left at run time. */
  typeOnly: boolean;
  /** Whether it is loaded when it is needed, by `import("…")`. */
  late: boolean;
}

export interface SourceFile {
  text: string;
  /** Without comments. */
  code: string;
  imports: Import[];
}

function readSources(folder: string, into = new Map<string, SourceFile>()) {
  for (const entry of Deno.readDirSync(new URL(`${folder}/`, checkout))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) readSources(path, into);
    else if (/\.tsx?$/.test(entry.name)) {
      const text = Deno.readTextFileSync(new URL(path, checkout)).replaceAll("\r\n", "\n");
      const code = text.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, "");
      into.set(path, { text, code, imports: importsOf(path, code) });
    }
  }
  return into;
}

function importsOf(path: string, code: string): Import[] {
  const imports: Import[] = [];
  const add = (specifier: string, clause: string, late = false) => {
    const url = new URL(specifier, new URL(path, checkout));
    const file = /^\.{1,2}\//.test(specifier) ? url.href.slice(checkout.href.length) : null;
    const names = /^(?:import|export)\s*\{([^}]*)\}/.exec(clause)?.[1]?.split(",")
      .map((name) => name.trim()).filter((name) => name !== "");
    const typeOnly = /^(import|export)\s+type\b/.test(clause) ||
      (names !== undefined && names.every((name) => name.startsWith("type ")));
    imports.push({ specifier, file, typeOnly, late });
  };
  const statement = /^((?:import|export)\b[^;"']*?)\bfrom\s*"([^"]+)"/gm;
  for (const [, clause, specifier] of code.matchAll(statement)) add(specifier!, clause!);
  for (const [, specifier] of code.matchAll(/^import\s*"([^"]+)"/gm)) add(specifier!, "import");
  for (const [, specifier] of code.matchAll(/\bimport\(\s*"([^"]+)"/g)) {
    add(specifier!, "import", true);
  }
  return imports;
}

export const sources: ReadonlyMap<string, SourceFile> = new Map([
  ...readSources("lib"),
  ...readSources("apps"),
]);

/** Imports of the files whose path passes, as `from -> to`, where `allowed` says no. */
export function breaches(
  from: (path: string) => boolean,
  allowed: (found: Import, path: string) => boolean,
): string[] {
  return [...sources].filter(([path]) => from(path)).flatMap(([path, { imports }]) =>
    imports.filter((found) => !allowed(found, path)).map((found) =>
      `${path} -> ${found.file ?? found.specifier}`
    )
  );
}
