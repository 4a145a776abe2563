/**
 * The packages that the bench compares with, fetched from npm into the user's cache when they are
 * first needed. Nothing of them is part of the project.
 *
 * @module
 */
import { npmPackage, VSCODE_JSONRPC, WINDOWS_NODE } from "../lab/npm_package.ts";

/** What is fetched. */
export const PACKAGES = {
  /** JSON-RPC as VS Code and its language servers speak it. */
  vscodeJsonrpc: VSCODE_JSONRPC,
  /** Node for Windows; under Wine it runs the peers that need Node. */
  windowsNode: WINDOWS_NODE,
} as const;

/** Why a peer cannot take part; the bench goes on without it and says so. */
export class PeerMissing extends Error {
  override readonly name = "PeerMissing";
}

/**
 * The folder of an unpacked package.
 *
 * @throws {PeerMissing} that names the package and what to do
 */
export async function packageFolder(name: keyof typeof PACKAGES): Promise<string> {
  const wanted = PACKAGES[name];
  try {
    return await npmPackage(wanted);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "npm or tar is not on PATH"
      : (error as Error).message;
    const specifier = `${wanted.name}@${wanted.version}`;
    throw new PeerMissing(`"${specifier}" could not be fetched with npm pack: ${why}`);
  }
}

/** The program's version, as it tells it. */
export async function versionOf(program: string): Promise<string> {
  try {
    const { stdout, success } = await new Deno.Command(program, { args: ["--version"] }).output();
    if (success) return new TextDecoder().decode(stdout).trim().replace(/^[A-Za-z ]*v?/, "");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new PeerMissing(`"${program}" is not on PATH`);
}

/** The Python that has a package: the one on PATH, or the system's. @throws {PeerMissing} */
export async function pythonWith(module: string): Promise<string> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    const args = ["-B", "-c", `import ${module}`];
    const { success } = await new Deno.Command(python, { args }).output().catch(() => ({
      success: false,
    }));
    if (success) return python;
  }
  throw new PeerMissing(`Python's "${module}" is not there: apt-get install python3-${module}`);
}
