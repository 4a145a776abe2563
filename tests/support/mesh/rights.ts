/**
 * Files that cannot be read: no right to them, or another program that lets nobody in.
 *
 * @module
 */

const WINDOWS = Deno.build.os === "windows";

/**
 * A command as somebody runs it whom the system can refuse a file: root, as whom tests often run,
 * reads what it likes, and loses just that here. `null` where that cannot be had.
 */
export function withoutPrivilege(command: readonly string[]): string[] | null {
  if (WINDOWS) return null;
  if (Deno.uid() !== 0) return [...command];
  if (Deno.build.os !== "linux") return null;
  return ["setpriv", "--bounding-set=-dac_override,-dac_read_search", ...command];
}

// https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew
const GENERIC_READ = 0x8000_0000;
const OPEN_EXISTING = 3;

// Loaded here and kept: loading it inside a test would look like a leak of that test.
const kernel32 = WINDOWS
  ? Deno.dlopen(
    "kernel32.dll",
    {
      CreateFileW: {
        parameters: ["buffer", "u32", "u32", "pointer", "u32", "u32", "pointer"],
        result: "pointer",
      },
      CloseHandle: { parameters: ["pointer"], result: "i32" },
    } as const,
  ).symbols
  : null;

/** Holds a file so that nobody else can read it, until it is disposed of. Windows alone has such. */
export function holdFile(path: string): Disposable {
  if (kernel32 === null) throw new Error("only Windows keeps others from a file by opening it");
  const units = new Uint16Array(path.length + 1);
  for (let i = 0; i < path.length; i++) units[i] = path.charCodeAt(i);
  const name = new Uint8Array(units.buffer);
  const handle = kernel32.CreateFileW(name, GENERIC_READ, 0, null, OPEN_EXISTING, 0, null);
  if (handle === null || Deno.UnsafePointer.value(handle) === 0xffffffffffffffffn) {
    throw new Error(`Cannot hold "${path}"`);
  }
  return { [Symbol.dispose]: () => void kernel32.CloseHandle(handle) };
}
