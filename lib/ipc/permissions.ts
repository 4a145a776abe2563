/**
 * What an app must be allowed to be on the mesh: the least that `deno run` can be told.
 *
 * @module
 */

import type { Home } from "./registry/home.ts";
import { dirname } from "./base/path.ts";
import type { Platform } from "./os/transport.ts";

/**
 * The permission flags of an app that serves under `app`. What its handlers do comes on top, and so
 * does calling others: `--allow-net` for their addresses, and to wake them `--allow-run`,
 * `--allow-env` and reading their programs.
 *
 * @param app `null` for a client
 * @param woken whether it can be started again: finding out how it was started takes more
 */
export function permissionFlags(
  home: Home,
  app: string | null,
  platform: Platform,
  woken: boolean,
): string[] {
  const own = platform.permissionFlags(app === null ? null : home.address(app), woken);
  if (own === null) return [];
  const inside = home.runtime.startsWith(home.path);
  const files = inside ? [home.path] : [home.path, dirname(home.runtime)];
  // Deno splits at commas; a comma of the path itself is written twice.
  const list = files.map((path) => path.replaceAll(",", ",,")).join(",");
  return [
    `--allow-read=${list}`,
    `--allow-write=${list}`,
    "--allow-env=NEVERLIIE_HOME,NEVERLIIE_WOKEN",
    ...own,
  ];
}
