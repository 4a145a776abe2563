/**
 * Writing to standard output and standard error until all of it is taken, whoever reads it.
 *
 * A pipe or terminal that is shared has one mode for all who share it: another program may set it
 * not to block, and then a full one refuses what does not fit. `Deno.stdout` cannot be asked again
 * then, because it does not tell how much it had taken: https://doc.rust-lang.org/std/io/struct.LineWriter.html
 * is behind it. So on Unix the system's own calls are used, which tell.
 */
import { cLibrary, FILL, FILL_TYPES } from "./c_library.ts";

/** An output by the number that the system knows it by. */
export type Output = "stdout" | "stderr";

const NUMBERS: Readonly<Record<Output, number>> = { stdout: 1, stderr: 2 };

const LINUX = Deno.build.os === "linux";
const EINTR = 4;
const EAGAIN = LINUX ? 11 : 35;
const EPIPE = 32;
const POLLOUT = 0x4;
const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = LINUX ? 0o4000 : 0x4;

const POLL = { parameters: ["buffer", LINUX ? "u64" : "u32", "i32"], result: "i32" } as const;
const WRITE = { parameters: ["i32", "buffer", "usize"], result: "isize" } as const;
const SYMBOLS = {
  fcntl: { parameters: ["i32", "i32", ...FILL_TYPES, "u64"], result: "i32" },
  write: WRITE,
  poll: POLL,
  errno: { name: LINUX ? "__errno_location" : "__error", parameters: [], result: "pointer" },
  strerror: { parameters: ["i32"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

type Calls = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let calls: Calls | null | undefined;

/** The system's calls; `null` on Windows, where outputs always wait, and where Deno may not ask. */
function systemCalls(): Calls | null {
  if (calls !== undefined) return calls;
  calls = null;
  if (Deno.build.os === "windows") return null;
  try {
    calls = Deno.dlopen(cLibrary(), SYMBOLS).symbols;
  } catch {
    // No --allow-ffi, or another C library or system: Deno.stdout does, but for outputs that do not wait.
  }
  return calls;
}

/**
 * Writes all of the bytes. Where the output is full, the whole program waits.
 *
 * @throws {Deno.errors.BrokenPipe} Where nobody reads it any more.
 * @throws {Error} Where it cannot be written, with the system's words.
 */
export function writeAll(output: Output, bytes: Uint8Array): void {
  const system = systemCalls();
  for (let left = bytes as Uint8Array<ArrayBuffer>; left.length > 0;) {
    const count = system === null
      ? Deno[output].writeSync(left)
      : writeSome(system, NUMBERS[output], left);
    left = left.subarray(count);
  }
}

/** Has a terminal wait again that another program has left not to: for programs that own it. */
export function makeWait(output: Output): void {
  const system = systemCalls();
  if (system === null) return;
  const number = NUMBERS[output];
  const flags = system.fcntl(number, F_GETFL, ...FILL, 0n);
  if (flags < 0 || (flags & O_NONBLOCK) === 0) return;
  system.fcntl(number, F_SETFL, ...FILL, BigInt(flags & ~O_NONBLOCK));
}

/** How many bytes were taken; 0 after waiting for room. */
function writeSome(system: Calls, number: number, bytes: Uint8Array<ArrayBuffer>): number {
  const count = Number(system.write(number, bytes, BigInt(bytes.length)));
  if (count >= 0) return count;
  const error = new Deno.UnsafePointerView(system.errno()!).getInt32();
  if (error === EAGAIN) {
    // struct pollfd: the number, what is wanted, what came.
    const wanted = new Int32Array([number, POLLOUT]);
    system.poll(wanted, LINUX ? 1n : 1, -1);
  } else if (error !== EINTR) {
    const message = Deno.UnsafePointerView.getCString(system.strerror(error)!);
    throw new (error === EPIPE ? Deno.errors.BrokenPipe : Error)(message);
  }
  return 0;
}
