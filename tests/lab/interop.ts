/**
 * Foreign programs: what the interop suite is told of them, and which are there.
 *
 * @module
 */
import { exists } from "@std/fs";
import { join } from "@std/path";
import { LeftOut } from "../support/run/test_part.ts";
import type { Lab } from "./lab.ts";
import { npmPackage, PYRIGHT, VSCODE_JSONRPC, WINDOWS_NODE } from "./npm_package.ts";
import { pathInLab, windowsPath } from "./session.ts";

/** The folder of the suite. */
export const INTEROP = "tests/interop";

/** Names the program of Node.js. */
const NODE = "NEVERLIIE_TEST_NODE";
/** Names the folder of vscode-jsonrpc. */
const JSONRPC = "NEVERLIIE_TEST_VSCODE_JSONRPC";
/** Names the folder of pyright. */
const CHECKER = "NEVERLIIE_TEST_PYRIGHT";

/**
 * The variables for these test files, none where the suite is not among them.
 *
 * @param wine the lab, where the tests run under Wine
 */
export async function interopEnvironment(
  files: readonly string[],
  wine: Lab | null = null,
): Promise<Record<string, string>> {
  if (!files.some((file) => file.startsWith(`${INTEROP}/`))) return {};
  const jsonrpc = await npmPackage(VSCODE_JSONRPC);
  if (wine === null) return { [NODE]: "node", [JSONRPC]: jsonrpc };
  const node = join(await npmPackage(WINDOWS_NODE), "bin", "node.exe");
  return {
    [NODE]: windowsPath(pathInLab(wine, node)),
    [JSONRPC]: windowsPath(pathInLab(wine, jsonrpc)),
  };
}

/** What the clients of docs/languages are compiled by, as Debian has it. */
const COMPILERS = {
  "/usr/bin/go": "golang-go",
  "/usr/bin/java": "default-jdk-headless",
  "/usr/share/java/gson.jar": "libgoogle-gson-java",
  "/usr/bin/cargo": "rustc cargo",
  "/usr/share/doc/librust-tokio-dev": "librust-tokio-dev",
  "/usr/share/doc/librust-serde-json-dev": "librust-serde-json-dev",
  "/usr/share/doc/librust-sha2-dev": "librust-sha2-dev",
};

/** @throws {LeftOut} where a compiler is missing. */
export async function languagesEnvironment(): Promise<Record<string, string>> {
  const missing: string[] = [];
  for (const [path, name] of Object.entries(COMPILERS)) {
    if (!await exists(path)) missing.push(name);
  }
  if (missing.length === 0) return {};
  throw new LeftOut(`compilers are missing: apt-get install ${missing.join(" ")}`);
}

/**
 * The variables for these tests of programs in Python.
 *
 * @throws {LeftOut} where those cannot run.
 */
export async function pythonEnvironment(
  files: readonly string[],
): Promise<Record<string, string>> {
  // (What it does on Windows is a line of docs/windows-checklist.md.)
  if (Deno.build.os === "windows") throw new LeftOut("these tests read what is in /tmp and /proc");
  try {
    await new Deno.Command("python3", { args: ["--version"], stdout: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new LeftOut("python3 is not on PATH");
  }
  // It would leave compiled modules in the checkout.
  const env = { PYTHONDONTWRITEBYTECODE: "1" };
  const checks = files.some((file) => file.endsWith("/types_test.ts"));
  return checks ? { ...env, [CHECKER]: await npmPackage(PYRIGHT) } : env;
}
