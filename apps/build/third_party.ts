/**
 * What of others is in the executables: Deno's runtime, and the packages whose code the bundles
 * hold. The bundler notes each module's file above its code; what is imported for its types alone,
 * or never reached, is not there.
 *
 * @module
 */
import { walk } from "@std/fs";
import { join, resolve } from "@std/path";
import { loadedModules, PROGRAMS, SUITE } from "../programs.ts";
import { bundleModules, CHECKOUT } from "./compile.ts";
import { moduleGraph } from "./hash.ts";

/** One package. */
export interface Package {
  /** With its scope. */
  name: string;
  version: string;
  registry: "npm" | "jsr";
  /** As the package says it: an SPDX identifier or expression; `null` where it does not. */
  license: string | null;
  /** The licence's own words; `null` where the package does not bring them. */
  licenseText: string | null;
}

/** Above a module from the cache: `// …/npm/<registry>/<name>/<version>/…`. */
const NPM_MODULE = /^\s*\/\/ (.*\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\/(\d[^/]*))\/\S+$/gm;
const JSR_MODULE = /https:\/\/jsr\.io\/(@[^/]+\/[^/]+)\/(\d[^/]*)\//g;

/**
 * The packages in the executables, in the order of their names.
 *
 * @param apps programs that are built each by itself; none for all as one executable
 */
export async function bundledPackages(apps: readonly string[] = []): Promise<Package[]> {
  const found = new Map<string, Package>();
  for (const program of apps.length === 0 ? [SUITE] : apps.map((app) => PROGRAMS[app]!)) {
    const modules = [program.entry, ...loadedModules(program)];
    for (const text of await bundlesOf(modules.map((path) => join(CHECKOUT, path)))) {
      await packagesIn(text, found);
    }
    // Those are compiled with all that they import.
    for (const worker of program.workers) {
      const { modules } = await moduleGraph(join(CHECKOUT, worker));
      addFromJsr(found, modules.map(({ specifier }) => specifier).join("\n"));
    }
  }
  return [...found].sort(([a], [b]) => a < b ? -1 : 1).map(([, one]) => one);
}

/** The packages whose code is in a bundle, added to those that were `found` before. */
export async function packagesIn(
  bundle: string,
  found: Map<string, Package> = new Map(),
): Promise<Map<string, Package>> {
  for (const [, folder, name, version] of bundle.matchAll(NPM_MODULE)) {
    const key = `npm:${name}@${version}`;
    if (!found.has(key)) found.set(key, await npmPackage(resolve(folder!), name!, version!));
  }
  addFromJsr(found, bundle);
  return found;
}

async function bundlesOf(modules: readonly string[]): Promise<string[]> {
  const folder = await Deno.makeTempDir({ prefix: "neverliie-third-party-" });
  try {
    await bundleModules(modules, folder);
    const files = await Array.fromAsync(walk(folder, { includeDirs: false }));
    return await Promise.all(files.map(({ path }) => Deno.readTextFile(path)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function addFromJsr(found: Map<string, Package>, text: string): void {
  for (const [, name, version] of text.matchAll(JSR_MODULE)) {
    const none = { license: null, licenseText: null };
    found.set(`jsr:${name}@${version}`, {
      ...{ name: name!, version: version!, registry: "jsr", ...none },
    });
  }
}

async function npmPackage(folder: string, name: string, version: string): Promise<Package> {
  const { license } = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
  const file = [...Deno.readDirSync(folder)].map(({ name }) => name).sort()
    .find((name) => /^licen[cs]e/i.test(name));
  return {
    ...{ name, version, registry: "npm" },
    license: typeof license === "string" ? license : null,
    licenseText: file === undefined ? null : await Deno.readTextFile(join(folder, file)),
  };
}

/** The packages with their licences, for people. */
export function noticesOf(packages: readonly Package[], head: string): string {
  const line = "-".repeat(80);
  const parts = packages.map(({ name, version, registry, license, licenseText }) =>
    `${line}\n${name} ${version} (${registry}), ${license ?? "licence not named"}\n\n` +
    (licenseText?.replaceAll("\r\n", "\n").trim() ?? "The package brings no text of its licence.")
  );
  return [head, ...parts, ""].join("\n\n");
}

/** Writes {@linkcode noticesOf} into the folder. @returns the file's path */
export async function writeNotices(
  folder: string,
  packages: readonly Package[],
  deno: string = Deno.version.deno,
): Promise<string> {
  const path = join(folder, "THIRD-PARTY.txt");
  const head = "What of others is in these executables.\n\n" +
    `Deno ${deno}, MIT: https://github.com/denoland/deno/blob/v${deno}/LICENSE.md`;
  await Deno.writeTextFile(path, noticesOf(packages, head));
  return path;
}
