/**
 * Executables for the compiled suites.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { walk } from "@std/fs";
import { linkFile } from "../../apps/program_file.ts";
import { SUITE } from "../../apps/programs.ts";
import { VERSION } from "../../apps/version.ts";
import { type CompileOptions, compileProgram } from "../../build.ts";
import { bundleProgram, compileModule } from "../../apps/build/compile.ts";
import { namesOf, readManifest, sha256OfFile, writeManifest } from "../../apps/manifest.ts";
import { buildAll, type BuildRequest } from "../../apps/build/build.ts";
import { executableName } from "../../apps/build/targets.ts";
import { type Lab, TARGETS, VERSIONS } from "./lab.ts";

const checkout = fromFileUrl(new URL("../..", import.meta.url));

/** The lab's compiler: its environment, and the runtime for each of {@linkcode TARGETS}. */
export function labCompiler(lab: Lab): Required<Pick<BuildRequest, "compiler" | "denort">> {
  return {
    compiler: {
      deno: lab.compiler,
      version: VERSIONS.compiler.split("@").at(-1)!,
      env: {
        DENO_DIR: lab.compilerDenoDir,
        // this version does not look at the system's certificates by itself
        DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "mozilla,system",
      },
    },
    denort: new Map([
      [TARGETS.linux, lab.linuxRuntime],
      [TARGETS.windows, lab.windowsRuntime],
    ]),
  };
}

/** Compiles for one of {@linkcode TARGETS}, with the lab's compiler and its runtime for it. */
export async function compileForLab(
  lab: Lab,
  options: Omit<CompileOptions, "deno" | "denort" | "env">,
): Promise<void> {
  const { compiler: { deno, env }, denort } = labCompiler(lab);
  await compileProgram({
    ...options,
    deno,
    env,
    denort: denort.get(options.target ?? Deno.build.target)!,
  });
}

/**
 * Builds the suite as `deno task build` does, and every fixture program of the
 * tests: `tests/support/programs/<name>_app.ts` becomes `<name>_app` with the modules
 * `tests/support/programs/*_worker.ts` in it, and `<name>_view.ts` `<name>_view`. Without a lab, the running Deno compiles.
 *
 * @returns the folder that holds them, below `out`
 * @throws {CompileError}
 */
export async function buildTestPrograms(
  lab: Lab | null,
  out: string,
  target: string = Deno.build.target,
): Promise<string> {
  const tools = lab === null ? { denort: new Map<string, string>() } : labCompiler(lab);
  const results = await buildAll({ targets: [target], apps: [], out, force: false, ...tools });
  for (const { error } of results) if (error !== null) throw error;
  const folder = join(out, target);
  const support = join(checkout, "tests", "support", "programs");
  const names = (await Array.fromAsync(Deno.readDir(support))).map(({ name }) => name).sort();
  const include = names.filter((name) => name.endsWith("_worker.ts"))
    .map((name) => join(support, name));
  // The fixtures collect garbage when they are asked how much memory they use.
  const permissions = ["-A", "--v8-flags=--expose-gc"];
  for (const name of names.filter((name) => /_(app|view)\.ts$/.test(name))) {
    const output = join(folder, executableName(name.replace(/\.ts$/, ""), target));
    // A view loads no workers, and is bundled as the programs with views are.
    const own = name.endsWith("_app.ts") ? { permissions, include } : {};
    const options = { entry: join(support, name), output, target, ...own };
    await (lab === null ? compileProgram(options) : compileForLab(lab, options));
  }
  await buildNextVersion(lab, folder, target);
  return folder;
}

/** The version that {@linkcode buildNextVersion} makes. */
export const NEXT_VERSION = "99.0.0-next";

/**
 * Builds the suite once more, as a later version, into `next` of the folder, with a manifest: what
 * tests upgrade to.
 */
async function buildNextVersion(lab: Lab | null, folder: string, target: string): Promise<void> {
  const next = join(folder, "next");
  const stage = await Deno.makeTempDir({ prefix: "neverliie-next-" });
  const manifest = (await readManifest(folder))!;
  const programs = [];
  try {
    const { entry, bundled = [], permissions } = SUITE;
    const { modules: [main, ...include] } = await bundleProgram({
      entry: join(checkout, entry),
      bundled: bundled.map((path) => join(checkout, path)),
    }, stage);
    await tellVersion(stage, NEXT_VERSION);
    for (const built of manifest.programs) {
      const output = join(next, built.file);
      const tools = lab === null ? null : labCompiler(lab);
      const denort = tools?.denort.get(target);
      await compileModule(main!, ["--no-config"], {
        ...{ entry, output, target, permissions, include },
        ...(tools === null ? {} : { deno: tools.compiler.deno, env: tools.compiler.env }),
        ...(denort === undefined ? {} : { denort }),
      });
      for (const { file } of namesOf(built).slice(1)) await linkFile(output, join(next, file));
      const { size } = await Deno.stat(output);
      programs.push({ ...built, sha256: await sha256OfFile(output), size });
    }
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
  await writeManifest(next, { ...manifest, version: NEXT_VERSION, programs });
}

/** Has a bundle tell another version. */
async function tellVersion(folder: string, version: string): Promise<void> {
  let changed = 0;
  for await (const { path } of walk(folder, { includeDirs: false })) {
    const text = await Deno.readTextFile(path);
    const told = text.replace(`version:"${VERSION}"`, `version:"${version}"`);
    if (told !== text) changed++;
    await Deno.writeTextFile(path, told);
  }
  if (changed !== 1) throw new Error(`Cannot make another version: ${changed} files tell one`);
}
