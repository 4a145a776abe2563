/** A command while it runs: its output, its input, its end. */
import { useUtf8Console } from "../../lib/system/utf8_console.ts";
import { spawnTree, type StartedTree } from "../../lib/system/process_tree.ts";
import { workingFolderError } from "../../lib/system/working_folder.ts";
import { Bell } from "./bell.ts";
import { CommandInput } from "./command_input.ts";
import { commandLine } from "./command_line.ts";
import type { RunExit, RunParams } from "./contract.ts";
import { Output } from "./output.ts";

/**
 * After the command ended, something that it started may hold its output open for ever. What the
 * command itself wrote is in the pipes by then and comes without waiting: so much waiting in all, in
 * milliseconds, and so many more bytes (more than any pipe holds) are granted, then the stream ends.
 */
const DRAIN_WAIT = 300;
const DRAIN_BYTES = 2 * 1024 * 1024;

/** The command runs, and reads. */
export interface CommandStarted {
  type: "started";
  input: CommandInput;
}

/** A piece of output: as it came, and as text. Either may be empty: a character may be cut in two. */
export interface CommandOutput {
  type: "stdout" | "stderr";
  bytes: Uint8Array;
  text: string;
}

/** How a command is started. */
export interface CommandOptions extends Omit<RunParams, "stdin"> {
  /** Whether `env` is all of its variables; otherwise they are added to this process's own. */
  clearEnv?: boolean;
  /** Whether it reads what is written by the first event's `input`; otherwise it reads nothing. */
  input?: boolean;
}

/**
 * Runs a command: its output as it comes, in order within each output, then its exit.
 *
 * Aborting the signal or leaving the generator ends the command and everything it started.
 */
export async function* commandEvents(
  options: CommandOptions,
  signal: AbortSignal,
): AsyncGenerator<CommandStarted | CommandOutput | RunExit, void, void> {
  signal.throwIfAborted();
  const { child, tree } = start(options);
  const bell = new Bell();
  const outputs = [
    new Output("stdout", child.stdout, bell.ring),
    new Output("stderr", child.stderr, bell.ring),
  ];
  const input = !options.input ? undefined : new CommandInput(child.stdin);
  let status: Deno.CommandStatus | undefined;
  child.status.then((ended) => status = ended).then(bell.ring);
  signal.addEventListener("abort", bell.ring);
  let finished = false;
  try {
    if (input !== undefined) yield { type: "started", input };
    yield* piecesOf(outputs, () => status !== undefined, bell, signal);
    signal.throwIfAborted();
    if (input?.failure !== undefined) throw input.failure;
    const { code, signal: killedBy } = await child.status;
    finished = true;
    yield { type: "exit", code, signal: killedBy };
  } finally {
    signal.removeEventListener("abort", bell.ring);
    try {
      if (finished) tree.release();
      else await tree.end();
    } finally {
      const stopped = input?.stop();
      // What runs on in the background may hold the input without reading it.
      if (!finished) await stopped;
      await Promise.all(outputs.map((output) => output.close()));
    }
  }
}

/** What the command writes, as it comes, until it has ended and its outputs are drained. */
async function* piecesOf(
  outputs: Output[],
  ended: () => boolean,
  bell: Bell,
  signal: AbortSignal,
): AsyncGenerator<CommandOutput, void, void> {
  let waited = 0;
  let drained = 0;
  while (!ended() || outputs.some((output) => !output.ended)) {
    signal.throwIfAborted();
    const output = outputs.find((output) => output.ready);
    if (output !== undefined) {
      const piece = output.take();
      // The other output comes first next time, or a busy one would starve it.
      outputs.reverse();
      if (piece.bytes.length > 0 || piece.text !== "") yield piece;
      if (ended()) drained += piece.bytes.length;
      if (drained > DRAIN_BYTES) break;
    } else if (!ended()) {
      await bell.wait();
    } else {
      if (waited >= DRAIN_WAIT) break;
      const since = performance.now();
      await bell.wait(DRAIN_WAIT - waited);
      waited += performance.now() - since;
    }
  }
  for (const output of outputs) {
    const rest = output.finish();
    if (rest.text !== "") yield rest;
  }
}

function start(options: CommandOptions): StartedTree {
  const { program, args, windowsRawArguments } = commandLine(options.command);
  useUtf8Console();
  try {
    return spawnTree(program, {
      args,
      windowsRawArguments,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      clearEnv: options.clearEnv ?? false,
      stdin: options.input ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    });
  } catch (error) {
    throw explain(error, program, options.cwd);
  }
}

/** Deno's errors name the program even when its folder is what is wrong. */
function explain(error: unknown, program: string, cwd: string | undefined): unknown {
  const folder = cwd === undefined ? null : workingFolderError(`Cannot run "${program}"`, cwd);
  if (folder !== null) return folder;
  if (error instanceof Deno.errors.NotFound) {
    const message = `Cannot run "${program}": there is no such program; check its name and PATH`;
    return new Deno.errors.NotFound(message, { cause: error });
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    const message = `Cannot run "${program}": it is not a program, or may not be run`;
    return new Deno.errors.PermissionDenied(message, { cause: error });
  }
  return error;
}
