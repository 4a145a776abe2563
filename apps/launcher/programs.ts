/** The programs that are installed on this machine. */
import { basename, dirname, extname, join, relative } from "@std/path";
import { openByShell, registryTexts } from "../../lib/system/shell_windows.ts";
import { parseDesktopEntry } from "./desktop_entry.ts";

/** An installed program. */
export interface Program {
  /** Names it on this system for good: a desktop file's id, a shortcut's or a program's path. */
  id: string;
  name: string;
  /** What it is; "" where nobody tells. */
  comment: string;
  /** Starts it; it goes on after this process. */
  start(): void;
}

/** Where to look; the environment of this process by default. */
type Variables = (name: string) => string | undefined;

/** Every program that a menu of this system would show, sorted by name. */
export async function installedPrograms(
  env: Variables = (name) => Deno.env.get(name),
): Promise<Program[]> {
  const find = { windows: windowsPrograms, darwin: macosPrograms }[Deno.build.os as string] ??
    desktopPrograms;
  return (await find(env)).sort((a, b) => a.name.localeCompare(b.name));
}

/** Linux: the desktop files of the user and the system; the user's own hide the system's. */
export async function desktopPrograms(env: Variables): Promise<Program[]> {
  const found = new Map<string, Program | null>();
  const locale = env("LC_ALL") || env("LC_MESSAGES") || env("LANG") || "";
  const desktops = (env("XDG_CURRENT_DESKTOP") ?? "").split(":");
  for (const folder of dataFolders(env)) {
    const root = join(folder, "applications");
    for (const file of await filesBelow(root, [".desktop"])) {
      const id = relative(root, file).replaceAll("/", "-");
      if (found.has(id)) continue;
      const entry = parseDesktopEntry(await Deno.readTextFile(file), file, locale, desktops);
      if (entry === null || (entry.tryExec !== null && !isRunnable(entry.tryExec, env))) {
        found.set(id, null);
        continue;
      }
      const { name, comment, path } = entry;
      const command = entry.terminal
        ? [env("TERMINAL") || "x-terminal-emulator", "-e", ...entry.command]
        : entry.command;
      found.set(id, { id, name, comment, start: () => startDetached(command, path) });
    }
  }
  return [...found.values()].filter((program) => program !== null);
}

/** https://specifications.freedesktop.org/basedir-spec/latest/ */
function dataFolders(env: Variables): string[] {
  const home = env("XDG_DATA_HOME") || join(env("HOME") ?? "/", ".local", "share");
  const system = env("XDG_DATA_DIRS") || "/usr/local/share:/usr/share";
  return [home, ...system.split(":").filter((folder) => folder.startsWith("/"))];
}

function isRunnable(program: string, env: Variables): boolean {
  const places = program.includes("/")
    ? [program]
    : (env("PATH") ?? "").split(":").map((folder) => join(folder, program));
  return places.some((path) => {
    try {
      const { isFile, mode } = Deno.statSync(path);
      return isFile && ((mode ?? 0) & 0o111) !== 0;
    } catch {
      return false; // Not there, or not for us: it cannot be run either way.
    }
  });
}

const APP_PATHS = "Software\\Microsoft\\Windows\\CurrentVersion\\App Paths";

/** Windows: the shortcuts of the Start menu, and programs that told the registry where they are. */
export async function windowsPrograms(env: Variables): Promise<Program[]> {
  const found = new Map<string, Program>();
  const add = (id: string, name: string, comment: string, path: string) => {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, { id, name, comment, start: () => openByShell(path) });
  };
  for (const folder of [env("APPDATA"), env("ProgramData")]) {
    if (!folder) continue;
    const menu = join(folder, "Microsoft", "Windows", "Start Menu", "Programs");
    for (const file of await filesBelow(menu, [".lnk", ".url", ".appref-ms"])) {
      const name = basename(file, extname(file));
      const group = relative(menu, dirname(file));
      add(file, name, group === "" || group === "." ? "" : group.replaceAll("\\", " › "), file);
    }
  }
  for (const root of ["user", "machine"] as const) {
    for (const [key, value] of registryTexts(root, APP_PATHS)) {
      const path = value.replace(/^"(.*)"$/, "$1");
      if (isFile(path)) add(path, basename(key, extname(key)), path, path);
    }
  }
  return [...found.values()];
}

/** macOS: the bundles in the folders for applications. */
async function macosPrograms(env: Variables): Promise<Program[]> {
  const programs: Program[] = [];
  const folders = [
    "/Applications",
    "/System/Applications",
    join(env("HOME") ?? "/", "Applications"),
  ];
  for (const folder of folders.flatMap((path) => [path, join(path, "Utilities")])) {
    for (const { name } of await entriesOf(folder)) {
      if (extname(name) !== ".app") continue;
      const id = join(folder, name);
      const start = () => startDetached(["/usr/bin/open", id], null);
      programs.push({ id, name: basename(name, ".app"), comment: "", start });
    }
  }
  return programs;
}

/** Starts a program in a session of its own, without this process's terminal. */
function startDetached([program, ...args]: string[], cwd: string | null): void {
  new Deno.Command(program!, {
    args,
    ...(cwd === null ? {} : { cwd }),
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn().unref();
}

/** The files below a folder that end so, sorted; none where there is no such folder. */
async function filesBelow(folder: string, endings: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const { name, isDirectory } of await entriesOf(folder)) {
    const path = join(folder, name);
    if (isDirectory) files.push(...await filesBelow(path, endings));
    else if (endings.includes(extname(name).toLowerCase()) && isFile(path)) files.push(path);
  }
  return files;
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return [];
    }
    throw error;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile; // Follows links, so that one that leads nowhere is none.
  } catch {
    return false;
  }
}
