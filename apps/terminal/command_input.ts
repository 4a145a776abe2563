/** What a command reads from its standard input, written while its output is read. */

/** Bytes that may wait for a command that does not read. */
const WAITING_MAX = 1 << 20;

/** The writing side of a command's input: each of input and output could fill its pipe first. */
export class CommandInput {
  /** What went wrong, if anything did; that nobody reads it is no failure. */
  failure: unknown;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #written: Promise<boolean> = Promise.resolve(true);
  #waiting = 0;
  #stopped = false;

  constructor(stdin: WritableStream<Uint8Array>) {
    this.#writer = stdin.getWriter();
    // Told of by the writes.
    this.#writer.closed.catch(() => {});
  }

  /**
   * Writes the bytes, after what was written before. Resolves once the command's pipe has taken
   * them, with whether it takes more: a command may end, or close its input.
   *
   * @throws {RangeError} Where more would wait than may.
   */
  async write(bytes: Uint8Array): Promise<boolean> {
    if (this.#waiting > 0 && this.#waiting + bytes.length > WAITING_MAX) {
      throw new RangeError("Cannot write: the command does not read what was written before");
    }
    this.#waiting += bytes.length;
    try {
      return await this.#next(() => this.#writer.write(bytes));
    } finally {
      this.#waiting -= bytes.length;
    }
  }

  /** Ends the input, after what was written before. */
  async end(): Promise<void> {
    await this.#next(() => this.#writer.close());
  }

  /** Gives up; returns when the pipe is closed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled([this.#writer.abort(), this.#written]);
  }

  #next(step: () => Promise<void>): Promise<boolean> {
    return this.#written = this.#written.then(async (open) => {
      if (!open || this.#stopped) return false;
      try {
        await step();
        return true;
      } catch (error) {
        // A command need not read its input; that the pipe breaks then is no failure.
        if (!this.#stopped && !(error instanceof Deno.errors.BrokenPipe)) this.failure = error;
        return false;
      }
    });
  }
}
