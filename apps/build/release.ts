/**
 * `deno task release`: archives for every target, checksums, what changed, and what is in them. See
 * HELP.
 *
 * @module
 */
import { basename, join, relative, resolve } from "@std/path";
import { ensureDir } from "@std/fs";
import { PROGRAMS } from "../programs.ts";
import { VERSION } from "../version.ts";
import { archiveTarget } from "./archive.ts";
import { parseArguments } from "./arguments.ts";
import { buildAll } from "./build.ts";
import { changesOf } from "./changes.ts";
import { CHECKOUT } from "./compile.ts";
import { sha256OfFile } from "../manifest.ts";
import { billOfMaterials } from "./sbom.ts";
import { TARGETS } from "./targets.ts";

const HELP = `deno task release [--target TRIPLE|all …] [--out DIR] [--denort TARGET=PATH …]

Builds every program for every target unless told, and writes into dist/release:

  neverliie-${VERSION}-<target>.zip or .tar.gz   the programs of each target
  neverliie-${VERSION}.cdx.json                  what is in them (CycloneDX 1.6)
  CHANGES.md                                the section of docs/CHANGELOG.md for this version
  SHA256SUMS                                of all of these; check with "sha256sum -c"

The version is the one of deno.json. Options are those of "deno task build"; see its --help. A target
that fails is left out, and the exit code is 1 then.
`;

/** Releases what the command line asks for. */
async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const targeted = args.some((arg) => arg.startsWith("--target"));
  const request = parseArguments(targeted ? args : [...args, "--target", "all"]);
  if (request.apps.length !== Object.keys(PROGRAMS).length) {
    throw new TypeError("Cannot release some programs without the others: leave --app out");
  }
  const changes = await changesOf(VERSION, join(CHECKOUT, "docs", "CHANGELOG.md"));
  const results = await buildAll(request);
  const failed = new Set(
    results.filter(({ error }) => error !== null).map(({ target }) => target),
  );
  const folder = resolve(request.out, "release");
  await ensureDir(folder);
  for await (const { name } of Deno.readDir(folder)) await Deno.remove(join(folder, name));
  const files: string[] = [];
  for (const target of request.targets.filter((target) => !failed.has(target))) {
    const archive = await archiveTarget(request.out, target);
    const path = join(folder, basename(archive));
    await Deno.rename(archive, path);
    files.push(path);
  }
  if (files.length === 0) throw new Error("Cannot release: no target could be built");
  const bill = join(folder, `neverliie-${VERSION}.cdx.json`);
  await Deno.writeTextFile(bill, await billOfMaterials(request.compiler?.version));
  await Deno.writeTextFile(join(folder, "CHANGES.md"), changes);
  files.push(bill, join(folder, "CHANGES.md"));
  const sums = await Promise.all(
    files.map(async (path) => `${await sha256OfFile(path)}  ${basename(path)}\n`),
  );
  await Deno.writeTextFile(join(folder, "SHA256SUMS"), sums.join(""));
  for (const path of files) console.log(relative(Deno.cwd(), path));
  for (const target of failed) console.error(`Not released: ${target} (${TARGETS[target]})`);
  return failed.size === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(error instanceof TypeError ? 2 : 1);
  }
}
