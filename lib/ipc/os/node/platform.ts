/**
 * Takes the place of `../platform.ts` in the library's module for Node and Bun: the systems as they
 * are there.
 *
 * @module
 */

import process from "node:process";
import type { Platform } from "../transport.ts";
import { linuxPlatform } from "../unix/platform.ts";
import { windowsPlatform } from "../windows/platform.ts";
import { koffi } from "./koffi.ts";
import { NodeSystem, script } from "./system.ts";

/** What Node has for every system. */
const node: Pick<Platform, "permissionFlags" | "commandLine"> = {
  permissionFlags: () => null,
  commandLine() {
    const run = [process.execPath, ...process.execArgv];
    return [...run, ...(script === null ? [] : [script]), ...NodeSystem.args];
  },
};

/** Linux and macOS: sockets and programs as under Deno. */
const unix: Platform = {
  ...linuxPlatform,
  ...node,
  // Node's watches do not tell that a file was closed, as a lock's is when its holder dies.
  endTold: "connection",
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

// Node itself waits for the closing of the window, and tells of it by SIGHUP.
const { onConsoleClosed: _, ...pipes } = windowsPlatform;
const windows: Platform = { ...pipes, ...node };

/** The system that this runs on. @throws where Node cannot be on the mesh. */
export function platform(): Platform {
  const { os } = NodeSystem.build;
  if (os === "linux" || os === "darwin") return unix;
  if (os !== "windows") {
    throw new NodeSystem.errors.NotSupported(
      `Cannot run on "${os}": NeverLiie knows windows, linux and darwin`,
    );
  }
  if (koffi() !== null) return windows;
  throw new NodeSystem.errors.NotSupported(
    "Cannot use the mesh in Node on Windows without the package koffi: Node itself cannot say who " +
      "may open its pipe, nor ask who owns another's. To have it: npm install koffi",
  );
}
