/** Waits as the library for the mesh does: `pause(ms, signal)`. */
export { pauseFor as pause } from "../ipc/base/timer.ts";
