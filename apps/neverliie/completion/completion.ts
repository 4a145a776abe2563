/**
 * Completion by the shell: its script, and what it asks this program for at each Tab. Commands and
 * options come from the command line's own definition, apps from the registry, methods and topics
 * from the apps that run. Nothing is started for it.
 *
 * @module
 */

import { type Argument, RootCommand, script } from "@bomb.sh/tab";
import type { Command } from "commander";
import {
  type AppDescription,
  isServing,
  type LaunchCommand,
  NeverLiieIPC,
  printable,
} from "../../../lib/ipc/mod.ts";
import { suite } from "../../suite.ts";
import { UsageError } from "../exit.ts";
import { writeData, writeText } from "../../output.ts";

const SHELLS = ["bash", "zsh", "fish", "powershell"];

/** What the shell's script calls: the command with which this program was started. */
const FUNCTION = "__neverliie_program";

/** Milliseconds that a running app has to tell its methods; a slower one offers none. */
const DESCRIBE_TIMEOUT = 1_000;

/** Subcommands for which only apps that run make sense. */
const FOR_RUNNING = ["ping", "stop", "trace", "top", "conformance"];

/**
 * What is offered has this form alone. bash expands the words that it is offered as it would expand
 * a command line, so a method called `$(…)` would run.
 */
const OFFERED = /^[\p{L}\p{N}_][\p{L}\p{N}_./-]*$/u;

/**
 * `neverliie completion SHELL`: prints the script that the shell is to read at its start.
 *
 * @param own how this program was started; by its name where that is not known
 */
export function completionScript(shell: string, own: LaunchCommand | null): void {
  if (!SHELLS.includes(shell)) {
    throw new UsageError(`Cannot complete for "${shell}": give one of ${SHELLS.join(", ")}`);
  }
  writeData(libraryScript(shell));
  writeData(programFunction(shell, own));
}

/** The library's script, put right. */
function libraryScript(shell: string): string {
  const text = printedBy(() => script(shell, "neverliie", FUNCTION));
  return shell === "bash" ? mendedForBash(text) : text;
}

/** What the library prints by itself meanwhile. */
function printedBy(work: () => void): string {
  const printed: string[] = [];
  const { log } = console;
  console.log = (text: string) => void printed.push(text);
  try {
    work();
  } finally {
    console.log = log;
  }
  return printed.join("\n");
}

/**
 * The library's script declares constants, so that a shell which reads it twice, or another script
 * of the same library, is told of errors. And it has the shell run the words of the command line
 * again: `$(…)` in one of them would be run at each Tab. The words are handed over as they are
 * instead, those up to the cursor.
 */
function mendedForBash(text: string): string {
  const from = text.indexOf("    # Build the command to get completions\n");
  const end = '    out=$(eval "$requestComp" 2>/dev/null)\n';
  const to = text.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error("Cannot complete for bash: the library's script changed");
  }
  return (text.slice(0, from) +
    `    out=$(${FUNCTION} complete -- "\${words[@]:1:cword}" 2>/dev/null)\n` +
    text.slice(to + end.length)).replaceAll(/^readonly (?=ShellComp)/gm, "");
}

/** The shell's function that starts this program, wherever it lies. */
function programFunction(shell: string, own: LaunchCommand | null): string {
  const { cmd, cwd } = own?.type === "script" ? own : { cmd: own?.cmd ?? ["neverliie"], cwd: null };
  if (shell === "powershell") {
    const quote = (part: string) => `'${part.replaceAll("'", "''")}'`;
    const call = `& ${cmd.map(quote).join(" ")} @args`;
    if (cwd === null) return `function ${FUNCTION} { ${call} }`;
    // A script's flags may name files by where it was started.
    return [
      `function ${FUNCTION} {`,
      `    Push-Location -LiteralPath ${quote(cwd)}`,
      `    try { ${call} } finally { Pop-Location }`,
      "}",
    ].join("\n");
  }
  const command = cwd === null
    ? cmd
    : ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", cwd, ...cmd];
  if (shell === "fish") {
    const quoted = command.map((part) => `'${part.replaceAll(/[\\']/g, "\\$&")}'`).join(" ");
    return `function ${FUNCTION}\n    command ${quoted} $argv\nend`;
  }
  const quoted = command.map((part) => `'${part.replaceAll("'", "'\\''")}'`).join(" ");
  return `${FUNCTION}() { ${quoted} "$@"; }`;
}

/** The hidden `neverliie complete -- WORD…`: prints what can stand for the last of the words. */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const root = new RootCommand();
  const commands = program.createHelp().visibleCommands(program);
  const given = commands.find((command) => command.name() === words[0]);
  const app = given && appIn(given, words.slice(1, -1));
  const offers = given === undefined ? {} : await offersFor(given.name(), app);
  addOptions(root, program);
  for (const command of commands) {
    const told = root.command(command.name(), command.description());
    addOptions(told, command);
    for (const argument of command.registeredArguments) {
      const name = argument.name();
      const kind = name === "apps" ? "app" : name;
      const choices = kind === "shell" ? offersOf(SHELLS) : offers[kind] ?? [];
      const offer: Argument["handler"] = (add) => {
        for (const [value, description] of choices) add(value, description);
      };
      told.argument(name, offer, argument.variadic);
    }
  }
  writeText(printedBy(() => root.parse([...words])));
}

type Offers = [value: string, description: string][];

const offersOf = (values: readonly string[]): Offers => values.map((value) => [value, ""]);

function addOptions(to: Pick<RootCommand, "option">, command: Command): void {
  for (const option of command.createHelp().visibleOptions(command)) {
    const name = option.long?.slice(2);
    if (name === undefined) continue;
    const short = option.short?.slice(1);
    // A value is the user's own: nothing is offered for it, and what follows is not taken for it.
    if (option.required) to.option(name, option.description, () => {}, short);
    else to.option(name, option.description, short);
  }
}

/** The first of a command's words that is neither an option nor an option's value. */
function appIn(command: Command, words: readonly string[]): string | undefined {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith("-")) return word;
    const option = command.options.find(({ short, long }) => short === word || long === word);
    if (option?.required) i++;
  }
}

/** What the mesh has for a subcommand's arguments: read, never started. */
async function offersFor(command: string, app: string | undefined) {
  await using ipc = await NeverLiieIPC.client({ onProblem: () => {} });
  const { apps } = await ipc.registry.readOrTell();
  const names = [...new Set([...apps.keys(), ...suite().keys()])].sort();
  const found: Record<string, Offers> = {};
  found["app"] = names.map((name): [string, boolean] => [name, isServing(ipc, name)])
    .filter(([, running]) => running || !FOR_RUNNING.includes(command))
    .map(([name, running]) => [name, running ? "running" : "asleep"]);
  if (app !== undefined && names.includes(app)) {
    const options = { activate: false, timeout: DESCRIBE_TIMEOUT };
    try {
      const { methods, topics = [] } = await ipc.call<AppDescription>(
        app,
        "$/describe",
        {},
        options,
      );
      found["method"] = methods
        .filter(({ name, kind }) => OFFERED.test(name) && kind === command)
        .map(({ name, description }) => [name, printable(description ?? "").trim()]);
      found["topic"] = topics.filter(({ name }) => OFFERED.test(name))
        .map(({ name, description }) => [name, printable(description ?? "").trim()]);
    } catch {
      // Asleep, or not talking: then there is nothing to offer, and a call will tell why.
    }
  }
  return found;
}
