/**
 * Files that others than their owner may change, for tests that such files are refused.
 *
 * @module
 */
import { wide } from "../../../lib/ipc/os/windows/kernel32.ts";

const WINDOWS = Deno.build.os === "windows";

// Loaded here and kept: loading them inside a test would look like a leak of that test.
const advapi32 = WINDOWS
  ? Deno.dlopen(
    "advapi32.dll",
    {
      ConvertStringSecurityDescriptorToSecurityDescriptorW: {
        parameters: ["buffer", "u32", "buffer", "pointer"],
        result: "i32",
      },
      SetFileSecurityW: { parameters: ["buffer", "u32", "pointer"], result: "i32" },
    } as const,
  ).symbols
  : null;

const DACL_SECURITY_INFORMATION = 4;

/**
 * Sets who may write a file or folder: its owner alone, or everybody on this machine. The list is
 * the SDDL of Windows: https://learn.microsoft.com/windows/win32/secauthz/ace-strings
 */
export function setWriters(path: string, sid: string, who: "owner" | "everybody"): void {
  if (advapi32 === null) {
    const folder = Deno.lstatSync(path).isDirectory;
    Deno.chmodSync(path, (who === "owner" ? 0o600 : 0o666) | (folder ? 0o111 : 0));
    return;
  }
  const everybody = who === "owner" ? "" : "(A;;FA;;;WD)";
  const descriptor = new BigUint64Array(new ArrayBuffer(8));
  const made = advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW(
    wide(`D:P(A;;FA;;;${sid})(A;;FA;;;SY)${everybody}`),
    1,
    new Uint8Array(descriptor.buffer),
    null,
  );
  const pointer = Deno.UnsafePointer.create(descriptor[0]!);
  // (The descriptor, some 100 bytes, is left to the test's process.)
  if (
    made === 0 || advapi32.SetFileSecurityW(wide(path), DACL_SECURITY_INFORMATION, pointer) === 0
  ) {
    throw new Error(`Cannot set the access list of "${path}"`);
  }
}
