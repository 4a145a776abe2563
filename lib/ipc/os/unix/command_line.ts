/**
 * The arguments this process was started with. Deno tells a program only those behind its script,
 * so the C library is asked for all of them.
 *
 * @module
 */

import { systemError } from "./system_call.ts";

/** Linux: program, flags, script and arguments of this process. */
export function linuxCommandLine(): string[] {
  // Each argument ends with a zero byte.
  return new TextDecoder().decode(readFile() ?? readByLibc()).split("\0").slice(0, -1);
}

const FILE = "/proc/self/cmdline";

/** proc(5): with Deno's own file API, which opens /proc for a program that may do everything. */
function readFile(): Uint8Array | null {
  // Asked first, so that nobody is prompted.
  if (Deno.permissions.querySync({ name: "read" }).state !== "granted") return null;
  try {
    return Deno.readFileSync(FILE);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return null;
    throw systemError(`Cannot read "${FILE}"`, error);
  }
}

/** For a program that may do less. Loading the library takes as long as reading ten files. */
function readByLibc(): Uint8Array {
  const libc = Deno.dlopen(
    "libc.so.6",
    {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
      close: { parameters: ["i32"], result: "i32" },
    } as const,
  );
  const { open, read, close } = libc.symbols;
  const file = open(new TextEncoder().encode(`${FILE}\0`), 0);
  if (file < 0) {
    throw new Deno.errors.NotFound(`Cannot open "${FILE}": is /proc mounted`);
  }
  const chunks: number[] = [];
  try {
    const buffer = new Uint8Array(new ArrayBuffer(4096));
    for (;;) {
      const count = Number(read(file, buffer, BigInt(buffer.length)));
      if (count < 0) throw new Deno.errors.NotSupported(`Cannot read "${FILE}"`);
      if (count === 0) break;
      for (const byte of buffer.subarray(0, count)) chunks.push(byte);
    }
  } finally {
    close(file);
    libc.close();
  }
  return Uint8Array.from(chunks);
}

/** macOS: the same, by crt_externs.h. */
export function macosCommandLine(): string[] {
  const system = Deno.dlopen(
    "libSystem.dylib",
    {
      _NSGetArgc: { parameters: [], result: "pointer" },
      _NSGetArgv: { parameters: [], result: "pointer" },
    } as const,
  );
  try {
    const argc = system.symbols._NSGetArgc();
    const argv = system.symbols._NSGetArgv();
    if (argc === null || argv === null) {
      throw new Deno.errors.NotSupported("Cannot read this process's arguments");
    }
    const count = new Deno.UnsafePointerView(argc).getInt32();
    const list = new Deno.UnsafePointerView(argv).getPointer();
    if (list === null) throw new Deno.errors.NotSupported("Cannot read this process's arguments");
    const view = new Deno.UnsafePointerView(list);
    return Array.from({ length: count }, (_, i) => {
      const text = view.getPointer(i * 8);
      return text === null ? "" : new Deno.UnsafePointerView(text).getCString();
    });
  } finally {
    system.close();
  }
}
