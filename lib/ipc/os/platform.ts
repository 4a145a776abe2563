/**
 * The room of the operating system: transports, processes, users and files' owners, behind one
 * interface (transport.ts). It knows the system's own calls, and no message, no name and no home.
 *
 * This file chooses the system's part. What is smaller than that and differs (how a path is written,
 * which signals there are) looks at the system where it is used: architecture_test.ts lists where.
 *
 * @module
 */

import type { Platform } from "./transport.ts";
import { linuxPlatform, macosPlatform } from "./unix/platform.ts";
import { windowsPlatform } from "./windows/platform.ts";

/**
 * Pipes, processes and names of a system: of the one this runs on.
 *
 * @throws {Deno.errors.NotSupported} on one that nothing was written for.
 */
export function platform(system: string = Deno.build.os): Platform {
  switch (system) {
    case "windows":
      return windowsPlatform;
    case "linux":
      return linuxPlatform;
    case "darwin":
      return macosPlatform;
    default:
      throw new Deno.errors.NotSupported(
        `Cannot run on "${system}": NeverLiie knows windows, linux and darwin`,
      );
  }
}
