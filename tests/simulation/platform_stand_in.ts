/**
 * Takes the place of lib/ipc/os/platform.ts in the bundle that is simulated: the platform is a name
 * of the scope in which the bundle runs.
 *
 * @module
 */

import type { Platform } from "../../lib/ipc/os/transport.ts";

declare const simulatedPlatform: Platform;

/** The simulated system's. */
export function platform(): Platform {
  return simulatedPlatform;
}
