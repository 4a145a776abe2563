/**
 * Shortcut files (.lnk), written by Windows itself: the shell's IShellLink through COM.
 *
 * https://learn.microsoft.com/windows/win32/api/shobjidl_core/nn-shobjidl_core-ishelllinkw
 *
 * @module
 */
import { wide } from "../../system/kernel32.ts";

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

const CLSID_ShellLink = guid("00021401-0000-0000-c000-000000000046");
const IID_IShellLinkW = guid("000214f9-0000-0000-c000-000000000046");
const IID_IPersistFile = guid("0000010b-0000-0000-c000-000000000046");
const CLSCTX_INPROC_SERVER = 1;
const COINIT_APARTMENTTHREADED = 2;
const RPC_E_CHANGED_MODE = 0x8001_0106 | 0;
const SW_SHOWNORMAL = 1;
const SW_SHOWMINNOACTIVE = 7;

/** A method of an interface: where its address is in the interface's table, and what it takes. */
interface Method extends Deno.ForeignFunction {
  readonly offset: number;
}

const IShellLinkWVtbl = {
  QueryInterface: { offset: 0, parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  Release: { offset: 16, parameters: ["pointer"], result: "u32" },
  SetDescription: { offset: 56, parameters: ["pointer", "buffer"], result: "i32" },
  SetWorkingDirectory: { offset: 72, parameters: ["pointer", "buffer"], result: "i32" },
  SetArguments: { offset: 88, parameters: ["pointer", "buffer"], result: "i32" },
  SetShowCmd: { offset: 120, parameters: ["pointer", "i32"], result: "i32" },
  SetPath: { offset: 160, parameters: ["pointer", "buffer"], result: "i32" },
} as const satisfies Record<string, Method>;

const IPersistFileVtbl = {
  Release: { offset: 16, parameters: ["pointer"], result: "u32" },
  Save: { offset: 48, parameters: ["pointer", "buffer", "i32"], result: "i32" },
} as const satisfies Record<string, Method>;

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
      CoCreateInstance(CLSID_ShellLink, null, CLSCTX_INPROC_SERVER, IID_IShellLinkW, out),
      path,
      "the shell has no IShellLink",
    );
    const link = Deno.UnsafePointer.create(created[0]!)!;
    try {
      fill(link, path, shortcut);
      save(link, path);
    } finally {
      call(link, IShellLinkWVtbl.Release);
      if (initialized >= 0) CoUninitialize();
    }
  } finally {
    ole32.close();
  }
}

function fill(link: Deno.PointerObject, path: string, shortcut: Shortcut): void {
  const { SetPath, SetArguments, SetWorkingDirectory, SetDescription, SetShowCmd } =
    IShellLinkWVtbl;
  const text = (method: Method, value: string) =>
    check(call(link, method, wide(value)), path, `"${value}" was refused`);
  text(SetPath, shortcut.target);
  text(SetArguments, shortcut.arguments);
  text(SetWorkingDirectory, shortcut.folder);
  text(SetDescription, shortcut.description);
  const show = shortcut.minimized ? SW_SHOWMINNOACTIVE : SW_SHOWNORMAL;
  check(call(link, SetShowCmd, show), path, "its window's state was refused");
}

function save(link: Deno.PointerObject, path: string): void {
  const found = new BigUint64Array(1);
  const out = new Uint8Array(found.buffer);
  check(
    call(link, IShellLinkWVtbl.QueryInterface, IID_IPersistFile, out),
    path,
    "a shortcut cannot be saved",
  );
  const file = Deno.UnsafePointer.create(found[0]!)!;
  try {
    check(call(file, IPersistFileVtbl.Save, wide(path), 1), path, "it was not saved");
  } finally {
    call(file, IPersistFileVtbl.Release);
  }
}

/** Calls a method of a COM object. */
function call(object: Deno.PointerObject, method: Method, ...values: unknown[]): number {
  const table = new Deno.UnsafePointerView(object).getPointer()!;
  const code = new Deno.UnsafePointerView(table).getPointer(method.offset)!;
  const called = new Deno.UnsafeFnPointer(code as Deno.PointerObject<Method>, method);
  return called.call(object, ...values as never[]) as number;
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
