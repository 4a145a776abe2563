/**
 * The room of the operating system: transports, processes, users and files' owners, behind one
 * interface (transport.ts). It knows the system's own calls, and no message, no name and no home.
 *
 * This file is the only branch on the operating system.
 *
 * @module
 */

import type { Platform } from "./transport.ts";
import { unixPlatform } from "./unix/platform.ts";
import { windowsPlatform } from "./windows/platform.ts";

/** Pipes, processes and names of the system this runs on. */
export function platform(): Platform {
  return Deno.build.os === "windows" ? windowsPlatform : unixPlatform;
}
