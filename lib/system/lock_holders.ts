/** Which processes hold locks on files: whom a message can name, and how many there are of one. */
import { listKernelFolder, readKernelFile, readKernelLink } from "./libc.ts";
import { processesUsing } from "./lock_holders_windows.ts";

/** A process that holds a lock on a file, or, where that cannot be told, has the file open. */
export interface LockHolder {
  pid: number;
  /** The file, as it was called when it was opened. */
  path: string;
}

/**
 * Who holds locks on files in `folder`, on files that were removed from it as well where the system
 * tells (Linux); `null` where it tells nothing of whole folders, as Windows.
 */
export async function lockHoldersIn(folder: string): Promise<LockHolder[] | null> {
  switch (Deno.build.os) {
    case "linux":
      return heldBelow(`${folder}/`);
    case "windows":
      return null;
    default:
      return await listOpenBelow(`${folder}/`);
  }
}

/** The processes that have the file at `path` open, where {@link lockHoldersIn} tells nothing. */
export function lockUsers(path: string): number[] {
  return Deno.build.os === "windows" ? processesUsing(path) : [];
}

/** https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html */
function heldBelow(folder: string): LockHolder[] {
  const holders: LockHolder[] = [];
  for (const process of listKernelFolder("/proc") ?? []) {
    if (!/^\d+$/.test(process)) continue;
    // (Those of other users cannot be opened.)
    for (const file of listKernelFolder(`/proc/${process}/fd`) ?? []) {
      const target = readKernelLink(`/proc/${process}/fd/${file}`);
      if (target === null || !target.startsWith(folder)) continue;
      const info = readKernelFile(`/proc/${process}/fdinfo/${file}`) ?? "";
      // One that only asks whether somebody has a lock shares it for a moment.
      if (!/^lock:.*\bFLOCK\b.*\bWRITE\b/m.test(info)) continue;
      holders.push({ pid: Number(process), path: target.replace(/ \(deleted\)$/, "") });
    }
  }
  return holders;
}

/** By lsof, which every macOS has. It needs to be asked for the folder by its real name. */
async function listOpenBelow(folder: string): Promise<LockHolder[]> {
  const real = `${Deno.realPathSync(folder)}/`;
  try {
    const { stdout } = await new Deno.Command("lsof", {
      args: ["-w", "-n", "-P", "-F", "pn", "-u", String(Deno.uid())],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    return parseLsof(new TextDecoder().decode(stdout), real)
      .map(({ pid, path }) => ({ pid, path: folder + path.slice(real.length) }));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The open files below `folder`, of what `lsof -F pn` prints: a line per process, then its files. */
export function parseLsof(output: string, folder: string): LockHolder[] {
  const holders: LockHolder[] = [];
  let pid = 0;
  for (const line of output.split("\n")) {
    const text = line.slice(1);
    if (line.startsWith("p")) pid = Number(text);
    else if (line.startsWith("n") && text.startsWith(folder) && text.endsWith(".lock")) {
      holders.push({ pid, path: text });
    }
  }
  return holders;
}
