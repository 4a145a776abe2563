/**
 * `deno task build`: compiles the suite's programs into executables. See HELP.
 *
 * @module
 */
import { join, relative } from "@std/path";
import { PROGRAMS } from "./apps/programs.ts";
import { archiveTarget } from "./apps/build/archive.ts";
import { type Arguments, parseArguments } from "./apps/build/arguments.ts";
import { buildAll } from "./apps/build/build.ts";
import { namesOf, readManifest } from "./apps/manifest.ts";
import { measureStart } from "./apps/build/measure.ts";
import { TARGETS } from "./apps/build/targets.ts";
import { bundledPackages, writeNotices } from "./apps/build/third_party.ts";
import { runTask } from "./apps/build/task.ts";

export {
  CompileError,
  type CompileOptions,
  compileProgram,
  RuntimeMissingError,
} from "./apps/build/compile.ts";

const HELP = `deno task build [--target TRIPLE|all …] [--app NAME …] [OPTION …]

Compiles the suite into dist/<target>/: one executable, by the name of each program, with the
permissions of apps/programs.ts, and manifest.json beside it. What has not changed since is not built
again.

  --target TRIPLE   the system to build for; this one (${Deno.build.target})
                    unless given; repeatable; "all" are:
${
  Object.entries(TARGETS).map(([target, name]) =>
    `                      ${target.padEnd(27)}${name}`
  )
    .join("\n")
}
  --app NAME        this program by itself: ${Object.keys(PROGRAMS).join(", ")}; repeatable
  --out DIR         instead of dist
  --archive         also pack what is built for each target: .zip for Windows, .tar.gz for the others
  --measure         also print the size of each executable and, for this system, how long
                    "--help" takes (median of 9 starts)
  --force           build again what has not changed
  --jobs N          compile N programs at once; by default as many as processors and memory allow
  --denort TARGET=PATH
                    the runtime (denort) to use for a target, of exactly this Deno's version;
                    repeatable. Deno downloads those that are not given, once. DENORT_BIN in the
                    environment does the same where one target is built
  --help            show this

A target that fails does not stop the others. Exit codes: 0 all made, 1 something failed,
2 wrong usage.
`;

/** Prints what each executable weighs, and what it takes to start where it runs here. */
async function printMeasures({ targets, out }: Arguments): Promise<void> {
  for (const target of targets) {
    const manifest = await readManifest(join(out, target));
    for (const program of manifest?.programs ?? []) {
      const { size, payload } = program;
      const own = payload === null ? "not bundled" : `${(payload / 1e3).toFixed(0)} kB`;
      console.log(`${target}  ${program.file}  ${(size / 1e6).toFixed(1)} MB  own code ${own}`);
      for (const { name, file } of namesOf(program)) {
        const start = target === Deno.build.target
          ? `${(await measureStart(join(out, target, file))).toFixed(0)} ms`
          : "not measured here";
        console.log(`${target}  ${name}  ${start}`);
      }
    }
  }
}

/** Builds what the command line asks for; the exit code says whether all of it was made. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const request = parseArguments(args);
  const results = await buildAll(request);
  const failed = new Set(
    results.filter(({ outcome }) => outcome === "failed")
      .map(({ target }) => target),
  );
  if (request.archive && failed.size < request.targets.length) {
    const notices = await writeNotices(request.out, await bundledPackages(request.apps));
    for (const target of request.targets) {
      // An archive that lacks a program would look whole.
      if (failed.has(target)) continue;
      const path = await archiveTarget(request.out, target, notices);
      const size = ((await Deno.stat(path)).size / 1e6).toFixed(1);
      console.log(`${relative(Deno.cwd(), path)}  ${size} MB`);
    }
    await Deno.remove(notices);
  }
  if (request.measure) await printMeasures(request);
  const count = (outcome: string) => results.filter((one) => one.outcome === outcome).length;
  console.log(
    `In ${relative(Deno.cwd(), request.out) || "."}: ${count("made")} made, ` +
      `${count("unchanged")} unchanged, ${count("failed")} failed`,
  );
  const nothing = request.targets.filter((target) =>
    results.every((one) => one.target !== target || one.outcome === "failed")
  );
  if (nothing.length > 0) console.error(`Nothing was built for ${nothing.join(", ")}`);
  return count("failed") === 0 ? 0 : 1;
}

if (import.meta.main) await runTask(main);
