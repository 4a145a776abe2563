/**
 * Whether the system tells who comes and goes.
 *
 * @module
 */

import type { Home } from "../../../lib/ipc/mod.ts";
import type { Finding } from "./diagnosis.ts";

/** Watches the mesh's folders for a moment, as those do who wait for an app. */
export function checkWatch({ runtime, path }: Home): Finding[] {
  try {
    Deno.watchFs([runtime, path], { recursive: false }).close();
    return [];
  } catch (error) {
    const why = (error as Error).message;
    return [{
      check: "transport",
      level: "note",
      problem: `programs are told a second late who comes and goes, as they have to look: ${why}`,
      mend: Deno.build.os === "linux"
        ? "end programs that watch files, or allow more: sysctl fs.inotify.max_user_instances=512"
        : "end programs that watch files",
    }];
  }
}
