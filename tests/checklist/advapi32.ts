/**
 * The calls of advapi32 by which the checklist acts as somebody with fewer rights.
 *
 * @module
 */

const SYMBOLS = {
  CreateRestrictedToken: {
    parameters: [
      "pointer",
      "u32",
      "u32",
      "buffer",
      "u32",
      "pointer",
      "u32",
      "pointer",
      "buffer",
    ],
    result: "i32",
  },
  ImpersonateLoggedOnUser: { parameters: ["pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions, named as Microsoft names them. */
export type RightsCalls = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let symbols: RightsCalls | undefined;

/** advapi32, loaded by the first call. */
export function rightsCalls(): RightsCalls {
  return symbols ??= Deno.dlopen("advapi32.dll", SYMBOLS).symbols;
}
