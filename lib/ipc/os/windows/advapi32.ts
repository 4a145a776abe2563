/**
 * advapi32 as far as the mesh needs it: tokens, SIDs, security descriptors and policies. Loaded on first use.
 *
 * @module
 */

const SYMBOLS = {
  OpenProcessToken: { parameters: ["pointer", "u32", "buffer"], result: "i32" },
  OpenThreadToken: { parameters: ["pointer", "u32", "i32", "buffer"], result: "i32" },
  ImpersonateNamedPipeClient: { parameters: ["pointer"], result: "i32" },
  RevertToSelf: { parameters: [], result: "i32" },
  GetTokenInformation: {
    parameters: ["pointer", "u32", "buffer", "u32", "buffer"],
    result: "i32",
  },
  ConvertSidToStringSidW: { parameters: ["pointer", "buffer"], result: "i32" },
  ConvertStringSecurityDescriptorToSecurityDescriptorW: {
    parameters: ["buffer", "u32", "buffer", "pointer"],
    result: "i32",
  },
  GetSecurityInfo: {
    parameters: [
      "pointer",
      "u32",
      "u32",
      "buffer",
      "pointer",
      "buffer",
      "pointer",
      "buffer",
    ],
    result: "u32",
  },
  RegGetValueW: {
    parameters: ["pointer", "buffer", "buffer", "u32", "pointer", "buffer", "buffer"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** The functions of advapi32, named as Microsoft names them. */
export type Advapi32 = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

let symbols: Advapi32 | undefined;

/** advapi32, loaded by the first call and kept for the life of the process. */
export function advapi32(): Advapi32 {
  return symbols ??= Deno.dlopen("advapi32.dll", SYMBOLS).symbols;
}

// What several modules give to these functions; a number that one module gives stands there.
export const TOKEN_QUERY = 0x8;
export const TokenUser = 1;
export const SECURITY_MAX_SID_SIZE = 68;
export const SE_KERNEL_OBJECT = 6;
export const OWNER_SECURITY_INFORMATION = 1;
export const SDDL_REVISION_1 = 1;
