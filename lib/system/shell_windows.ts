/** Calls into Windows' shell and registry that find and open programs, bound on first use. */
import { wide } from "./kernel32.ts";

const SHELL = {
  ShellExecuteW: {
    parameters: ["pointer", "buffer", "buffer", "pointer", "buffer", "i32"],
    result: "pointer",
    // It may take seconds: until a program has been looked at for viruses, or a question answered.
    nonblocking: true,
  },
} as const;

const REGISTRY = {
  RegOpenKeyExW: { parameters: ["pointer", "buffer", "u32", "u32", "buffer"], result: "i32" },
  RegEnumKeyExW: {
    parameters: [
      ...["pointer", "u32", "buffer", "buffer"] as const,
      ...["pointer", "pointer", "pointer", "pointer"] as const,
    ],
    result: "i32",
  },
  RegGetValueW: {
    parameters: ["pointer", "pointer", "pointer", "u32", "pointer", "buffer", "buffer"],
    result: "i32",
  },
  RegCloseKey: { parameters: ["pointer"], result: "i32" },
} as const;

// https://learn.microsoft.com/en-us/windows/win32/sysinfo/predefined-keys (sign-extended to 64 bits)
const HKEY_CURRENT_USER = 0xffffffff80000001n;
const HKEY_LOCAL_MACHINE = 0xffffffff80000002n;
const ROOTS = { user: HKEY_CURRENT_USER, machine: HKEY_LOCAL_MACHINE } as const;
const KEY_READ = 0x20019;
/** Takes REG_EXPAND_SZ as well and expands it. */
const RRF_RT_REG_SZ = 0x2;
const SW_SHOWNORMAL = 1;
/** What ShellExecute returns for success is greater. */
const SHELL_ERRORS = 32n;
/** Characters: the longest name of a key, and the longest path with an extended prefix. */
const NAME_LENGTH = 256;
const PATH_LENGTH = 32_768;

let shell: Deno.DynamicLibrary<typeof SHELL> | undefined;
let registry: Deno.DynamicLibrary<typeof REGISTRY> | undefined;

const SE_ERR_FNF = 2;
const SE_ERR_PNF = 3;
const SE_ERR_ACCESSDENIED = 5;
const ERROR_BAD_FORMAT = 11;
const SE_ERR_SHARE = 26;
const SE_ERR_ASSOCINCOMPLETE = 27;
const SE_ERR_NOASSOC = 31;
const SE_ERR_DLLNOTFOUND = 32;

/** What the shell's numbers mean to somebody who wanted to open a file; from the same page. */
const SHELL_REASONS: Readonly<Record<string, string>> = {
  [SE_ERR_FNF]: "it is not there",
  [SE_ERR_PNF]: "a folder on its path is not there",
  [SE_ERR_ACCESSDENIED]: "you have no right to open it",
  [ERROR_BAD_FORMAT]: "it is no program for Windows",
  [SE_ERR_SHARE]: "another program has it open and lets nobody read it",
  [SE_ERR_ASSOCINCOMPLETE]: "Windows knows no program for files of this kind",
  [SE_ERR_NOASSOC]: "Windows knows no program for files of this kind",
  [SE_ERR_DLLNOTFOUND]: "a library that it needs is not there",
};

/**
 * Opens a file as a double click would: runs a program, follows a shortcut.
 * https://learn.microsoft.com/en-us/windows/win32/api/shellapi/nf-shellapi-shellexecutew
 *
 * Extensions of the shell that it may call take a thread with an apartment of COM for itself alone. It
 * runs in one of Deno's threads, which have none, and which one cannot be told beforehand; for such
 * callers Windows makes a thread of that kind, and waits until the program has been started there.
 * https://learn.microsoft.com/en-us/windows/win32/api/shellapi/ns-shellapi-shellexecuteinfow
 *
 * @param folder The working folder of what is started, unless a shortcut names one of its own; this
 *   process's own unless given.
 * @throws {Error} that says what went wrong, or the shell's number for it.
 */
export async function openByShell(path: string, folder: string | null = null): Promise<void> {
  shell ??= Deno.dlopen("shell32.dll", SHELL);
  const place = folder === null ? null : wide(folder);
  const answer = await shell.symbols
    .ShellExecuteW(null, wide("open"), wide(path), null, place, SW_SHOWNORMAL);
  const code = Deno.UnsafePointer.value(answer);
  if (code > SHELL_ERRORS) return;
  const reason = SHELL_REASONS[String(code)] ?? `Windows shell error ${code}`;
  throw new Error(`Cannot open "${path}": ${reason}`);
}

/**
 * The keys below `path` of the user's or the machine's part of the registry, each with its unnamed
 * value where that is a text. Empty where there is no such key.
 */
export function registryTexts(root: keyof typeof ROOTS, path: string): Map<string, string> {
  const found = new Map<string, string>();
  const key = openKey(Deno.UnsafePointer.create(ROOTS[root]), path);
  if (key === null) return found;
  registry ??= Deno.dlopen("advapi32.dll", REGISTRY);
  const { RegEnumKeyExW, RegCloseKey } = registry.symbols;
  try {
    for (let index = 0;; index++) {
      const name = new Uint16Array(NAME_LENGTH);
      const length = new Uint32Array([NAME_LENGTH]);
      if (RegEnumKeyExW(key, index, name, length, null, null, null, null) !== 0) return found;
      const text = new TextDecoder("utf-16le").decode(name.subarray(0, length[0]!));
      const value = unnamedText(key, text);
      if (value !== null) found.set(text, value);
    }
  } finally {
    RegCloseKey(key);
  }
}

function openKey(parent: Deno.PointerValue, path: string): Deno.PointerValue {
  registry ??= Deno.dlopen("advapi32.dll", REGISTRY);
  const handle = new BigUint64Array(1);
  const code = registry.symbols.RegOpenKeyExW(parent, wide(path), 0, KEY_READ, handle);
  return code === 0 ? Deno.UnsafePointer.create(handle[0]!) : null;
}

function unnamedText(parent: Deno.PointerValue, name: string): string | null {
  const key = openKey(parent, name);
  if (key === null) return null;
  const { RegGetValueW, RegCloseKey } = registry!.symbols;
  try {
    const text = new Uint16Array(PATH_LENGTH);
    const bytes = new Uint32Array([text.byteLength]);
    if (RegGetValueW(key, null, null, RRF_RT_REG_SZ, null, text, bytes) !== 0) return null;
    // The length counts the closing zero.
    const length = Math.max(0, bytes[0]! / 2 - 1);
    return new TextDecoder("utf-16le").decode(text.subarray(0, length)) || null;
  } finally {
    RegCloseKey(key);
  }
}
