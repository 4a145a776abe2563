/** The terminal's own command line. */
import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { displayWidth, formatDuration, largest, pad, plain, truncate } from "../../lib/ui/text.ts";
import { narrate, print, tell, throwFailures, writeLine, writeStyled } from "../output.ts";
import { attach, checkPlace } from "./attach.ts";
import type { OpenParams, SessionInfo } from "./contract.ts";
import { hasTerminal } from "./raw_terminal.ts";
import { pick } from "./picker.ts";
import { followSessions, stateOf } from "./session_changes.ts";
import { runInTerminal } from "./view.ts";

export const HELP =
  `Usage: terminal [open] [--title TITLE] [--cwd FOLDER] [--detached] [PROGRAM ARGUMENT…]
       terminal attach [ID | TITLE]
       terminal list [--watch] [--json]
       terminal kill ID…
       terminal run COMMAND
       terminal run PROGRAM ARGUMENT…
       terminal --host

A session is a program in a terminal of its own, which goes on when its window is closed.

  open     starts a session and attaches to it; the program is your shell unless given. One
           argument is a line for the system's shell. --detached only starts it.
  attach   shows a session again; without a name the only one, or one picked from the list.
           Any number of terminals may show a session; it has the size of the smallest.
  list     the sessions: id, title, size, age, views, and whether they run or how they ended;
           with --watch a line for each change as well, until Ctrl-C
  kill     ends sessions with all that they started
  run      runs a command without a terminal, in this folder, with these variables, and ends with
           its exit code; Ctrl-C ends it. Input that is piped in or from a file is handed on,
           output comes byte for byte. "run" may be left out where the command is none of these
           words.
  --host   serves all of this to the mesh; the others start it when they need it

Without arguments: attach where there is a session, else open. Without a terminal: list.

In a session, Ctrl-\\ is the command key. After it: d detach, k kill, r redraw, ? these keys,
Ctrl-\\ the key itself. The exit code is the session's own, and 0 after detaching.`;

const WORDS: readonly string[] = ["open", "attach", "list", "kill", "run"];

/** The arguments up to the program that is to be run: what is behind it is its own. */
export function ownArguments(args: readonly string[]): readonly string[] {
  const word = WORDS.includes(args[0] ?? "") ? 1 : 0;
  const program = args.findIndex((arg, at) => at >= word && !arg.startsWith("-"));
  return program < 0 ? args : args.slice(0, program);
}

/** Does what `args` ask for. Returns the exit code; 2 for what cannot be asked for. */
export async function frontEnd(
  client: NeverLiieIPC,
  args: string[],
  signal: AbortSignal,
): Promise<number> {
  try {
    return await obey(client, args, signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    tell(`terminal: ${error.message}`);
    return 2;
  }
}

async function obey(client: NeverLiieIPC, args: string[], signal: AbortSignal): Promise<number> {
  const [word = "", ...rest] = args;
  switch (word) {
    case "open":
      return await open(client, rest, signal);
    case "attach":
      return await attachTo(client, rest, signal);
    case "list":
      return await list(client, rest, signal);
    case "kill":
      return await kill(client, rest);
    case "run":
      if (rest.length === 0) throw new TypeError('Cannot run: "terminal run" needs a command');
      return await runInTerminal(client, rest, signal);
    default:
      if (word.startsWith("--")) return await open(client, args, signal);
      return await runInTerminal(client, args, signal);
  }
}

/** What a start without arguments shows. Returns the exit code. */
export async function firstSight(client: NeverLiieIPC, signal: AbortSignal): Promise<number> {
  if (!hasTerminal()) return await list(client, [], signal);
  const sessions = await sessionsOf(client);
  return sessions.length === 0
    ? await open(client, [], signal)
    : await attachTo(client, [], signal, sessions);
}

async function open(client: NeverLiieIPC, args: string[], signal: AbortSignal): Promise<number> {
  const { params, detached } = openArguments(args);
  if (!detached) checkPlace(null);
  const size = hasTerminal() ? Deno.consoleSize() : undefined;
  const session = await client.call<SessionInfo>("terminal", "open", {
    ...params,
    ...(size === undefined ? {} : { columns: Math.max(2, size.columns || 80) }),
    ...(size === undefined ? {} : { rows: Math.max(1, size.rows || 24) }),
  });
  if (!detached) return await attach(client, session, signal);
  writeLine(`session ${session.id} was opened; to see it: neverliie terminal attach ${session.id}`);
  return 0;
}

function openArguments(args: readonly string[]): { params: OpenParams; detached: boolean } {
  const params: OpenParams = {
    cwd: Deno.cwd(),
    // The variables of whoever asks, as in any window that is opened from here.
    env: Deno.env.toObject(),
  };
  let detached = false;
  const rest = [...args];
  while (rest[0]?.startsWith("-")) {
    const [option = "", given] = split(rest.shift()!);
    if (option === "--") break;
    if (option === "--detached" || option === "-d") detached = true;
    else if (option === "--title" || option === "--cwd") {
      const value = given ?? rest.shift();
      if (value === undefined) throw new TypeError(`Cannot open: "${option}" needs a value`);
      params[option === "--title" ? "title" : "cwd"] = value;
    } else throw new TypeError(`Cannot open: there is no option "${option}". See --help`);
  }
  if (rest.length > 0) params.command = rest.length === 1 ? rest[0]! : rest;
  return { params, detached };
}

/** `--name=value` as its two parts. */
function split(option: string): [name: string, value?: string] {
  const at = option.indexOf("=");
  return at < 0 ? [option] : [option.slice(0, at), option.slice(at + 1)];
}

async function attachTo(
  client: NeverLiieIPC,
  [name, ...more]: string[],
  signal: AbortSignal,
  known?: SessionInfo[],
): Promise<number> {
  if (more.length > 0) throw new TypeError(`Cannot attach to several sessions: name one`);
  const sessions = known ?? await sessionsOf(client);
  if (name !== undefined) return await attach(client, find(sessions, name), signal);
  if (sessions.length === 0) {
    throw new TypeError("Cannot attach: there is no session; neverliie terminal open starts one");
  }
  checkPlace(null);
  const session = sessions.length === 1 ? sessions[0]! : await pick(table(sessions), sessions);
  return session === null ? 0 : await attach(client, session, signal);
}

async function list(client: NeverLiieIPC, args: string[], signal: AbortSignal): Promise<number> {
  const unknown = args.find((arg) => !["--json", "--watch", "-w"].includes(arg));
  if (unknown !== undefined) {
    throw new TypeError(`Cannot list: "${unknown}" is not known. See --help`);
  }
  const json = args.includes("--json");
  if (args.some((arg) => arg !== "--json")) {
    await followSessions(client, json, signal);
    return 0;
  }
  const sessions = await sessionsOf(client);
  if (json) print(sessions, false);
  else if (sessions.length === 0) writeLine("No sessions. neverliie terminal open starts one.");
  else writeStyled(table(sessions));
  return 0;
}

async function kill(client: NeverLiieIPC, names: string[]): Promise<number> {
  if (names.length === 0) throw new TypeError('Cannot kill: "terminal kill" needs an id');
  const sessions = await sessionsOf(client);
  const named = names.map((name) => find(sessions, name));
  await narrate(async (say) => {
    const failures: unknown[] = [];
    for (const { id, title } of named) {
      try {
        await client.call("terminal", "kill", { id }, { timeout: 15_000 });
        say(`session ${id} (${plain(title)}) was killed`);
      } catch (error) {
        failures.push(error);
      }
    }
    throwFailures(failures, (one) => tell((one as Error).message));
  });
  return 0;
}

/** The sessions of a host that runs; one that sleeps has none, and need not be started to say so. */
async function sessionsOf(client: NeverLiieIPC): Promise<SessionInfo[]> {
  try {
    return await client.call<SessionInfo[]>("terminal", "list", {}, { activate: false });
  } catch (error) {
    if (error instanceof Error && /^Target(NotRunning|Unknown)Error$/.test(error.name)) return [];
    throw error;
  }
}

/** By id, else by title. @throws {TypeError} Where no session, or more than one, is meant. */
export function find(sessions: readonly SessionInfo[], name: string): SessionInfo {
  const byId = sessions.filter(({ id }) => String(id) === name);
  const found = byId.length > 0 ? byId : sessions.filter(({ title }) => title === name);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const ids = found.map(({ id }) => id).join(", ");
    throw new TypeError(
      `Cannot tell which session "${name}" is: ${ids} have this title; give an id`,
    );
  }
  const ids = sessions.map(({ id }) => id).join(", ");
  throw new TypeError(
    `Cannot find session "${name}": ${ids === "" ? "there is none" : `there are ${ids}`}`,
  );
}

/** The sessions as lines of at most `width` columns, a heading first. */
export function table(
  sessions: readonly SessionInfo[],
  now = Date.now(),
  width = consoleWidth(),
): string[] {
  const rows = sessions.map((session) => [
    String(session.id),
    plain(session.title),
    `${session.columns}x${session.rows}`,
    formatDuration((now - Date.parse(session.opened)) / 1000),
    String(session.views),
    stateOf(session),
    plain(session.command),
  ]);
  const all = [["ID", "TITLE", "SIZE", "AGE", "VIEWS", "STATE", "COMMAND"], ...rows];
  const widths = all[0]!.map((_, column) => largest(all.map((row) => displayWidth(row[column]!))));
  widths[1] = Math.min(widths[1]!, 24);
  return all.map((row) =>
    truncate(row.map((text, column) => pad(text, widths[column]!)).join("  ").trimEnd(), width)
  );
}

function consoleWidth(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns || 80 : 200;
}
