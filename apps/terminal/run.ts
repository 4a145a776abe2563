/** Running a command and telling what it does. */
import { useUtf8Console } from "../../lib/system/console.ts";
import { spawnTree, type StartedTree } from "../../lib/system/process_tree.ts";
import { workingFolderError } from "../../lib/system/working_folder.ts";
import { Bell } from "./bell.ts";
import { checkRunParams, commandLine } from "./command_line.ts";
import type { RunEvent, RunParams } from "./contract.ts";
import { Output } from "./output.ts";

/**
 * After the command ended, something that it started may hold its output open for ever. What the
 * command itself wrote is in the pipes by then and comes without waiting: so much waiting in all, in
 * milliseconds, and so many more bytes (more than any pipe holds) are granted, then the stream ends.
 */
const DRAIN_WAIT = 300;
const DRAIN_BYTES = 2 * 1024 * 1024;

/**
 * Runs a command. Events come as they happen, in order within each output; the last one is the exit.
 * The command starts with the first `next()`, and waits whenever nobody takes its output. Output is
 * read as UTF-8; other bytes become U+FFFD.
 *
 * Aborting the signal or leaving the generator ends the command and everything it started, and
 * returns when all of it is gone. A command that ends by itself leaves its background processes be.
 *
 * ```ts
 * for await (const event of runCommand({ command: "ls -l" }, signal)) {
 *   if (event.type === "stdout") console.log(event.text);
 * }
 * ```
 *
 * @throws {TypeError} When a param is wrong.
 * @throws {Deno.errors.NotFound} When the program or the folder is missing.
 * @throws The signal's reason when it is aborted.
 */
export function runCommand(
  params: RunParams,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void, void> {
  // A generator's own return() waits for a next() that is under way, and a silent command would keep
  // it for ever. So returning aborts that next() first.
  const left = new AbortController();
  const events = runEvents(params, AbortSignal.any([signal, left.signal]));
  const generator: AsyncGenerator<RunEvent, void, void> = {
    async next() {
      try {
        return await events.next();
      } catch (error) {
        if (left.signal.aborted && error === left.signal.reason) {
          return { done: true, value: undefined };
        }
        throw error;
      }
    },
    async return() {
      left.abort();
      await events.return();
      return { done: true, value: undefined };
    },
    async throw(error) {
      await generator.return();
      throw error;
    },
    [Symbol.asyncIterator]: () => generator,
    async [Symbol.asyncDispose]() {
      await generator.return();
    },
  };
  return generator;
}

async function* runEvents(
  params: RunParams,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void, void> {
  checkRunParams(params);
  signal.throwIfAborted();
  const { child, tree } = start(params);
  const bell = new Bell();
  const outputs = [
    new Output("stdout", child.stdout, bell.ring),
    new Output("stderr", child.stderr, bell.ring),
  ];
  const input = params.stdin === undefined ? undefined : feed(child.stdin, params.stdin);
  let status: Deno.CommandStatus | undefined;
  child.status.then((ended) => status = ended).then(bell.ring);
  signal.addEventListener("abort", bell.ring);
  let finished = false;
  try {
    let waited = 0;
    let drained = 0;
    while (status === undefined || outputs.some((output) => !output.ended)) {
      signal.throwIfAborted();
      const output = outputs.find((output) => output.ready);
      if (output !== undefined) {
        const { text, bytes } = output.take();
        // The other output comes first next time, or a busy one would starve it.
        outputs.reverse();
        if (text !== "") yield { type: output.type, text };
        if (status !== undefined) drained += bytes;
        if (drained > DRAIN_BYTES) break;
      } else if (status === undefined) {
        await bell.wait();
      } else {
        if (waited >= DRAIN_WAIT) break;
        const since = performance.now();
        await bell.wait(DRAIN_WAIT - waited);
        waited += performance.now() - since;
      }
    }
    for (const output of outputs) {
      const text = output.finish();
      if (text !== "") yield { type: output.type, text };
    }
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

function start(params: RunParams): StartedTree {
  const { program, args, windowsRawArguments } = commandLine(params.command);
  useUtf8Console();
  try {
    return spawnTree(program, {
      args,
      windowsRawArguments,
      ...(params.cwd === undefined ? {} : { cwd: params.cwd }),
      ...(params.env === undefined ? {} : { env: params.env }),
      stdin: params.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    });
  } catch (error) {
    throw explain(error, program, params.cwd);
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

/** The writing of a command's input. */
interface Feed {
  /** What went wrong, if anything did. */
  failure: unknown;
  /** Gives up; returns when the pipe is closed. */
  stop(): Promise<void>;
}

/** Writes the command's input while its output is read: each could fill its pipe first. */
function feed(stdin: WritableStream<Uint8Array>, text: string): Feed {
  const writer = stdin.getWriter();
  let stopped = false;
  const done = writer.write(new TextEncoder().encode(text)).then(() => writer.close()).catch(
    (error) => {
      // A command need not read its input; that the pipe breaks then is no failure.
      if (!stopped && !(error instanceof Deno.errors.BrokenPipe)) state.failure = error;
    },
  );
  const state: Feed = {
    failure: undefined,
    async stop() {
      stopped = true;
      await Promise.allSettled([writer.abort(), done]);
    },
  };
  return state;
}
