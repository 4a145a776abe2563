/**
 * The mesh on Linux and macOS: Unix sockets in a private folder, detached processes.
 *
 * @module
 */

import type { Platform } from "../transport.ts";
import { linuxCommandLine, macosCommandLine } from "./command_line.ts";
import { spawnDetached } from "./process.ts";
import { dialSocket, ensurePrivateDirectory, SocketListener } from "./socket.ts";

/** `sockaddr_un.sun_path` holds 104 bytes on macOS (108 on Linux), its final zero included. */
const SOCKET_PATH_MAX = 103;

/** Where Linux and macOS are the same. */
const unix: Omit<Platform, "commandLine" | "endTold"> = {
  // One folder for every process of the user, whatever environment each has: XDG_RUNTIME_DIR is
  // missing in cron jobs, containers and other users' shells, and would split the mesh in two.
  runtimeDirectory(_home: string, key: string): string {
    const own = `/tmp/neverliie-${Deno.uid()}`;
    ensurePrivateDirectory(own);
    const directory = `${own}/${key}`;
    ensurePrivateDirectory(directory);
    return directory;
  },

  address(runtimeDirectory: string, _key: string, app: string): string {
    const path = `${runtimeDirectory}/${app}.sock`;
    if (path.length > SOCKET_PATH_MAX) {
      throw new RangeError(`Cannot listen at "${path}": over ${SOCKET_PATH_MAX} bytes`);
    }
    return path;
  },

  ownershipFault(path) {
    const { isSymlink, uid, mode } = Deno.lstatSync(path);
    if (isSymlink) return "it is a link";
    if (uid !== Deno.uid()) return `it belongs to user ${uid}`;
    return ((mode ?? 0) & 0o022) !== 0 ? "others may write it (chmod go-w mends that)" : null;
  },

  programFault: (program) => program.startsWith("/") ? null : "it is not an absolute path",

  permissionFlags: (address, woken) => [
    "--allow-sys=uid",
    // (A comma of the path itself is written twice.)
    ...(address === null ? [] : [`--allow-net=unix:${address.replaceAll(",", ",,")}`]),
    // The C library alone cannot be allowed: where it lies is not for a program to know.
    ...(woken ? ["--allow-ffi"] : []),
  ],

  rights: () => ({ elevated: false, integrity: 0 }),
  userId: () => String(Deno.uid()),
  listen: (address, options = {}) => Promise.resolve(new SocketListener(address, options)),
  dial: dialSocket,
  spawn: spawnDetached,
};

/** Linux. */
export const linuxPlatform: Platform = { ...unix, endTold: "lock", commandLine: linuxCommandLine };
/** macOS. */
export const macosPlatform: Platform = {
  ...unix,
  endTold: "connection",
  commandLine: macosCommandLine,
};
