/**
 * The arguments of `deno task build` and `deno task release`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { join, resolve } from "@std/path";
import { PROGRAMS } from "../programs.ts";
import type { BuildRequest } from "./build.ts";
import { CHECKOUT } from "./compile.ts";
import { TARGETS } from "./targets.ts";

/** What the command line asks for. */
export interface Arguments extends BuildRequest {
  /** Whether each target's programs are packed, too. */
  archive: boolean;
  /** Whether sizes and starts are measured and printed. */
  measure: boolean;
}

const OPTIONS = {
  target: { type: "string", multiple: true },
  app: { type: "string", multiple: true },
  out: { type: "string" },
  jobs: { type: "string" },
  denort: { type: "string", multiple: true },
  force: { type: "boolean" },
  archive: { type: "boolean" },
  measure: { type: "boolean" },
} as const;

/** @throws {TypeError} that says what is wrong with the arguments. */
export function parseArguments(args: readonly string[]): Arguments {
  const { target = [], app = [], denort = [], ...said } = optionsOf(args);
  const targets = target.flatMap((one) => one === "all" ? Object.keys(TARGETS) : checkTarget(one));
  if (targets.length === 0) targets.push(Deno.build.target);
  return {
    targets: [...new Set(targets)],
    apps: [...new Set(app.map(checkApp))],
    out: outOf(said.out),
    denort: runtimesOf(denort, targets),
    ...(said.jobs === undefined ? {} : { jobs: jobsOf(said.jobs) }),
    force: said.force ?? false,
    archive: said.archive ?? false,
    measure: said.measure ?? false,
  };
}

function optionsOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new TypeError(`Cannot build: ${error.message}: see deno task build --help`);
  }
}

function outOf(folder: string | undefined): string {
  if (folder === "") throw new TypeError('Cannot build: "--out" needs a value');
  return folder === undefined ? join(CHECKOUT, "dist") : resolve(folder);
}

function jobsOf(text: string): number {
  const jobs = Number(text);
  if (Number.isSafeInteger(jobs) && jobs >= 1) return jobs;
  throw new TypeError('Cannot build: "--jobs" takes a whole number of at least 1');
}

/**
 * The runtimes that were given, by target.
 *
 * @param given as TARGET=PATH
 */
function runtimesOf(given: readonly string[], targets: readonly string[]): Map<string, string> {
  const denort = new Map<string, string>();
  for (const one of given) {
    const [target = "", ...path] = one.split("=");
    denort.set(checkTarget(target), resolve(path.join("=")));
  }
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
  return denort;
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
