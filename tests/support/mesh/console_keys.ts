/** Types on the console of another process. Arguments: its process id, and the text as JSON. */

const { symbols: kernel32 } = Deno.dlopen(
  "kernel32.dll",
  {
    FreeConsole: { parameters: [], result: "i32" },
    AttachConsole: { parameters: ["u32"], result: "i32" },
    CreateFileW: {
      parameters: ["buffer", "u32", "u32", "pointer", "u32", "u32", "pointer"],
      result: "pointer",
    },
    WriteConsoleInputW: { parameters: ["pointer", "buffer", "u32", "buffer"], result: "i32" },
    GetLastError: { parameters: [], result: "u32" },
  } as const,
);

const GENERIC_READ_WRITE = 0xc000_0000;
const FILE_SHARE_READ_WRITE = 3;
const OPEN_EXISTING = 3;
const KEY_EVENT = 1;
/** Bytes of an INPUT_RECORD. */
const RECORD = 20;

const [pid, json] = Deno.args as [string, string];
const text: string = JSON.parse(json);

function check(done: unknown, action: string): void {
  if (!done) throw new Error(`Cannot ${action}: error ${kernel32.GetLastError()}`);
}

kernel32.FreeConsole();
check(kernel32.AttachConsole(Number(pid)), `join the console of ${pid}`);
const name = new Uint16Array([..."CONIN$\0"].map((letter) => letter.charCodeAt(0)));
const input = kernel32.CreateFileW(
  name,
  GENERIC_READ_WRITE,
  FILE_SHARE_READ_WRITE,
  null,
  OPEN_EXISTING,
  0,
  null,
);
const records = new DataView(new ArrayBuffer(text.length * RECORD));
for (let i = 0; i < text.length; i++) {
  const at = i * RECORD;
  records.setUint16(at, KEY_EVENT, true);
  records.setUint32(at + 4, 1, true); // down
  records.setUint16(at + 8, 1, true); // once
  // Neither a key nor a place on the keyboard: a letter as it is, such as input methods type.
  records.setUint16(at + 14, text.charCodeAt(i), true);
}
const written = new Uint32Array(1);
const bytes = new Uint8Array(records.buffer);
check(kernel32.WriteConsoleInputW(input, bytes, text.length, written), "type");
if (written[0] !== text.length) throw new Error(`${written[0]} of ${text.length} were typed`);
