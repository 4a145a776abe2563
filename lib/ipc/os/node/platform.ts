/**
 * Takes the place of `../platform.ts` in the library's module for Node and Bun: the systems as they
 * are there.
 *
 * @module
 */

import process from "node:process";
import type { Platform } from "../transport.ts";
import { linuxPlatform } from "../unix/platform.ts";
import { koffi } from "./locks.ts";
import { NodeSystem, script } from "./system.ts";

/** Linux and macOS: sockets and programs as under Deno. */
const unix: Platform = {
  ...linuxPlatform,
  // Node's watches do not tell that a file was closed, as a lock's is when its holder dies.
  endTold: "connection",
  permissionFlags: () => null,
  commandLine() {
    const run = [process.execPath, ...process.execArgv];
    return [...run, ...(script === null ? [] : [script]), ...NodeSystem.args];
  },
  async listen(address, options) {
    if (koffi() === null) {
      throw new NodeSystem.errors.NotSupported(
        `Cannot listen at "${address}": a host in Node needs the package koffi, which makes locks ` +
          "that other programs see. To have it: npm install koffi",
      );
    }
    return await linuxPlatform.listen(address, options);
  },
};

/** The system that this runs on. @throws where Node cannot be on the mesh. */
export function platform(): Platform {
  const { os } = NodeSystem.build;
  if (os === "linux" || os === "darwin") return unix;
  throw new NodeSystem.errors.NotSupported(
    os === "windows"
      ? "Cannot use the mesh in Node on Windows: Node can neither give its pipe an access list nor " +
        "ask who owns another's. Deno can: docs/languages/node.md has more"
      : `Cannot run on "${os}": NeverLiie knows linux and darwin in Node`,
  );
}
