/** Who uses a file on Windows, as its Restart Manager tells those who would replace it. */
import { wide } from "./kernel32.ts";

const SYMBOLS = {
  RmStartSession: { parameters: ["buffer", "u32", "buffer"], result: "u32" },
  RmRegisterResources: {
    parameters: ["u32", "u32", "buffer", "u32", "pointer", "u32", "pointer"],
    result: "u32",
  },
  RmGetList: { parameters: ["u32", "buffer", "buffer", "buffer", "buffer"], result: "u32" },
  RmEndSession: { parameters: ["u32"], result: "u32" },
} as const;

/** Letters of a session's key; it ends with a zero. */
const CCH_RM_SESSION_KEY = 32;
// https://learn.microsoft.com/windows/win32/api/restartmanager/ns-restartmanager-rm_process_info
const RM_PROCESS_INFO = { sizeof: 668, "Process.dwProcessId": 0 } as const;

/** More than these are not told. */
const MOST = 16;
/** The size of a pointer. */
const POINTER = 8;

let library: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;

/** The processes that have the file at `path` open; none where Windows does not tell. */
export function processesUsing(path: string): number[] {
  library ??= Deno.dlopen("rstrtmgr.dll", SYMBOLS);
  const { RmStartSession, RmRegisterResources, RmGetList, RmEndSession } = library.symbols;
  const session = new Uint32Array(1);
  if (RmStartSession(session, 0, new Uint16Array(CCH_RM_SESSION_KEY + 1)) !== 0) return [];
  try {
    const names = listOfOne(path);
    if (RmRegisterResources(session[0]!, 1, names, 0, null, 0, null) !== 0) return [];
    const infos = new DataView(new ArrayBuffer(MOST * RM_PROCESS_INFO.sizeof));
    const count = new Uint32Array([MOST]);
    if (RmGetList(session[0]!, new Uint32Array(1), count, infos, new Uint32Array(1)) !== 0) {
      return [];
    }
    return Array.from({ length: count[0]! }, (_, index) => {
      const at = index * RM_PROCESS_INFO.sizeof + RM_PROCESS_INFO["Process.dwProcessId"];
      return infos.getUint32(at, true);
    });
  } finally {
    RmEndSession(session[0]!);
  }
}

/** A list of pointers to strings, with the string behind it, so that both stay where they are. */
function listOfOne(text: string): Uint8Array<ArrayBuffer> {
  const units = wide(text);
  const list = new Uint8Array(new ArrayBuffer(POINTER + units.length));
  list.set(units, POINTER);
  const address = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(list)));
  new DataView(list.buffer).setBigUint64(0, address + BigInt(POINTER), true);
  return list;
}
