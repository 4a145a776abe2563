/**
 * A view on the terminal, drawn by Ink. Imported only where a view is shown, because loading Ink
 * and React takes a tenth of a second that a host in the background should not spend.
 */
import process from "node:process";
import chalk from "chalk";
import { type Instance, render } from "ink";
// @deno-types="@types/react"
import type { ReactNode } from "react";
import { TerminalInput } from "./terminal_input.ts";

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
/** The cursor to the upper left corner, and all erased from there on. */
const ERASE = "\x1b[H\x1b[J";

/**
 * Shows a view until the signal fires or the view calls `exit()` of Ink's `useApp`. The program is
 * then to end by `Deno.exit`: see {@link TerminalInput}.
 */
export async function showScreen(view: ReactNode, options: ScreenOptions): Promise<void> {
  const { signal, fullScreen = true } = options;
  // Ink colours by chalk, which does not know NO_COLOR.
  if (Deno.noColor) chalk.level = 0;
  using stack = new DisposableStack();
  const instance = render(view, {
    stdin: keyboard(),
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
  if (fullScreen) stack.defer(redrawOnResize(instance, view));
  if (Deno.build.os === "windows") stack.defer(watchSize());
  if (signal.aborted) end();
  await instance.waitUntilExit();
}

function keyboard(): NodeJS.ReadStream {
  // A Windows console is nobody else's, and Deno.stdin would read it in its old code page.
  if (Deno.build.os === "windows") return process.stdin as unknown as NodeJS.ReadStream;
  return new TerminalInput() as unknown as NodeJS.ReadStream;
}

/**
 * Draws the view anew as a whole after each change of the size. Ink draws only what differs from
 * the frame before; a terminal that changes its width moves the lines of that frame about, each in
 * its own way, and Ink draws a frame of the old width on it before the view knows of the new one.
 * Returns what ends it.
 */
function redrawOnResize(instance: Instance, view: ReactNode): () => void {
  let ended = false;
  let drawing = false;
  let changed = false;
  const redraw = async () => {
    drawing = true;
    while (changed && !ended) {
      changed = false;
      // The view knows the new size then, and no frame of the old one is on its way.
      await instance.waitUntilRenderFlush();
      if (ended) break;
      instance.clear();
      process.stdout.write(ERASE);
      instance.rerender(view);
    }
    drawing = false;
  };
  const onResize = () => {
    changed = true;
    if (!drawing) void redraw();
  };
  process.stdout.on("resize", onResize);
  return () => {
    ended = true;
    process.stdout.off("resize", onResize);
  };
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
