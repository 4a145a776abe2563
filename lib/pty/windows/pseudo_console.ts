/**
 * A pseudo-console with the two pipes that lead to it.
 *
 * https://learn.microsoft.com/windows/console/creating-a-pseudoconsole-session
 *
 * @module
 */

import {
  FILE_FLAG_FIRST_PIPE_INSTANCE,
  FILE_FLAG_OVERLAPPED,
  GENERIC_READ,
  GENERIC_WRITE,
  HANDLE,
  type Handle,
  kernel32,
  memory,
  OPEN_EXISTING,
  PIPE_REJECT_REMOTE_CLIENTS,
  pointerIn,
  validHandle,
  wide,
} from "../../ipc/os/windows/kernel32.ts";
import { OverlappedHandle } from "../../ipc/os/windows/overlapped_handle.ts";
import { PipeTransport } from "../../ipc/os/windows/pipe.ts";
import { pipeSecurityAttributes } from "../../ipc/os/windows/security.ts";
import { lastError, systemError } from "../../ipc/os/windows/win32_error.ts";
import { ptyKernel32 } from "./kernel32.ts";

const PIPE_ACCESS_INBOUND = 0x1;
const PIPE_ACCESS_OUTBOUND = 0x2;
/** Wine has no way to resize: there the console keeps its size. */
const E_NOTIMPL = 0x8000_4001 | 0;
/** Bytes that the console may be ahead of its reader. */
const QUOTA = 64 * 1024;

/** Where a console's screen and keyboard are this process's to read and to write. */
export class PseudoConsole {
  /** What programs in it show. */
  readonly output: PipeTransport;
  /** What is typed. */
  readonly input: PipeTransport;
  /** HPCON, for PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE. */
  readonly handle: Deno.PointerObject;
  #closing: Promise<void> | null = null;

  /** @throws {Error} with the HRESULT when the system refuses. */
  static create(columns: number, rows: number): PseudoConsole {
    const calls = ptyKernel32();
    const input = pipe(PIPE_ACCESS_OUTBOUND, GENERIC_READ);
    let output: PipeEnds | undefined;
    try {
      output = pipe(PIPE_ACCESS_INBOUND, GENERIC_WRITE);
      const handle = memory(HANDLE.sizeof);
      const result = calls.CreatePseudoConsole(
        coordinates(columns, rows),
        input.theirs,
        output.theirs,
        0,
        handle,
      );
      if (result < 0) throw failure("Cannot open a pseudo-console", result);
      return new PseudoConsole(pointerIn(handle)!, input.ours, output.ours);
    } catch (error) {
      kernel32().CloseHandle(input.ours);
      if (output !== undefined) kernel32().CloseHandle(output.ours);
      throw error;
    } finally {
      // The console has its own copies. With these open, the pipes would never end.
      kernel32().CloseHandle(input.theirs);
      if (output !== undefined) kernel32().CloseHandle(output.theirs);
    }
  }

  private constructor(handle: Deno.PointerObject, input: Handle, output: Handle) {
    this.handle = handle;
    this.input = new PipeTransport("a pseudo-console", new OverlappedHandle(input));
    this.output = new PipeTransport("a pseudo-console", new OverlappedHandle(output));
  }

  resize(columns: number, rows: number): void {
    if (this.#closing !== null) return;
    const result = ptyKernel32().ResizePseudoConsole(this.handle, coordinates(columns, rows));
    if (result < 0 && result !== E_NOTIMPL) {
      throw failure("Cannot resize a pseudo-console", result);
    }
  }

  /**
   * Ends the console: programs in it are told as when a window is closed, its last output arrives,
   * then {@link output} is at its end. Before Windows 11 24H2 this resolves only when the output
   * has been read. The pipes are still to be closed.
   * https://learn.microsoft.com/windows/console/closepseudoconsole
   */
  end(): Promise<void> {
    return this.#closing ??= ptyKernel32().ClosePseudoConsole(this.handle);
  }
}

/** A pipe with one end for this process (overlapped) and one for the console (which takes no such). */
interface PipeEnds {
  ours: Handle;
  theirs: Handle;
}

function pipe(access: number, theirAccess: number): PipeEnds {
  // Nobody can guess it, and the access list admits this user alone.
  const name = wide(`\\\\.\\pipe\\NeverLiie_pty_${Deno.pid}_${crypto.randomUUID()}`);
  const ours = validHandle(
    kernel32().CreateNamedPipeW(
      name,
      access | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
      PIPE_REJECT_REMOTE_CLIENTS,
      1,
      QUOTA,
      QUOTA,
      0,
      pipeSecurityAttributes(),
    ),
  );
  if (ours === null) throw systemError("Cannot make a pipe", lastError());
  const theirs = validHandle(
    kernel32().CreateFileW(name, theirAccess, 0, null, OPEN_EXISTING, 0, null),
  );
  if (theirs !== null) return { ours, theirs };
  const error = systemError("Cannot open a pipe", lastError());
  kernel32().CloseHandle(ours);
  throw error;
}

/** COORD, which holds signed words. */
function coordinates(columns: number, rows: number): number {
  return (Math.min(columns, 0x7fff) | Math.min(rows, 0x7fff) << 16) >>> 0;
}

function failure(action: string, result: number): Error {
  return new Error(`${action}: HRESULT 0x${(result >>> 0).toString(16)}`);
}
