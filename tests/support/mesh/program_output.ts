/** What a started program writes, and what it comes to. */
import { assertEquals } from "@std/assert";
import { endProcess } from "../../../lib/ipc/testing/processes.ts";
import { until, waitingFor } from "../run/watchdog.ts";

/** What a program came to. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** Collects what a started program writes until it ends. */
export async function finished(child: Deno.ChildProcess, what = "a program"): Promise<Finished> {
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  const [{ code }, stdout, stderr] = await waitingFor(
    `the end of ${what} (process ${child.pid})`,
    () => Promise.all([child.status, output.all, errors.all]),
    () => output.text + errors.text,
  );
  return { code, stdout: stdout.replaceAll("\r\n", "\n"), stderr: stderr.replaceAll("\r\n", "\n") };
}

/** A stream's text as it comes, and all of it once the stream has ended. */
export interface Collected {
  text: string;
  all: Promise<string>;
}

/** Reads a stream to its end. */
export function collect(stream: ReadableStream<Uint8Array>): Collected {
  const read = async () => {
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) collected.text += piece;
    return collected.text;
  };
  const collected: Collected = { text: "", all: Promise.resolve("") };
  collected.all = read();
  return collected;
}

/** A program that goes on and prints. */
export class Printing {
  readonly output: Collected;
  readonly #child: Deno.ChildProcess;
  readonly #errors: Collected;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.output = collect(child.stdout);
    this.#errors = collect(child.stderr);
  }

  /** Waits until it has printed what holds of all of its output so far, named for the watchdog. */
  prints(what: string, holds = (text: string) => text.includes(what)): Promise<void> {
    return waitingFor(what, () => until(() => holds(this.output.text)), () => this.output.text);
  }

  /** Ends it, who must have complained of nothing. */
  async end(): Promise<void> {
    endProcess(this.#child.pid);
    await this.#child.status;
    assertEquals(await this.#errors.all, "");
  }
}
