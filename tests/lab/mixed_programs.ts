/**
 * One program in every make for the tests of meshes that mix them: for Node and Bun, and as an
 * executable. Deno and Python run it from the checkout.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { executableName } from "../../apps/build/targets.ts";
import { compileProgram, RuntimeMissingError } from "../../build.ts";
import { LeftOut } from "../support/run/test_part.ts";
import { compileForLab } from "./executables.ts";
import { pythonEnvironment } from "./interop.ts";
import { type Lab, TARGETS } from "./lab.ts";
import { nodeEnvironment } from "./node_programs.ts";
import { pathInLab, windowsPath } from "./session.ts";

/** The folder of the tests. */
export const MIXED = "tests/mixed";

const MEMBER = fromFileUrl(new URL("../mixed/programs/member.ts", import.meta.url));

/**
 * The variables for these tests.
 *
 * @param cleanup removes the programs
 * @param folder gets the executable
 * @param lab what compiles, where it is there
 * @param wine whether the tests run under Wine, in the lab
 * @throws {LeftOut} where one of the makes cannot run
 */
export async function mixedEnvironment(
  cleanup: AsyncDisposableStack,
  folder: string,
  lab: Lab | null,
  wine: boolean,
): Promise<Record<string, string>> {
  const python = wine ? {} : await pythonEnvironment([]);
  const node = await nodeEnvironment(cleanup, wine ? lab : null, [MEMBER]);
  const target = wine ? TARGETS.windows : lab === null ? Deno.build.target : TARGETS.linux;
  const output = join(folder, executableName("member", target));
  const options = { entry: MEMBER, output, target };
  try {
    await (lab === null ? compileProgram(options) : compileForLab(lab, options));
  } catch (error) {
    if (error instanceof RuntimeMissingError) throw new LeftOut(MISSING_RUNTIME);
    throw error;
  }
  const member = wine ? windowsPath(pathInLab(lab!, output)) : output;
  return { ...python, ...node, NEVERLIIE_TEST_MEMBER: member };
}

/** Why nothing can be compiled. */
export const MISSING_RUNTIME: string = "the runtime of compiled programs (denort) cannot be had; " +
  (Deno.build.os === "linux"
    ? "`deno task lab` brings a compiler with its own (as root)"
    : "set DENORT_BIN, or let Deno reach the network");
