/**
 * Shortcut files (.lnk), written by Windows itself: the shell's IShellLink through COM.
 *
 * https://learn.microsoft.com/windows/win32/api/shobjidl_core/nn-shobjidl_core-ishelllinkw
 *
 * @module
 */

/** What a shortcut starts. */
export interface Shortcut {
  /** The program. */
  target: string;
  /** Its command line, quoted as it should be. */
  arguments: string;
  /** The working folder. */
  folder: string;
  /** Shown when the pointer rests on it. */
  description: string;
  /** Whether its window begins as a button of the task bar. */
  minimized: boolean;
}

const CLSID_SHELL_LINK = guid("00021401-0000-0000-c000-000000000046");
const IID_SHELL_LINK = guid("000214f9-0000-0000-c000-000000000046");
const IID_PERSIST_FILE = guid("0000010b-0000-0000-c000-000000000046");
const CLSCTX_INPROC_SERVER = 1;
const COINIT_APARTMENTTHREADED = 2;
const RPC_E_CHANGED_MODE = 0x8001_0106 | 0;
const SW_SHOWNORMAL = 1;
const SW_SHOWMINNOACTIVE = 7;

// Places of the methods in the tables of their interfaces.
const QUERY_INTERFACE = 0;
const RELEASE = 2;
const SET_DESCRIPTION = 7;
const SET_WORKING_DIRECTORY = 9;
const SET_ARGUMENTS = 11;
const SET_SHOW_COMMAND = 15;
const SET_PATH = 20;
const SAVE = 6;

/** Writes a shortcut; one that is there is replaced. */
export function writeShortcut(path: string, shortcut: Shortcut): void {
  const ole32 = Deno.dlopen("ole32.dll", {
    CoInitializeEx: { parameters: ["pointer", "u32"], result: "i32" },
    CoUninitialize: { parameters: [], result: "void" },
    CoCreateInstance: {
      parameters: ["buffer", "pointer", "u32", "buffer", "buffer"],
      result: "i32",
    },
  });
  try {
    const { CoInitializeEx, CoUninitialize, CoCreateInstance } = ole32.symbols;
    const initialized = CoInitializeEx(null, COINIT_APARTMENTTHREADED);
    if (initialized !== RPC_E_CHANGED_MODE) check(initialized, path, "COM cannot be used");
    const created = new BigUint64Array(1);
    const out = new Uint8Array(created.buffer);
    check(
      CoCreateInstance(CLSID_SHELL_LINK, null, CLSCTX_INPROC_SERVER, IID_SHELL_LINK, out),
      path,
      "the shell has no IShellLink",
    );
    const link = Deno.UnsafePointer.create(created[0]!)!;
    try {
      fill(link, path, shortcut);
      save(link, path);
    } finally {
      method(link, RELEASE, [])();
      if (initialized >= 0) CoUninitialize();
    }
  } finally {
    ole32.close();
  }
}

function fill(link: Deno.PointerObject, path: string, shortcut: Shortcut): void {
  const text = (index: number, value: string) =>
    check(method(link, index, ["buffer"])(wide(value)), path, `"${value}" was refused`);
  text(SET_PATH, shortcut.target);
  text(SET_ARGUMENTS, shortcut.arguments);
  text(SET_WORKING_DIRECTORY, shortcut.folder);
  text(SET_DESCRIPTION, shortcut.description);
  const show = shortcut.minimized ? SW_SHOWMINNOACTIVE : SW_SHOWNORMAL;
  check(method(link, SET_SHOW_COMMAND, ["i32"])(show), path, "its window's state was refused");
}

function save(link: Deno.PointerObject, path: string): void {
  const found = new BigUint64Array(1);
  const out = new Uint8Array(found.buffer);
  check(
    method(link, QUERY_INTERFACE, ["buffer", "buffer"])(IID_PERSIST_FILE, out),
    path,
    "a shortcut cannot be saved",
  );
  const file = Deno.UnsafePointer.create(found[0]!)!;
  try {
    check(method(file, SAVE, ["buffer", "i32"])(wide(path), 1), path, "it was not saved");
  } finally {
    method(file, RELEASE, [])();
  }
}

type Parameter = "buffer" | "i32";

/** A method of a COM object, by its place in the object's table. */
function method(object: Deno.PointerObject, index: number, parameters: readonly Parameter[]) {
  const table = new Deno.UnsafePointerView(object).getPointer(0)!;
  const code = new Deno.UnsafePointerView(table).getPointer(index * 8)!;
  const definition = { parameters: ["pointer", ...parameters], result: "i32" } as const;
  const call = new Deno.UnsafeFnPointer(
    code as Deno.PointerObject<typeof definition>,
    definition,
  );
  return (...values: unknown[]): number => call.call(object, ...values as never[]) as number;
}

function check(result: number, path: string, why: string): void {
  if (result >= 0) return;
  const code = `0x${(result >>> 0).toString(16)}`;
  throw new Error(`Cannot write the shortcut "${path}": ${why} (${code})`);
}

/** A GUID as it lies in memory: the first three parts are numbers, the rest is bytes. */
function guid(text: string): Uint8Array<ArrayBuffer> {
  const hex = text.replaceAll("-", "");
  const bytes = Uint8Array.from(
    { length: 16 },
    (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
  for (const [start, end] of [[0, 4], [4, 6], [6, 8]] as const) {
    bytes.subarray(start, end).reverse();
  }
  return bytes;
}

function wide(text: string): Uint8Array<ArrayBuffer> {
  const units = new Uint16Array(text.length + 1);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return new Uint8Array(units.buffer);
}
