/**
 * What CreateProcessW is told of a new process besides its command, and what it tells back.
 *
 * https://learn.microsoft.com/windows/win32/api/winbase/ns-winbase-startupinfoexw
 *
 * @module
 */

import { addressOf, dwordIn, type Handle, kernel32, memory, SIZE_T } from "./kernel32.ts";
import { lastError, systemError } from "./win32_error.ts";

/** Tells CreateProcessW that it is given a {@link StartupInfo}. */
export const EXTENDED_STARTUPINFO_PRESENT = 0x8_0000;
/** The environment is in UTF-16. */
export const CREATE_UNICODE_ENVIRONMENT = 0x400;
/** What CreateProcessW fills. */
export const PROCESS_INFORMATION = {
  sizeof: 24,
  hProcess: 0,
  hThread: 8,
  dwProcessId: 16,
} as const;

const STARTUPINFOW = {
  cb: 0,
  dwFlags: 60,
  hStdInput: 80,
  hStdOutput: 88,
  hStdError: 96,
} as const;
/** It begins with a STARTUPINFOW. */
const STARTUPINFOEXW = { sizeof: 112, lpAttributeList: 104 } as const;
const STARTF_USESTDHANDLES = 0x100;

/** STARTUPINFOEXW with one attribute. To be released once CreateProcessW has returned. */
export class StartupInfo {
  readonly bytes: Uint8Array<ArrayBuffer> = memory(STARTUPINFOEXW.sizeof);
  #attributes: Uint8Array<ArrayBuffer> | null;
  /** What the attribute points to stays with it. */
  #value: Uint8Array<ArrayBuffer> | Deno.PointerObject | null;

  /**
   * @param attribute one of PROC_THREAD_ATTRIBUTE_…
   * @param value what the attribute points to, or a pointer that it is itself
   * @param size of what it points to, in bytes
   * @param handles standard input, and what output and errors go to; none of this process's unless
   * given
   */
  constructor(
    attribute: bigint,
    value: Uint8Array<ArrayBuffer> | Deno.PointerObject,
    size: number,
    handles?: { input: Handle; output: Handle },
  ) {
    const attributes = this.#attributes = attributeList();
    this.#value = value;
    const pointer = value instanceof Uint8Array ? Deno.UnsafePointer.of(value) : value;
    const updated = kernel32().UpdateProcThreadAttribute(
      attributes,
      0,
      attribute,
      pointer,
      BigInt(size),
      null,
      null,
    );
    if (updated === 0) throw systemError("Cannot prepare a process", lastError());
    const view = new DataView(this.bytes.buffer);
    view.setUint32(STARTUPINFOW.cb, STARTUPINFOEXW.sizeof, true);
    view.setUint32(STARTUPINFOW.dwFlags, STARTF_USESTDHANDLES, true);
    if (handles !== undefined) {
      view.setBigUint64(STARTUPINFOW.hStdInput, addressOf(handles.input), true);
      view.setBigUint64(STARTUPINFOW.hStdOutput, addressOf(handles.output), true);
      view.setBigUint64(STARTUPINFOW.hStdError, addressOf(handles.output), true);
    }
    const list = Deno.UnsafePointer.of(attributes);
    view.setBigUint64(STARTUPINFOEXW.lpAttributeList, addressOf(list), true);
  }

  release(): void {
    if (this.#attributes !== null) kernel32().DeleteProcThreadAttributeList(this.#attributes);
    this.#attributes = null;
    this.#value = null;
  }
}

/** A list with room for one attribute. */
function attributeList(): Uint8Array<ArrayBuffer> {
  const size = memory(SIZE_T.sizeof);
  // Fails by design: this call asks for the size.
  kernel32().InitializeProcThreadAttributeList(null, 1, 0, size);
  const list = memory(dwordIn(size));
  if (kernel32().InitializeProcThreadAttributeList(list, 1, 0, size) === 0) {
    throw systemError("Cannot prepare a process", lastError());
  }
  return list;
}
