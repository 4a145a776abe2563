/**
 * Bundles made small by esbuild, without its changes of syntax: those lose `using`.
 *
 * @module
 */
/**
 * Loaded by its name when something is made small, as no name in the code: its program is another one
 * on each system, and whoever imports this module without building need not have it.
 */
const ESBUILD = "esbuild";

/** What {@linkcode minify} makes. */
export interface Minified {
  code: string;
  /** The source map: where each place stood, in the words of the sources where the bundle tells. */
  map: string;
}

/** How a bundle is made small. */
export interface MinifyOptions {
  /** The bundle's name in the map. */
  file: string;
  /** Whether variables get short names; classes and functions tell their own names all the same. */
  identifiers: boolean;
  /** How long lines get, so that a place in a stack trace can be found; one line unless given. */
  lineLimit?: number;
  /** Names that others stand for. */
  define?: Readonly<Record<string, string>>;
  /** The engine to write for; one that knows all of the language unless given. */
  target?: string;
}

/** Takes spaces and comments out of a bundle, and long names where that is asked for. */
export async function minify(bundle: string, options: MinifyOptions): Promise<Minified> {
  const { transformSync }: typeof import("esbuild") = await import(ESBUILD);
  const { file, identifiers, lineLimit, define = {}, target = "esnext" } = options;
  // One process each time, which ends: a lasting one of esbuild's would outlive a build.
  const { code, map } = transformSync(withClassNames(bundle), {
    minifyWhitespace: true,
    minifyIdentifiers: identifiers,
    // What an error or a class tells of itself stays, whatever the variable is called then.
    keepNames: true,
    ...(lineLimit === undefined ? {} : { lineLimit }),
    // Unless asked for, nothing is rewritten for older engines: `using` stays as it is.
    target,
    define,
    format: "esm",
    legalComments: "none",
    sourcemap: "external",
    sourcefile: file,
  });
  return { code, map };
}

/**
 * The bundle with classes under their own names: of a class that speaks of itself the bundler makes
 * `var Name = class _Name`, which would then tell that it is a `_Name`.
 */
function withClassNames(bundle: string): string {
  const renamed = new Set(
    Array.from(bundle.matchAll(/\bvar (\w+) = class _\1\b/g), ([, name]) => `_${name}`),
  );
  if (renamed.size === 0) return bundle;
  const uses = new RegExp(`(?<![\\w$.#])(?:${[...renamed].join("|")})(?![\\w$])`, "g");
  return bundle.replace(uses, (name) => name.slice(1));
}
