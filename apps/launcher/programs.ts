/** The programs that are installed on this machine. */
import { basename, dirname, extname, join, relative } from "@std/path";
import { openByShell, registryTexts } from "../../lib/system/shell_windows.ts";
import { readTextFile, unreadable } from "../../lib/system/text_file.ts";
import { type DesktopEntry, parseDesktopEntry } from "./desktop_entry.ts";
import { entriesOf, filesBelow, isFile, isRunnable, type Variables } from "./program_files.ts";
import { startProgram } from "./start_program.ts";
import { terminalWords } from "./terminal_program.ts";

/** An installed program. */
export interface Program {
  /** Names it on this system for good: a desktop file's id, a shortcut's or a program's path. */
  id: string;
  name: string;
  /** What it is; "" where nobody tells. */
  comment: string;
  /**
   * Starts it; it goes on after this process. Where the system tells how it goes on, one that fails
   * at once is an error.
   */
  start(signal: AbortSignal): Promise<void>;
}

/** What is installed, and what of it cannot be read. */
export interface Installed {
  programs: Program[];
  problems: string[];
}

/** Every program that a menu of this system would show, sorted by name. */
export async function installedPrograms(
  env: Variables = (name) => Deno.env.get(name),
): Promise<Installed> {
  const find = { windows: windowsPrograms, darwin: macosPrograms }[Deno.build.os as string] ??
    desktopPrograms;
  const { programs, problems } = await find(env);
  return { programs: programs.sort((a, b) => a.name.localeCompare(b.name)), problems };
}

/**
 * Linux: the desktop files of the user and the system; the user's own hide the system's, also where
 * they cannot be read.
 */
export async function desktopPrograms(env: Variables): Promise<Installed> {
  const found = new Map<string, Program | null>();
  const problems: string[] = [];
  const locale = env("LC_ALL") || env("LC_MESSAGES") || env("LANG") || "";
  const desktops = (env("XDG_CURRENT_DESKTOP") ?? "").split(":");
  for (const folder of dataFolders(env)) {
    const root = join(folder, "applications");
    const below = await filesBelow(root, [".desktop"]);
    for (const problem of below.problems) problems.push(problem);
    for (const file of below.files) {
      const id = relative(root, file).replaceAll("/", "-");
      if (found.has(id)) continue;
      found.set(id, null);
      try {
        // Old files are in other encodings in some lines, which are seldom those of this user.
        const text = await readTextFile(file, { lenient: true }) ?? "";
        const entry = parseDesktopEntry(text, file, locale, desktops);
        if (entry === null || (entry.tryExec !== null && !isRunnable(entry.tryExec, env))) continue;
        found.set(id, desktopProgram(id, entry, file, env));
      } catch (error) {
        const unusable = error instanceof SyntaxError;
        problems.push(
          unusable ? `Cannot use "${file}": ${error.message}` : (error as Error).message,
        );
      }
    }
  }
  return { programs: [...found.values()].filter((program) => program !== null), problems };
}

function desktopProgram(id: string, entry: DesktopEntry, file: string, env: Variables): Program {
  const { name, comment, path, terminal, command } = entry;
  return {
    id,
    name,
    comment,
    start(signal) {
      const words = terminal ? [...terminalBefore(name, env), ...command] : command;
      return startProgram({ name, command: words, folder: path, source: file }, signal);
    },
  };
}

function terminalBefore(name: string, env: Variables): string[] {
  try {
    return terminalWords(env);
  } catch (error) {
    throw new Deno.errors.NotFound(`Cannot start "${name}": ${(error as Error).message}`);
  }
}

/** https://specifications.freedesktop.org/basedir-spec/latest/ */
function dataFolders(env: Variables): string[] {
  const home = env("XDG_DATA_HOME") || join(env("HOME") ?? "/", ".local", "share");
  const system = env("XDG_DATA_DIRS") || "/usr/local/share:/usr/share";
  const folders = [home, ...system.split(":").filter((folder) => folder.startsWith("/"))];
  return [...new Set(folders)];
}

const APP_PATHS = "Software\\Microsoft\\Windows\\CurrentVersion\\App Paths";

/** Windows: the shortcuts of the Start menu, and programs that told the registry where they are. */
async function windowsPrograms(env: Variables): Promise<Installed> {
  const found = new Map<string, Program>();
  const problems: string[] = [];
  const add = (id: string, name: string, comment: string, path: string) => {
    const key = name.toLowerCase();
    // In the user's own folder; a shortcut may name another one. How it goes on nobody tells.
    const start = () => openByShell(path, env("USERPROFILE") || null);
    if (!found.has(key)) found.set(key, { id, name, comment, start });
  };
  for (const folder of [env("APPDATA"), env("ProgramData")]) {
    if (!folder) continue;
    const menu = join(folder, "Microsoft", "Windows", "Start Menu", "Programs");
    const below = await filesBelow(menu, [".lnk", ".url", ".appref-ms"]);
    for (const problem of below.problems) problems.push(problem);
    for (const file of below.files) {
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
  return { programs: [...found.values()], problems };
}

/** macOS: the bundles in the folders for applications. */
async function macosPrograms(env: Variables): Promise<Installed> {
  const programs: Program[] = [];
  const problems: string[] = [];
  const folders = [
    "/Applications",
    "/System/Applications",
    join(env("HOME") ?? "/", "Applications"),
  ];
  for (const folder of folders.flatMap((path) => [path, join(path, "Utilities")])) {
    try {
      for (const { name } of await entriesOf(folder)) {
        if (extname(name) === ".app") programs.push(bundle(join(folder, name)));
      }
    } catch (error) {
      problems.push(unreadable(folder, error).message);
    }
  }
  return { programs, problems };
}

function bundle(id: string): Program {
  const name = basename(id, ".app");
  const start = (signal: AbortSignal) =>
    startProgram({ name, command: ["/usr/bin/open", id], folder: null, source: id }, signal);
  return { id, name, comment: "", start };
}
