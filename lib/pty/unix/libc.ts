/**
 * The C library's calls for pseudo-terminals, bound on first use, and the numbers that Linux and
 * macOS differ in.
 *
 * @module
 */

import { cLibrary, FILL, FILL_TYPES } from "../../system/c_library.ts";

// (On Windows nobody uses them, and on another system cLibrary throws before anybody could.)
const LINUX = Deno.build.os === "linux";

export const O_RDWR = 2;
export const O_NOCTTY = LINUX ? 0o400 : 0x2_0000;
export const O_NONBLOCK = LINUX ? 0o4000 : 0x4;
export const O_CLOEXEC = LINUX ? 0o2000000 : 0x100_0000;
const TIOCSWINSZ: bigint = LINUX ? 0x5414n : 0x8008_7467n;
export const EINTR = 4;
export const EIO = 5;
export const EAGAIN = LINUX ? 11 : 35;
export const POLLIN = 0x1;
export const POLLOUT = 0x4;

const F_SETFD = 2;
const F_SETFL = 4;
const FD_CLOEXEC = 1n;

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  pipe: { parameters: ["buffer"], result: "i32" },
  grantpt: { parameters: ["i32"], result: "i32" },
  unlockpt: { parameters: ["i32"], result: "i32" },
  ptsname: { parameters: ["i32"], result: "pointer" },
  strerror: { parameters: ["i32"], result: "pointer" },
  poll: { parameters: ["buffer", LINUX ? "u64" : "u32", "i32"], result: "i32", nonblocking: true },
  errno: { name: LINUX ? "__errno_location" : "__error", parameters: [], result: "pointer" },
  fcntl: { parameters: ["i32", "i32", ...FILL_TYPES, "u64"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", ...FILL_TYPES, "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>;

let library: Library | undefined;

/** The bound functions, named as in the manual. */
export function libc(): Library["symbols"] {
  library ??= Deno.dlopen(cLibrary(), SYMBOLS);
  return library.symbols;
}

/** The number of the last error: to be asked in the same stretch as the call that failed. */
export function errno(): number {
  return new Deno.UnsafePointerView(libc().errno()!).getInt32();
}

/** An error for a call that has just failed: "Cannot …: No such file or directory". */
export function failure(action: string): Error {
  const message = libc().strerror(errno());
  return new Error(
    `${action}: ${message === null ? "" : Deno.UnsafePointerView.getCString(message)}`,
  );
}

/** Closes `descriptor` in every program that is started from now on, and makes it not block. */
export function closeOnExecNonblocking(descriptor: number): void {
  const fcntl = libc().fcntl as (fd: number, command: number, ...rest: bigint[]) => number;
  fcntl(descriptor, F_SETFD, ...FILL, FD_CLOEXEC);
  // O_RDWR is not changed by this call, whatever is given.
  fcntl(descriptor, F_SETFL, ...FILL, BigInt(O_NONBLOCK));
}

/** Tells a terminal its size, and the program in it. */
export function setWindowSize(descriptor: number, columns: number, rows: number): number {
  const ioctl = libc().ioctl as (fd: number, request: bigint, ...rest: unknown[]) => number;
  return ioctl(descriptor, TIOCSWINSZ, ...FILL, new Uint16Array([rows, columns, 0, 0]));
}

/** `text` as C takes it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}
