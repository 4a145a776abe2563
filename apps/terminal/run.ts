/** Running a command and telling what it does, in text. */
import { commandEvents } from "./command_events.ts";
import { checkRunParams } from "./command_line.ts";
import type { RunEvent, RunParams } from "./contract.ts";

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
  return endedByLeaving((signal) => textEvents(params, signal), signal);
}

async function* textEvents(
  params: RunParams,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void, void> {
  checkRunParams(params);
  const { stdin, ...options } = params;
  for await (const event of commandEvents({ ...options, input: stdin !== undefined }, signal)) {
    if (event.type === "exit") yield event;
    else if (event.type === "started") {
      void event.input.write(new TextEncoder().encode(stdin));
      void event.input.end();
    } else if (event.text !== "") yield { type: event.type, text: event.text };
  }
}

/**
 * Events whose `return()` also ends a `next()` that is under way: a generator's own waits for it,
 * and a silent command would keep it for ever.
 */
export function endedByLeaving<Event>(
  begin: (signal: AbortSignal) => AsyncGenerator<Event, void, void>,
  signal: AbortSignal,
): AsyncGenerator<Event, void, void> {
  const left = new AbortController();
  const events = begin(AbortSignal.any([signal, left.signal]));
  const generator: AsyncGenerator<Event, void, void> = {
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
