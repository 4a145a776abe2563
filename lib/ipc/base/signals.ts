/**
 * The system's requests to end.
 *
 * @module
 */

import { printProblem } from "./problem.ts";
import { callLater } from "./timer.ts";

/** Signal and the exit code that tells of it. */
const STOP_SIGNALS: readonly [Deno.Signal, number][] = Deno.build.os === "windows"
  // Ctrl-C, Ctrl-Break, and the closing of the console.
  ? [["SIGINT", 130], ["SIGBREAK", 131], ["SIGHUP", 129]]
  : [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]];

/** Milliseconds until the console's window is watched: that takes a thread, which would slow a start. */
const CONSOLE_AFTER = 1_000;

/**
 * Calls `leave` at the first such request, with why, and ends the process after it; returns a function
 * that stops listening.
 *
 * One request may come by several signals: who closes a terminal often sends SIGTERM behind the
 * kernel's SIGHUP, systemd sends SIGHUP behind its SIGTERM. So until the program ends each signal
 * is taken once. Who repeats one has no patience left: then the system ends the process.
 *
 * @param system how a program that was started by hand learns of the closing of its window, where no
 * signal tells it in time
 */
export function onStopSignal(
  leave: (why: string) => Promise<void>,
  { onConsoleClosed }: {
    onConsoleClosed?(
      closed: () => void,
      report: (problem: string) => void,
    ): Promise<(() => Promise<void>) | null>;
  } = {},
): () => void {
  const listeners = new Map<Deno.Signal, () => void>();
  let mindNoConsole = () => {};
  let stopping = false;
  for (const [signal, exitCode] of STOP_SIGNALS) {
    const listener = () => {
      Deno.removeSignalListener(signal, listener);
      if (stopping) return;
      stopping = true;
      mindNoConsole();
      void leave(`it got ${signal}`).then(() => Deno.exit(exitCode));
    };
    Deno.addSignalListener(signal, listener);
    listeners.set(signal, listener);
    if (signal !== "SIGHUP" || onConsoleClosed === undefined) continue;
    // After the signals: who registers last is told first.
    mindNoConsole = callLater(CONSOLE_AFTER, () => {
      const minding = onConsoleClosed(listener, printProblem).catch((error) => {
        printProblem(`Cannot wait for the closing of the console: ${error.message}`);
        return null;
      });
      mindNoConsole = () => void minding.then((end) => end?.());
    });
  }
  return () => {
    // Who stops ends soon: until then the others of its signals must find a listener.
    if (stopping) return;
    mindNoConsole();
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}
