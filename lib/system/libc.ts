/**
 * The few C library calls that Unix host figures and process trees need, bound on first use.
 *
 * Deno's own file API asks for every permission at once before it reads /proc or /sys, and a status
 * bar should not run with `--allow-all`; these calls need `--allow-ffi` alone.
 */
import { cLibrary } from "./c_library.ts";

const LINUX = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  opendir: { parameters: ["buffer"], result: "pointer" },
  readdir: { parameters: ["pointer"], result: "pointer" },
  closedir: { parameters: ["pointer"], result: "i32" },
  readlink: { parameters: ["buffer", "buffer", "usize"], result: "isize" },
} as const;

const MACOS = {
  getsid: { parameters: ["i32"], result: "i32" },
  proc_listallpids: { parameters: ["buffer", "i32"], result: "i32" },
} as const;

/** O_CLOEXEC, so that a command started meanwhile does not inherit the file; O_RDONLY is 0. */
const OPEN_CLOEXEC = 0o2000000;
/** Where d_name starts in a 64-bit Linux `struct dirent`, in glibc and in musl. */
const DIRENT_NAME = 19;
/** Files under /sys hold one value of at most a page. */
const PAGE = 4096;

let linux: Deno.DynamicLibrary<typeof LINUX> | undefined;
let macos: Deno.DynamicLibrary<typeof MACOS> | undefined;

function linuxCalls(): Deno.DynamicLibrary<typeof LINUX>["symbols"] {
  linux ??= Deno.dlopen(cLibrary("linux"), LINUX);
  return linux.symbols;
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}

/** The first 4096 bytes of a file of /proc or /sys (Linux), or null where it cannot be read. */
export function readKernelFile(path: string): string | null {
  const calls = linuxCalls();
  const file = calls.open(cString(path), OPEN_CLOEXEC);
  if (file < 0) return null;
  try {
    const bytes = new Uint8Array(PAGE);
    const length = Number(calls.read(file, bytes, BigInt(PAGE)));
    return length < 0 ? null : new TextDecoder().decode(bytes.subarray(0, length));
  } finally {
    calls.close(file);
  }
}

/** A whole file of /proc (Linux), or null where it cannot be read: tables are longer than a page. */
export function readKernelTable(path: string): string | null {
  const calls = linuxCalls();
  const file = calls.open(cString(path), OPEN_CLOEXEC);
  if (file < 0) return null;
  try {
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(16 * PAGE);
    let text = "";
    for (;;) {
      const length = Number(calls.read(file, bytes, BigInt(bytes.length)));
      if (length < 0) return null;
      if (length === 0) return text + decoder.decode();
      text += decoder.decode(bytes.subarray(0, length), { stream: true });
    }
  } finally {
    calls.close(file);
  }
}

/** Where a link of /proc leads (Linux), or null where it cannot be read. */
export function readKernelLink(path: string): string | null {
  const bytes = new Uint8Array(PAGE);
  const length = Number(linuxCalls().readlink(cString(path), bytes, BigInt(PAGE)));
  return length < 0 ? null : new TextDecoder().decode(bytes.subarray(0, length));
}

/** The names in a folder of /proc or /sys (Linux), or null where it cannot be opened. */
export function listKernelFolder(path: string): string[] | null {
  const calls = linuxCalls();
  const folder = calls.opendir(cString(path));
  if (folder === null) return null;
  try {
    const names: string[] = [];
    for (let entry = calls.readdir(folder); entry !== null; entry = calls.readdir(folder)) {
      const name = Deno.UnsafePointerView.getCString(entry, DIRENT_NAME);
      if (name !== "." && name !== "..") names.push(name);
    }
    return names;
  } finally {
    calls.closedir(folder);
  }
}

/**
 * The pids of all living processes of a session; zombies do not count.
 *
 * @throws {Deno.errors.NotSupported} Elsewhere than on Linux and macOS.
 */
export function sessionMembers(session: number, system: string = Deno.build.os): number[] {
  switch (system) {
    case "linux":
      return linuxSession(session);
    case "darwin":
      return macosSession(session);
    default:
      throw new Deno.errors.NotSupported(
        `Cannot list a session's processes on "${system}": linux and darwin are known`,
      );
  }
}

function linuxSession(session: number): number[] {
  const members: number[] = [];
  for (const name of listKernelFolder("/proc") ?? []) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readKernelFile(`/proc/${name}/stat`);
    if (stat === null) continue; // It ended since the folder was read.
    // The program's name comes before, in parentheses, and may itself hold spaces and parentheses:
    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, , , processSession] = fields;
    if (Number(processSession) === session && state !== "Z" && state !== "X") {
      members.push(Number(name));
    }
  }
  return members;
}

function macosSession(session: number): number[] {
  macos ??= Deno.dlopen(cLibrary("darwin"), MACOS);
  const calls = macos.symbols;
  // Asked without a buffer it answers the number of processes; some may start before the next call.
  const pids = new Int32Array(calls.proc_listallpids(null, 0) + 64);
  const count = calls.proc_listallpids(pids, pids.byteLength);
  return [...pids.subarray(0, Math.max(0, count))].filter((pid) => calls.getsid(pid) === session);
}
