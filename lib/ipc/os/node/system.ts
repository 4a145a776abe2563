/**
 * What stands for `Deno` in the library's module for Node and Bun: as much of it as the library
 * uses, on Node's modules. See docs/decisions/0063-the-library-in-node.md.
 *
 * @module
 */

import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { errors } from "./errors.ts";
import { files } from "./files.ts";
import { openLibrary, UnsafeCallback, UnsafePointer, UnsafePointerView } from "./libraries.ts";
import { difference, promiseTry, toBase64, toHex, withResolvers } from "./newer.ts";
import { connect, listen } from "./sockets.ts";
import { watchFs } from "./watching.ts";

/** Node's word for a system, and Deno's. */
const SYSTEMS: Readonly<Record<string, string>> = { win32: "windows" };

/** The runtime and its version, where Deno tells its own version. */
function runtime(): string {
  const { bun, node } = process.versions;
  return bun === undefined ? `Node ${node}` : `Bun ${bun}`;
}

/** The program's file; `null` where it is none, as in `node --eval`. */
export const script: string | null = mainFile(process.argv[1]);

/** (Who starts "app" has the path of that, and runs app.js.) */
function mainFile(path: string | undefined): string | null {
  if (path === undefined) return null;
  try {
    return createRequire(import.meta.url).resolve(path);
  } catch {
    return path;
  }
}

/** `Deno`, and under `newer` what Node's JavaScript does not have yet. */
export const NodeSystem = {
  errors,
  ...files,
  connect,
  listen,
  watchFs,
  ["dlopen"]: openLibrary,
  ...{ UnsafeCallback, UnsafePointer, UnsafePointerView },
  inspect,
  pid: process.pid,
  args: process.argv.slice(2),
  build: { os: SYSTEMS[process.platform] ?? process.platform, standalone: false, subcommand: null },
  version: { deno: runtime() },
  mainModule: script === null ? "" : pathToFileURL(script).href,
  execPath: () => process.execPath,
  cwd: () => process.cwd(),
  uid: () => process.getuid?.() ?? null,
  exit: (code?: number) => process.exit(code),
  env: {
    get: (name: string) => process.env[name],
    delete: (name: string) => void delete process.env[name],
    toObject: () => ({ ...process.env }),
  },
  addSignalListener: (signal: Deno.Signal, listener: () => void) =>
    void process.on(signal as NodeJS.Signals, listener),
  removeSignalListener: (signal: Deno.Signal, listener: () => void) =>
    void process.off(signal as NodeJS.Signals, listener),
  newer: { difference, promiseTry, toBase64, toHex, withResolvers },
  /** Ends the thread that this runs in. */
  closeThread: () => process.exit(),
};
