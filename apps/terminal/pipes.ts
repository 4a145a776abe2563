/** Commands whose input and output are handed through, and the methods by which others reach them. */
import type { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { commandEvents } from "./command_events.ts";
import type { CommandInput } from "./command_input.ts";
import { checkRunParams } from "./command_line.ts";
import type { PipeEvent, PipeInputParams, PipeParams } from "./contract.ts";
import { endedByLeaving } from "./run.ts";

/** All that run now in this process. */
export class Pipes {
  readonly #inputs = new Map<number, CommandInput>();
  #last = 0;

  /** Exposes the methods. */
  serve(ipc: NeverLiieIPC): void {
    ipc.expose("pipe", (params: PipeParams, { signal }) => this.pipe(params, signal), {
      params: ["command", "cwd", "env"],
      kind: "stream",
      description: "runs a command that reads what pipe_input writes; its output as bytes",
    });
    ipc.expose("pipe_input", (params: PipeInputParams) => this.input(params), {
      params: ["pipe", "data"],
      description: "writes to the standard input of a command of pipe; null ends it",
    });
  }

  /** Runs a command. Aborting the signal or leaving ends it with everything it started. */
  pipe(params: PipeParams, signal: AbortSignal): AsyncGenerator<PipeEvent, void, void> {
    return endedByLeaving((signal) => this.#events(params, signal), signal);
  }

  /** Whether the command takes more. */
  async input({ pipe, data }: PipeInputParams): Promise<boolean> {
    if (data !== null && typeof data !== "string" && !(data instanceof Uint8Array)) {
      throw new TypeError("Cannot write: data must be a text, bytes, or null for the end");
    }
    if (!Number.isInteger(pipe) || pipe < 1 || pipe > this.#last) {
      throw new RangeError(
        `Cannot write: there is no pipe ${JSON.stringify(pipe) ?? "without a number"}`,
      );
    }
    const input = this.#inputs.get(pipe);
    if (input === undefined) return false;
    if (data === null) {
      await input.end();
      return false;
    }
    return await input.write(typeof data === "string" ? new TextEncoder().encode(data) : data);
  }

  async *#events(params: PipeParams, signal: AbortSignal): AsyncGenerator<PipeEvent, void, void> {
    checkRunParams(params);
    const pipe = ++this.#last;
    const options = { ...params, clearEnv: params.env !== undefined, input: true };
    try {
      for await (const event of commandEvents(options, signal)) {
        if (event.type === "started") {
          this.#inputs.set(pipe, event.input);
          yield { type: "started", pipe };
        } else if (event.type === "exit") yield event;
        else if (event.bytes.length > 0) yield { type: event.type, bytes: event.bytes };
      }
    } finally {
      this.#inputs.delete(pipe);
    }
  }
}
