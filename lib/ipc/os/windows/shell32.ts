/**
 * shell32 as far as the mesh needs it: taking a command line apart. Loaded on first use.
 *
 * @module
 */

const SYMBOLS = {
  CommandLineToArgvW: { parameters: ["pointer", "buffer"], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of shell32, named as Microsoft names them. */
export type Shell32 = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let symbols: Shell32 | undefined;

/** shell32, loaded by the first call and kept for the life of the process. */
export function shell32(): Shell32 {
  return symbols ??= Deno.dlopen("shell32.dll", SYMBOLS).symbols;
}
