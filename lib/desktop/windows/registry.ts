/**
 * The part of the Windows registry that belongs to this user (HKEY_CURRENT_USER).
 *
 * https://learn.microsoft.com/windows/win32/sysinfo/registry-functions
 *
 * @module
 */
import { wide } from "../../system/kernel32.ts";

/** A text, one in which `%NAME%` stands for a variable, or a number. */
export type RegistryValue =
  | { type: "string" | "expandable"; value: string }
  | { type: "number"; value: number };

const HKEY_CURRENT_USER = Deno.UnsafePointer.create(0xffff_ffff_8000_0001n);
const KEY_READ = 0x2_0019;
const KEY_WRITE = 0x2_0006;
const REG_SZ = 1;
const REG_EXPAND_SZ = 2;
const REG_DWORD = 4;
const TYPES = { string: REG_SZ, expandable: REG_EXPAND_SZ, number: REG_DWORD } as const;
const ERROR_FILE_NOT_FOUND = 2;

const SYMBOLS = {
  RegCreateKeyExW: {
    parameters: [
      "pointer",
      "buffer",
      "u32",
      "pointer",
      "u32",
      "u32",
      "pointer",
      "buffer",
      "pointer",
    ],
    result: "i32",
  },
  RegOpenKeyExW: { parameters: ["pointer", "buffer", "u32", "u32", "buffer"], result: "i32" },
  RegQueryValueExW: {
    parameters: ["pointer", "buffer", "pointer", "buffer", "buffer", "buffer"],
    result: "i32",
  },
  RegSetValueExW: {
    parameters: ["pointer", "buffer", "u32", "u32", "buffer", "u32"],
    result: "i32",
  },
  RegDeleteValueW: { parameters: ["pointer", "buffer"], result: "i32" },
  RegDeleteTreeW: { parameters: ["pointer", "buffer"], result: "i32" },
  RegCloseKey: { parameters: ["pointer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

let symbols: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
const advapi32 = () => symbols ??= Deno.dlopen("advapi32.dll", SYMBOLS).symbols;

/** The value of a key, or `null` where there is none. */
export function readRegistry(key: string, name: string): RegistryValue | null {
  const handle = openKey(key, KEY_READ);
  if (handle === null) return null;
  try {
    const size = new Uint32Array(1);
    const type = new Uint32Array(1);
    const found = advapi32().RegQueryValueExW(
      handle,
      wide(name),
      null,
      bytesOf(type),
      null,
      bytesOf(size),
    );
    if (found === ERROR_FILE_NOT_FOUND) return null;
    check(found, `read "${name}" of "${key}"`);
    const data = new Uint8Array(Math.max(2, size[0]!));
    check(
      advapi32().RegQueryValueExW(handle, wide(name), null, bytesOf(type), data, bytesOf(size)),
      `read "${name}" of "${key}"`,
    );
    if (type[0] === TYPES.number) {
      return { type: "number", value: new DataView(data.buffer).getUint32(0, true) };
    }
    if (type[0] !== TYPES.string && type[0] !== TYPES.expandable) {
      throw new TypeError(`Cannot read "${name}" of "${key}": it is not a text`);
    }
    const text = new TextDecoder("utf-16le").decode(data.subarray(0, size[0]! & ~1));
    const value = text.replace(/\0+$/, "");
    return { type: type[0] === TYPES.string ? "string" : "expandable", value };
  } finally {
    advapi32().RegCloseKey(handle);
  }
}

/** Writes a value; the key is made where there is none. */
export function writeRegistry(key: string, name: string, { type, value }: RegistryValue): void {
  const handles = new BigUint64Array(1);
  check(
    advapi32().RegCreateKeyExW(
      HKEY_CURRENT_USER,
      wide(key),
      0,
      null,
      0,
      KEY_READ | KEY_WRITE,
      null,
      bytesOf(handles),
      null,
    ),
    `open "${key}"`,
  );
  const handle = Deno.UnsafePointer.create(handles[0]!);
  try {
    const data = type === "number" ? bytesOf(new Uint32Array([value])) : wide(value);
    check(
      advapi32().RegSetValueExW(handle, wide(name), 0, TYPES[type], data, data.length),
      `write "${name}" of "${key}"`,
    );
  } finally {
    advapi32().RegCloseKey(handle);
  }
}

/** Removes a value; one that is not there is no error. */
export function deleteRegistryValue(key: string, name: string): void {
  const handle = openKey(key, KEY_WRITE);
  if (handle === null) return;
  try {
    const result = advapi32().RegDeleteValueW(handle, wide(name));
    if (result !== ERROR_FILE_NOT_FOUND) check(result, `remove "${name}" of "${key}"`);
  } finally {
    advapi32().RegCloseKey(handle);
  }
}

/** Removes a key with all that is in it; one that is not there is no error. */
export function deleteRegistryKey(key: string): void {
  const result = advapi32().RegDeleteTreeW(HKEY_CURRENT_USER, wide(key));
  if (result !== ERROR_FILE_NOT_FOUND) check(result, `remove "${key}"`);
}

function openKey(key: string, access: number): Deno.PointerValue {
  const handles = new BigUint64Array(1);
  const result = advapi32().RegOpenKeyExW(
    HKEY_CURRENT_USER,
    wide(key),
    0,
    access,
    bytesOf(handles),
  );
  if (result === ERROR_FILE_NOT_FOUND) return null;
  check(result, `open "${key}"`);
  return Deno.UnsafePointer.create(handles[0]!);
}

function check(result: number, action: string): void {
  if (result !== 0) throw new Error(`Cannot ${action} in the registry: Windows error ${result}`);
}

function bytesOf(array: Uint32Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>) {
  return new Uint8Array(array.buffer);
}
