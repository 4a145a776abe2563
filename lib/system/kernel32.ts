/** The calls into kernel32.dll that host figures, process trees and consoles need, bound on first use. */

const SYMBOLS = {
  GetSystemTimes: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  GetSystemPowerStatus: { parameters: ["buffer"], result: "i32" },
  CreateJobObjectW: { parameters: ["pointer", "pointer"], result: "pointer" },
  SetInformationJobObject: { parameters: ["pointer", "i32", "buffer", "u32"], result: "i32" },
  QueryInformationJobObject: {
    parameters: ["pointer", "i32", "buffer", "u32", "pointer"],
    result: "i32",
  },
  AssignProcessToJobObject: { parameters: ["pointer", "pointer"], result: "i32" },
  TerminateJobObject: { parameters: ["pointer", "u32"], result: "i32" },
  OpenProcess: { parameters: ["u32", "i32", "u32"], result: "pointer" },
  GetExitCodeProcess: { parameters: ["pointer", "buffer"], result: "i32" },
  CloseHandle: { parameters: ["pointer"], result: "i32" },
  GetStdHandle: { parameters: ["u32"], result: "pointer" },
  // Waits for somebody to type.
  ReadConsoleW: {
    parameters: ["pointer", "buffer", "u32", "buffer", "pointer"],
    result: "i32",
    nonblocking: true,
  },
  GetConsoleOutputCP: { parameters: [], result: "u32" },
  SetConsoleOutputCP: { parameters: ["u32"], result: "i32" },
  GetLastError: { parameters: [], result: "u32" },
} as const;

let library: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;

/** The bound functions. Opened lazily, so that every system can import and type-check this file. */
export function kernel32(): Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] {
  library ??= Deno.dlopen("kernel32.dll", SYMBOLS);
  return library.symbols;
}

/** `text` as zero-terminated UTF-16, as the `…W` functions take it, in memory that never moves. */
export function wide(text: string): Uint8Array<ArrayBuffer> {
  const units = new Uint16Array(new ArrayBuffer((text.length + 1) * 2));
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return new Uint8Array(units.buffer);
}
