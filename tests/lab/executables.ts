/**
 * Executables for the compiled suites.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import { exists } from "@std/fs";
import { PROGRAMS } from "../../apps/programs.ts";
import { type CompileOptions, compileProgram } from "../../build.ts";
import { type Lab, TARGETS } from "./lab.ts";

const checkout = fromFileUrl(new URL("../..", import.meta.url));

/** Compiles for one of {@linkcode TARGETS}, with the lab's compiler and its runtime for it. */
export async function compileForLab(
  lab: Lab,
  options: Omit<CompileOptions, "deno" | "denort" | "env">,
): Promise<void> {
  await compileProgram({
    ...options,
    deno: lab.compiler,
    denort: options.target === TARGETS.windows ? lab.windowsRuntime : lab.linuxRuntime,
    env: {
      DENO_DIR: lab.compilerDenoDir,
      // this version does not look at the system's certificates by itself
      DENO_TLS_CA_STORE: Deno.env.get("DENO_TLS_CA_STORE") ?? "mozilla,system",
    },
  });
}

/**
 * Compiles every program of the suite, with its own permissions, and every fixture program of the
 * tests, into the folder: `apps/<name>/main.ts` becomes `<name>`, `tests/support/<name>_app.ts`
 * becomes `<name>_app` with the modules `tests/support/*_worker.ts` in it. Without a lab, the
 * running Deno compiles.
 */
export async function buildTestPrograms(
  lab: Lab | null,
  folder: string,
  target: string | undefined,
): Promise<void> {
  const suffix = (target ?? Deno.build.target).includes("windows") ? ".exe" : "";
  const compile = async (options: Omit<CompileOptions, "output">, name: string) => {
    const full = {
      ...options,
      ...(target === undefined ? {} : { target }),
      output: join(folder, name + suffix),
    };
    await (lab === null ? compileProgram(full) : compileForLab(lab, full));
  };
  for (const [name, { permissions, workers, bundled }] of Object.entries(PROGRAMS)) {
    const entry = join(checkout, "apps", name, "main.ts");
    if (!await exists(entry)) continue;
    const include = workers.map((module) => join(checkout, module));
    const program = { entry, permissions, include };
    await compile(
      bundled === undefined
        ? program
        : { ...program, bundled: bundled.map((path) => join(checkout, path)) },
      name,
    );
  }
  const support = join(checkout, "tests", "support");
  const names = (await Array.fromAsync(Deno.readDir(support))).map(({ name }) => name).sort();
  const include = names.filter((name) => name.endsWith("_worker.ts"))
    .map((name) => join(support, name));
  // The fixtures collect garbage when they are asked how much memory they use.
  const permissions = ["-A", "--v8-flags=--expose-gc"];
  for (const name of names.filter((name) => name.endsWith("_app.ts"))) {
    await compile({ entry: join(support, name), permissions, include }, name.replace(/\.ts$/, ""));
  }
}
