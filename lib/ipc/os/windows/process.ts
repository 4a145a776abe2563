/**
 * Programs that outlive the one that starts them.
 *
 * @module
 */

import type { SpawnedProcess, SpawnOptions } from "../transport.ts";
import { quoteCommandLine } from "./command_line.ts";
import { environmentBlock, ownEnvironment } from "./environment.ts";
import {
  addressOf,
  DWORD,
  dwordIn,
  FILE_APPEND_DATA,
  FILE_SHARE_DELETE,
  FILE_SHARE_READ,
  FILE_SHARE_WRITE,
  GENERIC_READ,
  HANDLE,
  type Handle,
  kernel32,
  longPath,
  memory,
  OPEN_EXISTING,
  pointerIn,
  validHandle,
  wide,
} from "./kernel32.ts";
import { isBatchFile, lengthFault } from "./program.ts";
import { securityAttributes } from "./security.ts";
import {
  CREATE_UNICODE_ENVIRONMENT,
  EXTENDED_STARTUPINFO_PRESENT,
  PROCESS_INFORMATION,
  StartupInfo,
} from "./startup_info.ts";
import {
  describeError,
  ERROR_ACCESS_DENIED,
  ERROR_DIRECTORY,
  ERROR_FILE_NOT_FOUND,
  ERROR_PATH_NOT_FOUND,
  lastError,
  systemError,
} from "./win32_error.ts";

const FILE_READ_ATTRIBUTES = 0x80;
const SYNCHRONIZE = 0x10_0000;
const OPEN_ALWAYS = 4;

const CREATE_BREAKAWAY_FROM_JOB = 0x100_0000;
/**
 * A console of its own, without a window: nobody else's Ctrl-C arrives there. DETACHED_PROCESS gives
 * none, and then every console program that the started one runs opens a window of its own.
 * CREATE_NEW_PROCESS_GROUP would have it ignore Ctrl-C, and hand that on to all that it starts:
 * nothing could be interrupted in the sessions of a woken terminal.
 * https://learn.microsoft.com/windows/console/setconsolectrlhandler
 */
const CREATE_NO_WINDOW = 0x800_0000;

const PROC_THREAD_ATTRIBUTE_HANDLE_LIST = 0x2_0002n;

const WAIT_OBJECT_0 = 0;
/** The exit code of a program that was ended from here, as by a kill on Unix. */
const KILLED = 137;

/**
 * Starts a program; see {@link import("../transport.ts").Platform.spawn}.
 *
 * The program goes to CreateProcessW as the quoted first word of the command line, and not as its
 * application name, so that what people write works: ".exe" is added and PATH is searched. The
 * quotes leave no doubt where a name with spaces ends.
 * https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw
 *
 * @throws {Deno.errors.NotFound} when the program does not exist
 * @throws {Deno.errors.NotADirectory} when the working directory does not exist
 * @throws {Deno.errors.NotSupported} for a batch file
 */
// deno-lint-ignore require-await -- as the other system does, which loads what it needs first
export async function spawnProcess(options: SpawnOptions): Promise<SpawnedProcess> {
  const program = options.command[0] ?? "";
  const commandLine = quoteCommandLine(options.command);
  // What comes from the registry has been checked already; nobody else gets to a shell either.
  if (isBatchFile(program)) {
    throw new Deno.errors.NotSupported(
      `Cannot start "${program}": a shell would read its arguments`,
    );
  }
  const environment = environmentBlock(ownEnvironment(), options.env);
  const input = openInherited("NUL", GENERIC_READ, OPEN_EXISTING);
  try {
    const log = openInherited(
      options.logFile,
      FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE,
      OPEN_ALWAYS,
    );
    try {
      const started = create(commandLine, environment, options.cwd, input, log);
      if (typeof started !== "number") return new WindowsProcess(started);
      throw startError(program, options.cwd, started);
    } finally {
      kernel32().CloseHandle(log);
    }
  } finally {
    kernel32().CloseHandle(input);
  }
}

/** Calls CreateProcessW; gives the filled PROCESS_INFORMATION or an error code. */
function create(
  commandLine: string,
  environment: Uint8Array<ArrayBuffer>,
  cwd: string,
  input: Handle,
  log: Handle,
): Uint8Array<ArrayBuffer> | number {
  const handles = memory(2 * HANDLE.sizeof);
  new DataView(handles.buffer).setBigUint64(0, addressOf(input), true);
  new DataView(handles.buffer).setBigUint64(HANDLE.sizeof, addressOf(log), true);
  // The only handles to inherit. Otherwise the program would get every inheritable handle of this
  // process, and keep locks and pipes alive.
  // https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-updateprocthreadattribute
  const startup = new StartupInfo(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles, handles.length, {
    input,
    output: log,
  });
  const information = memory(PROCESS_INFORMATION.sizeof);
  // Out of the starter's job, if that lets go: a job may end all its processes with the starter.
  // https://learn.microsoft.com/windows/win32/procthread/job-objects
  let error = 0;
  for (const breakaway of [CREATE_BREAKAWAY_FROM_JOB, 0]) {
    const created = kernel32().CreateProcessW(
      null,
      // Anew each time: CreateProcessW may write into the command line.
      wide(commandLine),
      null,
      null,
      1,
      CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT | breakaway,
      environment,
      wide(cwd),
      startup.bytes,
      information,
    );
    error = created !== 0 ? 0 : lastError();
    if (error !== ERROR_ACCESS_DENIED) break;
  }
  startup.release();
  return error === 0 ? information : error;
}

/**
 * Has this process, and what it starts, answer Ctrl-C again; see
 * {@link import("../transport.ts").Platform.heedInterrupts}.
 * https://learn.microsoft.com/windows/console/setconsolectrlhandler
 */
export function heedInterrupts(): void {
  kernel32().SetConsoleCtrlHandler(null, 0);
}

/** A handle that a child can inherit. */
function openInherited(path: string, access: number, disposition: number): Handle {
  const handle = validHandle(
    kernel32().CreateFileW(
      wide(longPath(path)),
      access,
      FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
      securityAttributes(null, true),
      disposition,
      0,
      null,
    ),
  );
  if (handle === null) throw systemError(`Cannot open "${path}"`, lastError());
  return handle;
}

function startError(program: string, cwd: string, code: number): Error {
  const fault = lengthFault(program, cwd);
  if (fault !== null) return new Error(`Cannot start "${program}" in "${cwd}": ${fault}`);
  if (code === ERROR_FILE_NOT_FOUND || code === ERROR_PATH_NOT_FOUND) {
    return new Deno.errors.NotFound(`Cannot start "${program}": ${describeError(code)}`);
  }
  if (code === ERROR_DIRECTORY) {
    return new Deno.errors.NotADirectory(`Cannot start "${program}" in "${cwd}": not a folder`);
  }
  return systemError(`Cannot start "${program}"`, code);
}

class WindowsProcess implements SpawnedProcess {
  readonly pid: number;
  readonly #process: Handle;

  constructor(information: Uint8Array<ArrayBuffer>) {
    this.#process = pointerIn(information, PROCESS_INFORMATION.hProcess)!;
    kernel32().CloseHandle(pointerIn(information, PROCESS_INFORMATION.hThread));
    this.pid = dwordIn(information, PROCESS_INFORMATION.dwProcessId);
  }

  exitCode(): number | null {
    // The exit code alone cannot tell: 259 stands for "still active" and is a valid code too.
    // https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-getexitcodeprocess
    if (kernel32().WaitForSingleObject(this.#process, 0) !== WAIT_OBJECT_0) return null;
    const code = memory(DWORD.sizeof);
    if (kernel32().GetExitCodeProcess(this.#process, code) === 0) {
      throw systemError(`Cannot read the exit code of process ${this.pid}`, lastError());
    }
    return dwordIn(code);
  }

  kill(): void {
    // Fails for one that has ended, which is what is wanted.
    kernel32().TerminateProcess(this.#process, KILLED);
  }

  release(): void {
    kernel32().CloseHandle(this.#process);
  }
}
