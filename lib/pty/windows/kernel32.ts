/**
 * The calls of kernel32 that pseudo-consoles need besides those that the mesh has bound already.
 *
 * @module
 */

const SYMBOLS = {
  // COORD by value: the low word holds the columns, the high one the rows. The result is an HRESULT.
  CreatePseudoConsole: {
    parameters: ["u32", "pointer", "pointer", "u32", "buffer"],
    result: "i32",
  },
  ResizePseudoConsole: { parameters: ["pointer", "u32"], result: "i32" },
  // May wait for the console to write its last output, which this thread has to read.
  ClosePseudoConsole: { parameters: ["pointer"], result: "void", nonblocking: true },
  ResumeThread: { parameters: ["pointer"], result: "u32" },
  TerminateProcess: { parameters: ["pointer", "u32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>;

let library: Library | undefined;

/**
 * The functions, named as Microsoft names them; bound by the first call.
 * @throws {Deno.errors.NotSupported} Before Windows 10 version 1809, which has no pseudo-consoles.
 */
export function ptyKernel32(): Library["symbols"] {
  try {
    library ??= Deno.dlopen("kernel32.dll", SYMBOLS);
  } catch (error) {
    throw new Deno.errors.NotSupported(
      "Cannot open a pseudo-console: it takes Windows 10 version 1809 or later",
      { cause: error },
    );
  }
  return library.symbols;
}
