/** Starting a program that goes on by itself, and seeing whether it does. Not for Windows. */
import { pause } from "../../lib/system/waiting.ts";
import { workingFolderError } from "../../lib/system/working_folder.ts";

/** What is to be started. */
export interface ProgramStart {
  /** What people call it. */
  name: string;
  /** The program and its arguments. */
  command: readonly string[];
  /** The folder that its entry names; the user's own where it names none. */
  folder: string | null;
  /** The file that says all this. */
  source: string;
}

/** Milliseconds in which a program that ends with a failure did not start at all. */
const AT_ONCE = 1_000;

/**
 * What the environment says of this process and the terminal it is in, and of nothing else: a stale
 * token for the window manager, the size of another window.
 */
const OWN_VARIABLES = [
  ...["NEVERLIIE_SESSION", "NEVERLIIE_WOKEN", "DESKTOP_STARTUP_ID", "XDG_ACTIVATION_TOKEN"],
  ...["COLUMNS", "LINES", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX", "TMUX_PANE"],
];

/**
 * Starts a program in a session of its own, without this process's terminal, and returns when it
 * has gone on for a second, has ended well, or the signal was aborted.
 *
 * @param atOnce Milliseconds of that second.
 * @throws {Error} that names what is wrong: the folder, the program, how it ended
 */
export async function startProgram(
  { name, command, folder, source }: ProgramStart,
  signal: AbortSignal,
  atOnce = AT_ONCE,
): Promise<void> {
  const [program, ...args] = command as [string, ...string[]];
  const cwd = folder ?? ownFolder();
  const fault = workingFolderError(`Cannot start "${name}"`, cwd);
  if (fault !== null) throw new Error(`${fault.message}; Path in "${source}" names that folder`);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      cwd,
      clearEnv: true,
      env: { ...environment(), PWD: cwd },
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
  } catch (error) {
    throw new Error(`Cannot start "${name}": ${failureOf(program, error)}; see "${source}"`, {
      cause: error,
    });
  }
  child.unref();
  const seen = new AbortController();
  const late = pause(atOnce, AbortSignal.any([signal, seen.signal])).catch(() => {
    // Ended, or left: nobody waits for the rest of the time.
  });
  const status = await Promise.race([child.status, late]);
  seen.abort();
  if (status === undefined || status.success) return;
  const how = status.signal === null ? `with code ${status.code}` : `by ${status.signal}`;
  throw new Error(
    `Cannot start "${name}": it ended at once ${how}; to see why, run in a terminal: ` +
      command.map(quoted).join(" "),
  );
}

/** The user's folder, in which a desktop's own menu starts programs; the root where it is gone. */
function ownFolder(): string {
  const home = Deno.env.get("HOME") ?? "";
  return workingFolderError("", home) === null ? home : "/";
}

function environment(): Record<string, string> {
  const env = Deno.env.toObject();
  for (const variable of OWN_VARIABLES) delete env[variable];
  // What woke the launcher gave it its own name; a name that is a person's choice goes on.
  if (env.OTEL_SERVICE_NAME === "launcher") delete env.OTEL_SERVICE_NAME;
  return env;
}

function failureOf(program: string, error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return `there is no program "${program}"`;
  if (error instanceof Deno.errors.PermissionDenied) {
    return `"${program}" is no program, or you have no right to run it`;
  }
  return (error as Error).message;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
