/**
 * `deno task release`: archives for every target, checksums, what changed, and what is in them. See
 * HELP.
 *
 * @module
 */
import { basename, join, relative, resolve } from "@std/path";
import { ensureDir, exists } from "@std/fs";
import { VERSION } from "../version.ts";
import { archiveTarget } from "./archive.ts";
import { parseArguments } from "./arguments.ts";
import { buildAll, type BuildRequest } from "./build.ts";
import { changesOf } from "./changes.ts";
import { checklistNoteOf } from "./checklist.ts";
import { CHECKOUT } from "./compile.ts";
import { sha256OfFile } from "../manifest.ts";
import { billOfMaterials } from "./sbom.ts";
import { TARGETS } from "./targets.ts";
import { bundledPackages, writeNotices } from "./third_party.ts";

const HELP = `deno task release [--target TRIPLE|all …] [--out DIR] [--denort TARGET=PATH …]

Builds the suite for every target unless told, and writes into dist/release:

  neverliie-${VERSION}-<target>.zip or .tar.gz   the programs of each target, as one executable
  neverliie-${VERSION}.cdx.json                  what is in them (CycloneDX 1.6)
  THIRD-PARTY.txt                           the licences of what is in them; in the archives, too
  CHANGES.md                                the section of docs/CHANGELOG.md for this version, and
                                            what docs/windows-checklist.md came to last
  SHA256SUMS                                of all of these; check with "sha256sum -c"

The version is the one of deno.json. Options are those of "deno task build"; see its --help. A target
that fails is left out, and the exit code is 1 then.
`;

/** What came of a release. */
export interface Released {
  folder: string;
  /** The files in the folder, by their names. */
  files: string[];
  /** Targets that are left out, because a program of theirs could not be built. */
  failed: string[];
}

/**
 * Builds, packs and describes.
 *
 * @throws {TypeError} where the changelog does not describe the version
 * @throws {Error} where nothing at all could be built
 */
export async function release(request: BuildRequest): Promise<Released> {
  const changes = await changesOf(VERSION, join(CHECKOUT, "docs", "CHANGELOG.md"));
  const windows = await checklistNoteOf(CHECKOUT);
  const results = await buildAll(request);
  const failed = request.targets.filter((target) =>
    results.some((one) => one.target === target && one.error !== null)
  );
  const made = request.targets.filter((target) => !failed.includes(target));
  if (made.length === 0) throw new Error("Cannot release: no target could be built");
  const folder = resolve(request.out, "release");
  if (await exists(folder)) await Deno.remove(folder, { recursive: true });
  await ensureDir(folder);
  const deno = request.compiler?.version ?? Deno.version.deno;
  const packages = await bundledPackages(request.apps);
  const notices = await writeNotices(folder, packages, deno);
  const bill = join(folder, `neverliie-${VERSION}.cdx.json`);
  await Deno.writeTextFile(bill, billOfMaterials(packages, deno));
  const described = join(folder, "CHANGES.md");
  await Deno.writeTextFile(described, `${changes}\n${windows}`);
  const archives: string[] = [];
  for (const target of made) {
    console.error(`packing ${target}`);
    const archive = await archiveTarget(request.out, target, notices);
    archives.push(join(folder, basename(archive)));
    await Deno.rename(archive, archives.at(-1)!);
  }
  const paths = [...archives, bill, notices, described];
  const sums: string[] = [];
  for (const path of paths) sums.push(`${await sha256OfFile(path)}  ${basename(path)}\n`);
  await Deno.writeTextFile(join(folder, "SHA256SUMS"), sums.join(""));
  return { folder, files: [...paths.map((path) => basename(path)), "SHA256SUMS"], failed };
}

/** Releases what the command line asks for. */
async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const targeted = args.some((arg) => arg.startsWith("--target"));
  const request = parseArguments(targeted ? args : [...args, "--target", "all"]);
  if (request.apps.length > 0) {
    throw new TypeError("Cannot release some programs without the others: leave --app out");
  }
  const { folder, files, failed } = await release(request);
  for (const name of files) {
    const size = ((await Deno.stat(join(folder, name))).size / 1e6).toFixed(1);
    console.log(`${relative(Deno.cwd(), join(folder, name))}  ${size} MB`);
  }
  for (const target of failed) console.error(`Not released: ${target} (${TARGETS[target]})`);
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(error instanceof TypeError ? 2 : 1);
  }
}
