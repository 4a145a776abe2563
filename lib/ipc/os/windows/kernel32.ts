/**
 * kernel32 as far as the mesh needs it: loaded on first use, so that this file can be imported (and
 * type-checked) on every system.
 *
 * @module
 */

/** A pointer-sized handle; never `INVALID_HANDLE_VALUE`, which {@link validHandle} turns to null. */
export type Handle = Deno.PointerObject;

const SYMBOLS = {
  CloseHandle: { parameters: ["pointer"], result: "i32" },
  LocalFree: { parameters: ["pointer"], result: "pointer" },
  GetLastError: { parameters: [], result: "u32" },
  SetLastError: { parameters: ["u32"], result: "void" },
  lstrlenW: { parameters: ["pointer"], result: "i32" },

  // Pipes and files
  CreateNamedPipeW: {
    parameters: ["buffer", "u32", "u32", "u32", "u32", "u32", "u32", "buffer"],
    result: "pointer",
  },
  WaitNamedPipeW: { parameters: ["buffer", "u32"], result: "i32" },
  GetNamedPipeClientProcessId: { parameters: ["pointer", "buffer"], result: "i32" },
  GetNamedPipeServerProcessId: { parameters: ["pointer", "buffer"], result: "i32" },
  CreateFileW: {
    parameters: ["buffer", "u32", "u32", "buffer", "u32", "u32", "pointer"],
    result: "pointer",
  },

  // Overlapped operations
  CancelIoEx: { parameters: ["pointer", "pointer"], result: "i32" },
  CreateEventW: { parameters: ["pointer", "i32", "i32", "pointer"], result: "pointer" },
  RegisterWaitForSingleObject: {
    parameters: ["buffer", "pointer", "function", "pointer", "u32", "u32"],
    result: "i32",
  },
  UnregisterWait: { parameters: ["pointer"], result: "i32" },
  UnregisterWaitEx: { parameters: ["pointer", "pointer"], result: "i32", nonblocking: true },

  // Processes
  GetCommandLineW: { parameters: [], result: "pointer" },
  GetEnvironmentStringsW: { parameters: [], result: "pointer" },
  FreeEnvironmentStringsW: { parameters: ["pointer"], result: "i32" },
  GetCurrentProcess: { parameters: [], result: "pointer" },
  SetConsoleCtrlHandler: { parameters: ["pointer", "i32"], result: "i32" },
  GetConsoleWindow: { parameters: [], result: "pointer" },
  GetCurrentThread: { parameters: [], result: "pointer" },
  TerminateProcess: { parameters: ["pointer", "u32"], result: "i32" },
  OpenProcess: { parameters: ["u32", "i32", "u32"], result: "pointer" },
  WaitForSingleObject: { parameters: ["pointer", "u32"], result: "u32" },
  GetExitCodeProcess: { parameters: ["pointer", "buffer"], result: "i32" },
  InitializeProcThreadAttributeList: {
    parameters: ["buffer", "u32", "u32", "buffer"],
    result: "i32",
  },
  UpdateProcThreadAttribute: {
    parameters: ["buffer", "u32", "usize", "pointer", "usize", "pointer", "pointer"],
    result: "i32",
  },
  DeleteProcThreadAttributeList: { parameters: ["buffer"], result: "void" },
  CreateProcessW: {
    parameters: [
      "buffer",
      "buffer",
      "pointer",
      "pointer",
      "i32",
      "u32",
      "buffer",
      "buffer",
      "buffer",
      "buffer",
    ],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of kernel32, named as Microsoft names them. */
export type Kernel32 = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let symbols: Kernel32 | undefined;

/** kernel32, loaded by the first call and kept for the life of the process. */
export function kernel32(): Kernel32 {
  return symbols ??= Deno.dlopen("kernel32.dll", SYMBOLS).symbols;
}

export const INVALID_HANDLE_VALUE = 0xffff_ffff_ffff_ffffn;

// What several modules give to these functions; a number that one module gives stands there.
export const GENERIC_READ = 0x8000_0000;
export const GENERIC_WRITE = 0x4000_0000;
export const FILE_APPEND_DATA = 0x4;
export const FILE_SHARE_READ = 0x1;
export const FILE_SHARE_WRITE = 0x2;
export const FILE_SHARE_DELETE = 0x4;
export const OPEN_EXISTING = 3;
export const FILE_FLAG_OVERLAPPED = 0x4000_0000;
export const FILE_FLAG_FIRST_PIPE_INSTANCE = 0x0008_0000;
export const PIPE_ACCESS_DUPLEX = 0x3;
/** For a pipe of bytes: byte type and byte mode are 0. */
export const PIPE_REJECT_REMOTE_CLIENTS = 0x8;
export const PIPE_UNLIMITED_INSTANCES = 255;
export const INFINITE = 0xffff_ffff;
/** The pool's wait thread calls us itself: one thread fewer to wake per completion. */
export const WT_EXECUTEINWAITTHREAD = 0x4;
export const WT_EXECUTEONLYONCE = 0x8;

/** Bytes of what functions store for their caller, by Microsoft's names. */
export const HANDLE = { sizeof: 8 } as const;
export const PVOID = { sizeof: 8 } as const;
export const DWORD = { sizeof: 4 } as const;
export const SIZE_T = { sizeof: 8 } as const;

/** The handle, or `null` for the two values with which Win32 says that there is none. */
export function validHandle(handle: Deno.PointerValue): Handle | null {
  return handle === null || addressOf(handle) === INVALID_HANDLE_VALUE ? null : handle;
}

/** The number behind a pointer, unsigned; 0 for null. */
export function addressOf(pointer: Deno.PointerValue): bigint {
  return BigInt.asUintN(64, BigInt(Deno.UnsafePointer.value(pointer)));
}

/** Zeroed memory that never moves: small typed arrays live on V8's heap, an ArrayBuffer does not. */
export function memory(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(bytes));
}

/** The pointer that a function stored at `offset` of `bytes`. */
export function pointerIn(bytes: Uint8Array<ArrayBuffer>, offset = 0): Deno.PointerValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Deno.UnsafePointer.create(view.getBigUint64(offset, true));
}

/** The DWORD at `offset` of `bytes`. */
export function dwordIn(bytes: Uint8Array<ArrayBuffer>, offset = 0): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true);
}

/** `text` as zero-terminated UTF-16, as the `…W` functions take it. */
export function wide(text: string): Uint8Array<ArrayBuffer> {
  const units = new Uint16Array(new ArrayBuffer((text.length + 1) * 2));
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return new Uint8Array(units.buffer);
}

/**
 * From this length on, paths take the long form: functions of the system read 260 characters of
 * others, the final zero included, and programs built by Deno do not ask for more.
 *
 * https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation
 */
export const MAX_PATH = 260;

/** An absolute path as functions of kernel32 take it, however long it is. Pure. */
export function longPath(path: string): string {
  // Such a path is in the long form already, or names a device.
  if (path.length < MAX_PATH || /^\\\\[?.]\\/.test(path)) return path;
  return path.startsWith("\\\\") ? `\\\\?\\UNC\\${path.slice(2)}` : `\\\\?\\${path}`;
}

/** The zero-terminated UTF-16 string at `pointer`, lone surrogates included. */
export function readWide(pointer: Deno.PointerObject): string {
  const length = kernel32().lstrlenW(pointer);
  const units = new Uint16Array(new ArrayBuffer(length * 2));
  if (length > 0) new Deno.UnsafePointerView(pointer).copyInto(units);
  let text = "";
  for (let at = 0; at < length; at += 4096) {
    text += String.fromCharCode(...units.subarray(at, at + 4096));
  }
  return text;
}
