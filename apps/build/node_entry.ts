/**
 * The library's module for Node and Bun, as it is bundled: what stands for `Deno` there is made first.
 *
 * @module
 */

import "../../lib/ipc/os/node/system.ts";

export * from "../../lib/ipc/mod.ts";
