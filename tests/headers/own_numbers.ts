/**
 * Numbers in the modules for Windows that are not Windows': by the name of the constant, or by a
 * piece of the line. What is not here, and not in the headers, fails the run.
 *
 * @module
 */

/** The radix of hexadecimal digits. */
const HEXADECIMAL = "toString(16)";

/** Path from the checkout's root to what is ours in it. */
export const OWN_NUMBERS: Readonly<Record<string, readonly string[]>> = {
  "lib/desktop/windows/registry.ts": [
    // A buffer that is never empty, and a length in whole UTF-16 units.
    "Math.max(2, size[0]!)",
    // A DWORD is all that is in it.
    "getUint32(0, true)",
  ],
  "lib/desktop/windows/search_path.ts": ["PATIENCE"],
  "lib/desktop/windows/shortcut.ts": [
    HEXADECIMAL,
    // How a GUID is written: 16 bytes as 32 digits, of which the first three groups are numbers.
    "{ length: 16 }",
    "parseInt(hex.slice(2 * i, 2 * i + 2), 16)",
    "[[0, 4], [4, 6], [6, 8]]",
  ],
  "lib/ipc/os/windows/completion.ts": [
    ...["BLOCK", "SPIN_MILLISECONDS", "REST_MAX", "STREAK", "LOADING_WAKE"],
    "2 ** ++this.#misses",
  ],
  "lib/ipc/os/windows/console_close.ts": ["LONGEST"],
  "lib/ipc/os/windows/environment.ts": [
    // UTF-16.
    "(entry.length + 1) * 2",
  ],
  "lib/ipc/os/windows/kernel32.ts": [
    // Bits of an address.
    "asUintN(64,",
    // UTF-16.
    "(text.length + 1) * 2",
    "length * 2",
    // Characters that are handed on at a time.
    "at += 4096",
    "at + 4096",
    // The two backslashes before a server's name.
    "path.slice(2)",
  ],
  "lib/ipc/os/windows/pipe.ts": [
    ...["SMALLEST_READ", "LARGEST_READ", "SHRINK_AFTER", "LARGEST_WRITE", "COPIED_WRITE"],
    ...["BUSY_WAIT_FIRST", "BUSY_WAIT_LONGEST"],
    "memory(size * 4)",
    "pause * 2",
  ],
  "lib/ipc/os/windows/pipe_listener.ts": [
    ...["QUOTA", "WAITING", "BACKLOG", "STALE_MILLISECONDS", "STALE_PAUSE"],
  ],
  "lib/ipc/os/windows/platform.ts": ["MARK_PAUSE", "MARK_PAUSE_MAX", "begin(pause * 2)"],
  "lib/ipc/os/windows/process.ts": [
    "KILLED",
    // Two handles, one after the other.
    "memory(2 * HANDLE.sizeof)",
    "setBigUint64(0, addressOf(input)",
  ],
  "lib/ipc/os/windows/program.ts": [
    // Behind the drive's own colon.
    'includes(":", 2)',
    // The page of SetCurrentDirectory has it in words alone.
    "MAX_PATH - 2",
  ],
  "lib/ipc/os/windows/security.ts": [
    "LEVEL",
    // "S", the revision and the authority stand before the sub-authorities.
    "slice(3)",
    // A DWORD is all that is in it.
    "setUint32(0, value.length",
  ],
  "lib/pty/windows/pseudo_console.ts": [
    "QUOTA",
    // A COORD is two words with a sign; a test holds its size.
    "Math.min(columns, 0x7fff)",
    "Math.min(rows, 0x7fff) << 16",
    HEXADECIMAL,
  ],
  "lib/pty/windows/pty.ts": ["GRACE"],
  "lib/system/battery_windows.ts": ["Math.min(100, percent)"],
  "lib/system/console_input.ts": ["UNITS"],
  "lib/system/cpu.ts": [
    // Percent, with one decimal.
    "* 100",
    "Math.min(100, Math.max(0, percent)) * 10) / 10",
  ],
  // UTF-16.
  "lib/system/kernel32.ts": ["(text.length + 1) * 2"],
  "lib/system/lock_holders_windows.ts": ["MOST", "POINTER", "setBigUint64(0, address"],
  "lib/system/process_job.ts": ["TERMINATE_WAIT", "POLL"],
  "lib/system/shell_windows.ts": [
    ...["SHELL_ERRORS", "NAME_LENGTH", "PATH_LENGTH"],
    // UTF-16.
    "bytes[0]! / 2",
  ],
};
