/**
 * The only branch on the operating system.
 *
 * @module
 */

import type { Pty, PtyOptions } from "./pty.ts";
import { openUnixPty } from "./unix/pty.ts";
import { openWindowsPty } from "./windows/pty.ts";

/**
 * Starts a program in a pseudo-terminal of its own.
 *
 * @throws {Deno.errors.NotFound} When the program or the folder is missing.
 * @throws {Deno.errors.NotADirectory} When the folder is a file.
 * @throws {Deno.errors.PermissionDenied} When the program may not be run.
 * @throws {Deno.errors.NotSupported} When it is a batch file of Windows.
 */
export function openPty(options: PtyOptions): Pty {
  return Deno.build.os === "windows" ? openWindowsPty(options) : openUnixPty(options);
}
