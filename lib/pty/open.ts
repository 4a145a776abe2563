/**
 * Chooses the system's part. unix/libc.ts has the numbers that Linux and macOS differ in.
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
 * @throws {Deno.errors.NotSupported} When it is a batch file of Windows, or on an unknown system.
 */
export function openPty(options: PtyOptions, system: string = Deno.build.os): Pty {
  switch (system) {
    case "windows":
      return openWindowsPty(options);
    case "linux":
    case "darwin":
      return openUnixPty(options);
    default:
      throw new Deno.errors.NotSupported(
        `Cannot open a terminal on "${system}": windows, linux and darwin are known`,
      );
  }
}
