/**
 * The arguments of `deno task build` and `deno task release`.
 *
 * @module
 */
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
