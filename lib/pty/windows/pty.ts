/**
 * Pseudo-consoles of Windows.
 *
 * @module
 */

import type { Pty, PtyOptions } from "../pty.ts";

/** Starts a program in a pseudo-terminal; see {@link import("../open.ts").openPty}. */
export function openWindowsPty(_options: PtyOptions): Pty {
  throw new Deno.errors.NotSupported(
    "Cannot open a session: pseudo-consoles are not written yet for Windows; use run",
  );
}
