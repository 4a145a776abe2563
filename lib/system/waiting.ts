/** Waiting, as the library for the mesh does: for time to pass, or for no longer than is wanted. */
export { noLongerThan, pauseFor as pause, unlessAborted } from "../ipc/base/timer.ts";
