/**
 * Programs in pseudo-consoles.
 *
 * https://learn.microsoft.com/windows/console/creating-a-pseudoconsole-session
 *
 * @module
 */

import { quoteCommandLine } from "../../ipc/os/windows/command_line.ts";
import { environmentBlock } from "../../ipc/os/windows/environment.ts";
import {
  DWORD,
  dwordIn,
  HANDLE,
  type Handle,
  INFINITE,
  INVALID_HANDLE_VALUE,
  kernel32,
  longPath,
  memory,
  pointerIn,
  wide,
  WT_EXECUTEINWAITTHREAD,
  WT_EXECUTEONLYONCE,
} from "../../ipc/os/windows/kernel32.ts";
import {
  CREATE_UNICODE_ENVIRONMENT,
  EXTENDED_STARTUPINFO_PRESENT,
  PROCESS_INFORMATION,
  StartupInfo,
} from "../../ipc/os/windows/startup_info.ts";
import { waitCallback } from "../../ipc/os/windows/waited_event.ts";
import {
  ERROR_FILE_NOT_FOUND,
  ERROR_PATH_NOT_FOUND,
  lastError,
  systemError,
} from "../../ipc/os/windows/win32_error.ts";
import { lengthFault } from "../../ipc/os/windows/program.ts";
import { JobTree } from "../../system/process_job.ts";
import { workingFolderError } from "../../system/working_folder.ts";
import { missingProgram } from "../missing_program.ts";
import type { Pty, PtyExit, PtyOptions } from "../pty.ts";
import { findProgram } from "./find_program.ts";
import { ptyKernel32 } from "./kernel32.ts";
import { PseudoConsole } from "./pseudo_console.ts";
import { noLongerThan } from "../../system/waiting.ts";

const CREATE_SUSPENDED = 0x4;
const PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE = 0x2_0016n;

/** Milliseconds that programs get to end when their console is closed. */
const GRACE = 1_000;

/** Starts a program in a pseudo-terminal; see {@link import("../open.ts").openPty}. */
export function openWindowsPty(options: PtyOptions): Pty {
  const folder = workingFolderError(`Cannot run "${options.program}"`, options.cwd);
  if (folder !== null) throw folder;
  const program = findProgram(options.program, options.cwd, options.env);
  const command = commandLineOf(program, options);
  const environment = environmentBlock([], options.env);
  const screen = PseudoConsole.create(options.columns, options.rows);
  let information: Uint8Array<ArrayBuffer>;
  try {
    information = start(program, command, environment, options.cwd, screen);
  } catch (error) {
    void closeConsole(screen);
    throw error;
  }
  return new WindowsPty(screen, information);
}

/** As the program will take it apart. */
function commandLineOf(program: string, { args, windowsRawArguments }: PtyOptions): string {
  if (windowsRawArguments !== true) return quoteCommandLine([program, ...args]);
  return [quoteCommandLine([program]), ...args].join(" ");
}

/**
 * Starts it suspended and gives its PROCESS_INFORMATION: before its first instruction it is put
 * into a job, so that nothing that it starts can be missed when the session is killed.
 */
function start(
  program: string,
  command: string,
  environment: Uint8Array<ArrayBuffer>,
  cwd: string,
  screen: PseudoConsole,
): Uint8Array<ArrayBuffer> {
  // It says that there are no handles: otherwise a program whose starter's output is redirected, as
  // that of a woken host is, would write there and not to its console. The value of this attribute
  // is the console's handle itself.
  const startup = new StartupInfo(
    PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE,
    screen.handle,
    HANDLE.sizeof,
  );
  const information = memory(PROCESS_INFORMATION.sizeof);
  const created = kernel32().CreateProcessW(
    wide(longPath(program)),
    wide(command),
    null,
    null,
    0,
    CREATE_SUSPENDED | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT,
    environment,
    wide(cwd),
    startup.bytes,
    information,
  );
  const error = created !== 0 ? 0 : lastError();
  startup.release();
  if (error !== 0) throw startError(program, cwd, error);
  return information;
}

function startError(program: string, cwd: string, code: number): Error {
  const fault = lengthFault(program, cwd);
  if (fault !== null) return new Error(`Cannot run "${program}" in "${cwd}": ${fault}`);
  if (code === ERROR_FILE_NOT_FOUND || code === ERROR_PATH_NOT_FOUND) {
    return missingProgram(program);
  }
  return systemError(`Cannot run "${program}"`, code);
}

class WindowsPty implements Pty {
  readonly pid: number;
  readonly exit: Promise<PtyExit>;
  readonly #screen: PseudoConsole;
  readonly #job: JobTree;
  #reading: Promise<unknown> = Promise.resolve();
  /** Ends the read that is waited for. */
  #leaveRead = () => {};
  #ended = false;
  #closing: Promise<void> | null = null;

  constructor(screen: PseudoConsole, information: Uint8Array<ArrayBuffer>) {
    this.#screen = screen;
    this.pid = dwordIn(information, PROCESS_INFORMATION.dwProcessId);
    const process = pointerIn(information, PROCESS_INFORMATION.hProcess)!;
    const thread = pointerIn(information, PROCESS_INFORMATION.hThread)!;
    const kill = () => void ptyKernel32().TerminateProcess(process, 1);
    try {
      this.#job = JobTree.around({ pid: this.pid, kill });
      this.exit = ended(process).then((code) => {
        this.#ended = true;
        // Or its output would never end.
        void this.#screen.end();
        return { code, signal: null };
      });
    } catch (error) {
      kill();
      kernel32().CloseHandle(process);
      void closeConsole(screen);
      throw error;
    } finally {
      ptyKernel32().ResumeThread(thread);
      kernel32().CloseHandle(thread);
    }
  }

  read(): Promise<Uint8Array | null> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | null>();
    if (this.#closing !== null) return Promise.resolve(null);
    this.#leaveRead = () => resolve(null);
    this.#reading = this.#screen.output.read().then(resolve, reject);
    return promise;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#closing === null) return this.#screen.input.write(bytes);
    return Promise.reject(new Deno.errors.BrokenPipe("Cannot type: the terminal is closed"));
  }

  resize(columns: number, rows: number): void {
    if (!this.#ended && this.#closing === null) this.#screen.resize(columns, rows);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    // Not when its console is gone: it may wait for programs that are left there.
    this.#leaveRead();
    const console = closeConsole(this.#screen, this.#reading);
    if (this.#ended) this.#job.release();
    else {
      await noLongerThan(GRACE, this.exit);
      await this.#job.end();
      await this.exit;
    }
    await console;
  }
}

/** Ends the console, reads what it still has to say, and closes the pipes. */
async function closeConsole(
  screen: PseudoConsole,
  reading: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  const drained = (async () => {
    await reading;
    while (await screen.output.read() !== null);
  })();
  drained.catch(closedMeanwhile);
  await screen.end();
  await screen.output.close();
  await Promise.allSettled([drained]);
  await screen.input.close();
}

/** The exit code of a process, once it has one; takes the handle over. */
function ended(process: Handle): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const callback = waitCallback(() => resolve());
  const wait = memory(HANDLE.sizeof);
  const registered = kernel32().RegisterWaitForSingleObject(
    wait,
    process,
    callback.pointer,
    null,
    INFINITE,
    WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE,
  );
  if (registered === 0) {
    const error = lastError();
    callback.close();
    throw systemError("Cannot wait for a process", error);
  }
  return promise.then(async () => {
    const code = memory(DWORD.sizeof);
    const known = kernel32().GetExitCodeProcess(process, code) !== 0;
    // Off this thread: it waits for a running callback, which needs this thread to finish.
    await kernel32().UnregisterWaitEx(
      pointerIn(wait),
      Deno.UnsafePointer.create(INVALID_HANDLE_VALUE),
    );
    callback.close();
    kernel32().CloseHandle(process);
    return known ? dwordIn(code) : 1;
  });
}

/** A read that the closing of its pipe ended has nobody left to tell. */
function closedMeanwhile(): void {}
