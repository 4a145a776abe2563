/**
 * Windows as the mesh sees it.
 *
 * @module
 */

import type { Platform } from "../transport.ts";
import { ownershipFault } from "./access_list.ts";
import { ownCommandLine } from "./command_line.ts";
import {
  FILE_SHARE_DELETE,
  FILE_SHARE_READ,
  FILE_SHARE_WRITE,
  kernel32,
  longPath,
  validHandle,
  wide,
} from "./kernel32.ts";
import { delay, dialPipe } from "./pipe.ts";
import { PipeListener } from "./pipe_listener.ts";
import { heedInterrupts, spawnProcess } from "./process.ts";
import { programFault } from "./program.ts";
import { currentUserSid, ownRights } from "./security.ts";
import { lastError, systemError } from "./win32_error.ts";

const DELETE = 0x1_0000;
const CREATE_ALWAYS = 2;
/** It is kept in memory where there is room: nobody reads what is in it. */
const FILE_ATTRIBUTE_TEMPORARY = 0x100;
const FILE_FLAG_DELETE_ON_CLOSE = 0x400_0000;
/** Milliseconds between two tries to make a mark: at first, and at last. */
const MARK_PAUSE = 5;
const MARK_PAUSE_MAX = 1_000;

/** Removes the marks of those who have left, while this process goes on, by the mark that they had. */
const leaving = new Map<string, () => void>();

/** The {@link Platform} on named pipes and kernel32. Nothing is loaded before its first use. */
export const windowsPlatform: Platform = {
  runtimeDirectory,
  address: (_runtimeDirectory, key, app) => `\\\\.\\pipe\\NeverLiie_${app}_${key}`,
  ownershipFault,
  programFault,
  permissionFlags: () => ["--allow-ffi"],
  rights: ownRights,
  userId: currentUserSid,
  async listen(address, { mark, report = () => {} } = {}) {
    const listener = await PipeListener.open(address);
    if (mark !== undefined) listener.onClose = markListener(mark, report);
    return listener;
  },
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
  endTold: "mark",
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

/**
 * Makes the file at `path`, in place of what a crash of the machine left of one.
 *
 * https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew
 *
 * @returns a function that removes it
 */
function mark(path: string): () => void {
  const handle = validHandle(
    kernel32().CreateFileW(
      wide(longPath(path)),
      DELETE,
      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
      null,
      CREATE_ALWAYS,
      FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE,
      null,
    ),
  );
  if (handle === null) throw systemError(`Cannot make "${path}"`, lastError());
  return () => void kernel32().CloseHandle(handle);
}

/**
 * Tells by the file at `path` that somebody listens, until the returned function is called, or this
 * process dies. That function tells first that he leaves in order, by a file that ends in `.left` and
 * goes with the process: who looks before the news of it has come finds it there.
 *
 * The file of the one before may be going just now, while somebody looks at it: then it is tried again.
 *
 * @param report is told where nobody else can be
 */
function markListener(path: string, report: (problem: string) => void): () => void {
  let remove = (): void => {};
  const ended = new AbortController();
  const begin = (pause: number): void => {
    if (ended.signal.aborted) return;
    try {
      remove = mark(path);
    } catch (error) {
      if (pause <= MARK_PAUSE_MAX) {
        return void delay(pause, ended.signal).then(() => begin(pause * 2));
      }
      // A full disk, say. Whoever calls finds the listener all the same.
      report(`Nobody is told who comes and goes: ${(error as Error).message}`);
    }
  };
  leaving.get(path)?.();
  leaving.delete(path);
  begin(MARK_PAUSE);
  return () => {
    ended.abort();
    try {
      leaving.set(path, mark(path.replace(/up$/, "left")));
    } catch {
      // It is taken for one that died.
    }
    remove();
  };
}
