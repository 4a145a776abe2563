/**
 * A view on the terminal, drawn by Ink. Imported only where a view is shown, because loading Ink
 * and React takes a tenth of a second that a host in the background should not spend.
 */
import process from "node:process";
import chalk from "chalk";
import { render } from "ink";
// @deno-types="@types/react"
import type { ReactNode } from "react";

/** How a view is shown. */
export interface ScreenOptions {
  /** Ends the view. */
  signal: AbortSignal;
  /**
   * Whether the view takes the whole terminal, on the alternate screen: what was there before comes
   * back. Otherwise it stays where the cursor is. True unless given.
   */
  fullScreen?: boolean;
  /** Called when the terminal goes away or somebody asks the process to end. */
  onSignal?: () => void;
}

// On Windows SIGHUP is the closing of the window.
const SIGNALS: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGHUP"] : ["SIGTERM", "SIGHUP"];
/** Milliseconds between two looks at the size of a Windows console, which sends no signal. */
const SIZE_INTERVAL = 250;

/** Shows a view until the signal fires or the view calls `exit()` of Ink's `useApp`. */
export async function showScreen(view: ReactNode, options: ScreenOptions): Promise<void> {
  const { signal, fullScreen = true } = options;
  // Ink colours by chalk, which does not know NO_COLOR.
  if (Deno.noColor) chalk.level = 0;
  using stack = new DisposableStack();
  const instance = render(view, {
    alternateScreen: fullScreen,
    incrementalRendering: true,
    exitOnCtrlC: false,
    // The caller has looked whether there is a terminal; Ink would also look for signs of CI.
    interactive: true,
    patchConsole: false,
  });
  stack.defer(() => instance.cleanup());
  const end = () => instance.unmount();
  signal.addEventListener("abort", end, { once: true });
  stack.defer(() => signal.removeEventListener("abort", end));
  for (const name of SIGNALS) {
    const onSignal = () => {
      options.onSignal?.();
      end();
    };
    Deno.addSignalListener(name, onSignal);
    stack.defer(() => Deno.removeSignalListener(name, onSignal));
  }
  // An uncaught error ends the process without asking Ink, and is to be read on the screen before.
  const onError = () => instance.cleanup();
  for (const event of ["error", "unhandledrejection", "unload"]) {
    globalThis.addEventListener(event, onError);
    stack.defer(() => globalThis.removeEventListener(event, onError));
  }
  if (Deno.build.os === "windows") stack.defer(watchSize());
  if (signal.aborted) end();
  await instance.waitUntilExit();
}

/** Tells Ink of a changed size where the system does not. Returns what ends it. */
function watchSize(): () => void {
  let last = "";
  const timer = setInterval(() => {
    const { columns, rows } = Deno.consoleSize();
    const now = `${columns}x${rows}`;
    if (last !== "" && now !== last) process.stdout.emit("resize");
    last = now;
  }, SIZE_INTERVAL);
  return () => clearInterval(timer);
}
