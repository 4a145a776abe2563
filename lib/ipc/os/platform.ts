/**
 * The only branch on the operating system.
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
