/**
 * `deno task build`: compiles the suite's programs into executables. See HELP.
 *
 * @module
 */
import { join, relative, resolve } from "@std/path";
import { PROGRAMS } from "./apps/programs.ts";
import { archiveTarget } from "./apps/build/archive.ts";
import { buildAll, type BuildRequest } from "./apps/build/build.ts";
import { CHECKOUT } from "./apps/build/compile.ts";
import { readManifest } from "./apps/manifest.ts";
import { measureStart } from "./apps/build/measure.ts";
import { TARGETS } from "./apps/build/targets.ts";

export {
  CompileError,
  type CompileOptions,
  compileProgram,
  RuntimeMissingError,
} from "./apps/build/compile.ts";

const HELP = `deno task build [--target TRIPLE|all …] [--app NAME …] [OPTION …]

Compiles the programs into dist/<target>/, each with the permissions of apps/programs.ts, and writes
manifest.json beside them. What has not changed since is not built again.

  --target TRIPLE   the system to build for; this one (${Deno.build.target})
                    unless given; repeatable; "all" are:
${
  Object.entries(TARGETS).map(([target, name]) =>
    `                      ${target.padEnd(27)}${name}`
  )
    .join("\n")
}
  --app NAME        only this program: ${Object.keys(PROGRAMS).join(", ")}; repeatable
  --out DIR         instead of dist
  --archive         also pack each target's programs: .zip for Windows, .tar.gz for the others
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

/** What the command line asks for. */
interface Arguments extends BuildRequest {
  archive: boolean;
  measure: boolean;
}

/** @throws {TypeError} that says what is wrong with the arguments. */
export function parseArguments(args: readonly string[]): Arguments {
  const targets: string[] = [];
  const apps: string[] = [];
  const denort = new Map<string, string>();
  const request = { out: join(CHECKOUT, "dist"), force: false, archive: false, measure: false };
  let jobs: number | undefined;
  const rest = args.flatMap((arg) => {
    const at = arg.startsWith("--") ? arg.indexOf("=") : -1;
    return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
  });
  const valueOf = (option: string): string => {
    const value = rest.shift();
    if (!value) throw new TypeError(`Cannot build: "${option}" needs a value`);
    return value;
  };
  while (rest.length > 0) {
    const option = rest.shift()!;
    switch (option) {
      case "--force":
      case "--archive":
      case "--measure":
        request[option.slice(2) as "force" | "archive" | "measure"] = true;
        break;
      case "--target": {
        const target = valueOf(option);
        targets.push(...target === "all" ? Object.keys(TARGETS) : [checkTarget(target)]);
        break;
      }
      case "--app":
        apps.push(checkApp(valueOf(option)));
        break;
      case "--out":
        request.out = resolve(valueOf(option));
        break;
      case "--jobs":
        jobs = Number(valueOf(option));
        if (!Number.isSafeInteger(jobs) || jobs < 1) {
          throw new TypeError('Cannot build: "--jobs" takes a whole number of at least 1');
        }
        break;
      case "--denort": {
        const [target = "", ...path] = valueOf(option).split("=");
        // "--denort=T=P" was split at its first sign, "--denort T=P" was not split at all.
        denort.set(checkTarget(target), resolve(path.join("=")));
        break;
      }
      default:
        throw new TypeError(`Cannot understand "${option}": see deno task build --help`);
    }
  }
  if (targets.length === 0) targets.push(Deno.build.target);
  const variable = Deno.env.get("DENORT_BIN");
  if (variable) {
    if (targets.length > 1) {
      throw new TypeError(
        "Cannot build several targets with one DENORT_BIN: give each its own by --denort",
      );
    }
    denort.set(targets[0]!, resolve(variable));
    Deno.env.delete("DENORT_BIN");
  }
  for (const path of denort.values()) checkFile(path);
  return {
    ...request,
    targets: [...new Set(targets)],
    apps: apps.length > 0 ? [...new Set(apps)] : Object.keys(PROGRAMS),
    denort,
    ...(jobs === undefined ? {} : { jobs }),
  };
}

function checkTarget(target: string): string {
  if (Object.hasOwn(TARGETS, target)) return target;
  const known = Object.keys(TARGETS).join(", ");
  throw new TypeError(`Cannot build for "${target}": there are ${known}`);
}

function checkApp(app: string): string {
  if (Object.hasOwn(PROGRAMS, app)) return app;
  throw new TypeError(`Cannot build "${app}": there are ${Object.keys(PROGRAMS).join(", ")}`);
}

function checkFile(path: string): void {
  try {
    if (Deno.statSync(path).isFile) return;
  } catch (error) {
    throw new TypeError(`Cannot use "${path}" as a runtime: ${(error as Error).message}`);
  }
  throw new TypeError(`Cannot use "${path}" as a runtime: it is not a file`);
}

/** Prints what each executable weighs, and what it takes to start where it runs here. */
async function printMeasures({ targets, out }: Arguments): Promise<void> {
  for (const target of targets) {
    const manifest = await readManifest(join(out, target));
    for (const { name, file, size, payload } of manifest?.programs ?? []) {
      const start = target === Deno.build.target
        ? `${(await measureStart(join(out, target, file))).toFixed(0)} ms`
        : "not measured here";
      const own = payload === null ? "not bundled" : `${(payload / 1e3).toFixed(0)} kB`;
      console.log(`${target}  ${name}  ${(size / 1e6).toFixed(1)} MB  own code ${own}  ${start}`);
    }
  }
}

/** Builds what the command line asks for; the exit code says whether all of it was made. */
async function main(args: string[]): Promise<number> {
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
  if (request.archive) {
    for (const target of request.targets) {
      // An archive that lacks a program would look whole.
      if (failed.has(target)) continue;
      const path = await archiveTarget(request.out, target);
      const size = ((await Deno.stat(path)).size / 1e6).toFixed(1);
      console.log(`${relative(Deno.cwd(), path)}  ${size} MB`);
    }
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

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
