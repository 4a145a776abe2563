/**
 * A program that a test started on its mesh: what it wrote, and what it came to.
 *
 * @module
 */

import { noLongerThan } from "../base/timer.ts";
import { endOfText } from "./log_ends.ts";
import { endChild } from "./processes.ts";

/** Milliseconds for the last of its output, which a program that it started may hold open. */
const OUTPUT_TIME = 1_000;

/** What a program came to. */
export interface ProgramEnd {
  /** Its exit code; 128 + n where a signal n ended it. */
  code: number;
  /** All that it wrote. */
  output: string;
}

/** A program that `TestMesh.wake` started. It is ended with the mesh. */
export class TestProgram {
  /** Its process. */
  readonly pid: number;
  /** What it came to, once it has ended. */
  readonly ended: Promise<ProgramEnd>;
  readonly #child: Deno.ChildProcess;
  #name = "";
  #output = "";
  #end: ProgramEnd | null = null;

  /** Made by `TestMesh.wake`. @param child its output and errors are piped */
  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.pid = child.pid;
    this.ended = this.#untilEnd();
  }

  /** The name that it has on the mesh. */
  get name(): string {
    return this.#name;
  }

  /** What it wrote so far, both to its output and its errors. */
  get output(): string {
    return this.#output;
  }

  /** What it came to; `null` while it runs. */
  get end(): ProgramEnd | null {
    return this.#end;
  }

  /** Ends it at once, as a crash would; resolves once it is gone. */
  async kill(): Promise<void> {
    endChild(this.#child);
    await this.ended;
  }

  /** Told by the mesh, which finds it. */
  named(name: string): void {
    this.#name = name;
  }

  /** The last lines that it wrote, for a message. */
  endOfOutput(): string {
    return endOfText(`what ${this.#name || `process ${this.pid}`} wrote`, this.#output);
  }

  async #untilEnd(): Promise<ProgramEnd> {
    const { stdout, stderr, status } = this.#child;
    const left = new AbortController();
    const reading = Promise.all([this.#read(stdout, left.signal), this.#read(stderr, left.signal)]);
    const { code } = await status;
    await noLongerThan(OUTPUT_TIME, reading);
    left.abort();
    await reading;
    return this.#end = { code, output: this.#output };
  }

  async #read(stream: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
    const decoder = new TextDecoder();
    const reader = stream.getReader();
    signal.addEventListener("abort", () => void reader.cancel(), { once: true });
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.#output += decoder.decode(value, { stream: true });
    }
  }
}
