/**
 * The second door of the library: what programs take that look after a mesh, such as one that finds
 * out what is wrong with it or that replaces its programs while they run. Apps need only mod.ts.
 *
 * @module
 */

export {
  lastLines,
  type LastLinesOptions,
  leftOutBytes,
  oddLog,
  readStarts,
  startCommand,
} from "./activation/activation.ts";
export { ProcessLock } from "./base/lock.ts";
export { samePath } from "./base/path.ts";
export { platform } from "./os/platform.ts";
export type { SpawnedProcess } from "./os/transport.ts";
export { RUNTIME_FILES } from "./registry/home.ts";
export { isRegistry, runsByDeno, withoutLock } from "./registry/registry.ts";
