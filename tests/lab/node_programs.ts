/**
 * Programs for Node and Bun, with the package of the library as npm would install it. They are made
 * before the tests begin: under Wine nothing could be packaged.
 *
 * @module
 */

import { basename, fromFileUrl, join } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { bundleModules } from "../../apps/build/compile.ts";
import { minify } from "../../apps/build/minify.ts";
import { NODE_MIN } from "../../apps/build/node_module.ts";
import { ownModuleFlags } from "../../lib/packages/module_flags.ts";
import { copyFolder } from "../support/run/copy_folder.ts";
import { LeftOut } from "../support/run/test_part.ts";
import type { Lab } from "./lab.ts";
import {
  BUN,
  KOFFI,
  KOFFI_LINUX,
  KOFFI_WINDOWS,
  npmPackage,
  type PinnedPackage,
  WINDOWS_NODE,
} from "./npm_package.ts";
import { pathInLab, windowsPath } from "./session.ts";

const checkout = fromFileUrl(new URL("../..", import.meta.url));
const SOURCES = join(checkout, "tests", "node", "programs");
/** What `deno task conformance` asks a host to offer. */
const FIXTURE = join(checkout, "examples", "conformance_host.ts");

/**
 * The variables for the tests of the library in Node and Bun.
 *
 * @param cleanup removes the programs
 * @param wine the lab, where the tests run under Wine
 * @param scripts scripts of the checkout that stand beside the programs
 * @throws {LeftOut} where those cannot run
 */
export async function nodeEnvironment(
  cleanup: AsyncDisposableStack,
  wine: Lab | null = null,
  scripts: readonly string[] = [FIXTURE],
): Promise<Record<string, string>> {
  if (Deno.build.target !== "x86_64-unknown-linux-gnu") {
    throw new LeftOut("koffi and Bun are pinned for Linux on x64");
  }
  const options = { prefix: "node-programs-", ...(wine === null ? {} : { dir: wine.folder }) };
  const folder = await Deno.makeTempDir(options);
  cleanup.defer(() => Deno.remove(folder, { recursive: true }));
  await makePrograms(folder, wine === null ? KOFFI_LINUX : KOFFI_WINDOWS, scripts);
  if (wine === null) {
    const bun = join(await npmPackage(BUN), "bin", "bun");
    return {
      NEVERLIIE_TEST_PROGRAMS: folder,
      NEVERLIIE_TEST_NODE: "node",
      NEVERLIIE_TEST_BUN: bun,
    };
  }
  const node = join(await npmPackage(WINDOWS_NODE), "bin", "node.exe");
  return {
    NEVERLIIE_TEST_PROGRAMS: windowsPath(pathInLab(wine, folder)),
    NEVERLIIE_TEST_NODE: windowsPath(pathInLab(wine, node)),
  };
}

/** Makes a folder "programs" with koffi beside them, and a folder "bare" without. */
async function makePrograms(
  folder: string,
  system: PinnedPackage,
  scripts: readonly string[],
): Promise<void> {
  const made = join(folder, "made");
  const flags = ["-A", "--no-check", ...ownModuleFlags()];
  const packaging = ["run", ...flags, join(checkout, "apps", "build", "package.ts")];
  await succeed(Deno.execPath(), [...packaging, "--out", made]);
  for (const name of ["programs", "bare"]) {
    copyFolder(SOURCES, join(folder, name));
    const library = join(folder, name, "node_modules", "@neverliie", "ipc");
    Deno.mkdirSync(library, { recursive: true });
    const archive = join(made, `neverliie-ipc-${config.version}.tgz`);
    await succeed("tar", ["-xzf", archive, "-C", library, "--strip-components=1"]);
  }
  for (const one of [KOFFI, system]) {
    copyFolder(await npmPackage(one), join(folder, "programs", "node_modules", one.name));
  }
  for (const script of scripts) await addScript(script, folder);
}

/** Puts a script of the checkout beside the programs, as JavaScript for Node. */
async function addScript(script: string, folder: string): Promise<void> {
  const external = ["@neverliie/ipc"];
  const [bundle] = await bundleModules([script], join(folder, "bundled"), { external });
  const file = basename(script).replace(/\.ts$/, ".mjs");
  const options = { file, identifiers: false, target: `node${NODE_MIN}` };
  const { code } = await minify(await Deno.readTextFile(bundle!), options);
  await Deno.writeTextFile(join(folder, "programs", file), code);
}

async function succeed(program: string, args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(`Cannot make programs: ${new TextDecoder().decode(stderr)}`);
}
