/**
 * What the tests of `neverliie new` cannot make inside of Wine, made before: the library's package,
 * for which esbuild and TypeScript's compiler run, and an executable of a program that was made.
 *
 * @module
 */
import { fromFileUrl, join } from "@std/path";
import type { TestArguments } from "../support/run/test_part.ts";
import { VERSION } from "../../apps/version.ts";
import { labCompiler } from "./executables.ts";
import { type Lab, TARGETS } from "./lab.ts";
import { pathInLab, windowsPath } from "./session.ts";

/** The tests that use it. */
const TESTS = "tests/mesh/new_test.ts";

/** Names the package of the library, for the program as a script. */
const LIBRARY = "NEVERLIIE_TEST_LIBRARY";
/** Names an executable of the program "notes" as `neverliie new` makes it. */
const MADE = "NEVERLIIE_TEST_MADE";

const checkout = fromFileUrl(new URL("../..", import.meta.url));

/**
 * The variables for these test files under Wine, none where the tests are not among them.
 *
 * @param folder one of the lab's, for what is made
 * @param compiled whether the tests are on executables
 */
export async function madeProgramEnvironment(
  { files, importFlags }: Pick<TestArguments, "files" | "importFlags">,
  lab: Lab,
  folder: string,
  compiled: boolean,
): Promise<Record<string, string>> {
  if (!files.includes(TESTS)) return {};
  const script = (path: string, ...args: string[]) =>
    run(Deno.execPath(), ["run", "-A", ...importFlags, path, ...args], { cwd: checkout });
  const inWine = (path: string) => windowsPath(pathInLab(lab, path));
  const library = join(folder, `neverliie-ipc-${VERSION}.tgz`);
  await script("apps/build/package.ts", "--out", folder);
  if (!compiled) return { [LIBRARY]: inWine(library) };
  const made = join(folder, "notes");
  const order = ["new", "notes", "--into", made, "--library", library];
  await script("apps/neverliie/main.ts", ...order);
  const { compiler, denort } = labCompiler(lab);
  // As its task does, for Windows.
  const output = join(made, "notes.exe");
  const args = ["compile", "-A", "--target", TARGETS.windows, "--output", output, "main.ts"];
  const env = { ...compiler?.env, DENORT_BIN: denort.get(TARGETS.windows)! };
  await run(lab.compiler, args, { cwd: made, env });
  return { [MADE]: inWine(output) };
}

async function run(program: string, args: string[], options: Deno.CommandOptions): Promise<void> {
  const command = new Deno.Command(program, { args, ...options, stdin: "null", stdout: "null" });
  const { success, stderr } = await command.output();
  if (success) return;
  throw new Error(`Cannot run ${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
