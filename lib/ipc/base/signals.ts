/**
 * The system's requests to end.
 *
 * @module
 */

/** Signal and the exit code that tells of it. */
const STOP_SIGNALS: readonly [Deno.Signal, number][] = Deno.build.os === "windows"
  // Ctrl-C, Ctrl-Break, and the closing of the console.
  ? [["SIGINT", 130], ["SIGBREAK", 131], ["SIGHUP", 129]]
  : [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]];

/** Calls `stop` at the first such request, with its exit code; returns the way to stop listening. */
export function onStopSignal(
  stop: (exitCode: number, signal: Deno.Signal) => void,
): () => void {
  const listeners = STOP_SIGNALS.map(([signal, exitCode]) => {
    const listener = () => {
      ignore();
      stop(exitCode, signal);
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  const ignore = () => {
    for (const remove of listeners.splice(0)) remove();
  };
  return ignore;
}
