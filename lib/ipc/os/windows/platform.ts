/**
 * Windows as the mesh sees it.
 *
 * @module
 */

import type { Platform } from "../transport.ts";
import { ownershipFault } from "./access_list.ts";
import { ownCommandLine } from "./command_line.ts";
import { kernel32 } from "./kernel32.ts";
import { dialPipe } from "./pipe.ts";
import { PipeListener } from "./pipe_listener.ts";
import { heedInterrupts, spawnProcess } from "./process.ts";
import { programFault } from "./program.ts";
import { currentUserSid, ownRights } from "./security.ts";

/** The {@link Platform} on named pipes and kernel32. Nothing is loaded before its first use. */
export const windowsPlatform: Platform = {
  runtimeDirectory,
  address: (_runtimeDirectory, key, app) => `\\\\.\\pipe\\NeverLiie_${app}_${key}`,
  ownershipFault,
  programFault,
  permissionFlags: () => ["--allow-ffi"],
  rights: ownRights,
  userId: currentUserSid,
  listen: (address) => PipeListener.open(address),
  dial: dialPipe,
  spawn: spawnProcess,
  heedInterrupts,
  async onConsoleClosed(closed, report) {
    // A program that was woken has a console without a window.
    if (kernel32().GetConsoleWindow() === null) return null;
    // Nobody else waits until it is loaded.
    const { onConsoleClosed } = await import("./console_close.ts");
    return onConsoleClosed(closed, report);
  },
  endTold: "look",
  commandLine: ownCommandLine,
};

/** `home\run`. Who may enter it is what Windows grants in the user's profile, where homes are. */
function runtimeDirectory(home: string, _key: string): string {
  const path = `${home}\\run`;
  let folder: boolean;
  try {
    Deno.mkdirSync(path, { recursive: true });
    // A link or junction could lead the lock files to where others can write.
    folder = Deno.lstatSync(path).isDirectory;
  } catch (error) {
    throw new Error(`Cannot keep locks in "${path}": ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!folder) {
    throw new Deno.errors.NotADirectory(`Cannot use "${path}": it is not a plain folder`);
  }
  return path;
}
