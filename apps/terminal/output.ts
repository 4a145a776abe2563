/** One output of a command: bytes in, pieces out, as bytes and as text. */
import type { CommandOutput } from "./command_events.ts";

export class Output {
  readonly type: "stdout" | "stderr";
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  #decoder = new TextDecoder();
  #arrived: ReadableStreamReadResult<Uint8Array<ArrayBuffer>> | undefined;
  #failure: { error: unknown } | undefined;
  #ended = false;
  #onArrival: () => void;

  /** @param onArrival Called whenever `take` has something to give. */
  constructor(
    type: "stdout" | "stderr",
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    onArrival: () => void,
  ) {
    this.type = type;
    this.#reader = stream.getReader();
    this.#onArrival = onArrival;
    this.#read();
  }

  /** Whether everything was taken. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether `take` would give something now. */
  get ready(): boolean {
    return this.#arrived !== undefined || this.#failure !== undefined;
  }

  /**
   * What arrived. The text may be empty: a character may be cut in two. Only now the next piece is
   * read, so that a command waits for a slow taker instead of filling memory.
   */
  take(): CommandOutput {
    if (this.#failure) throw this.#failure.error;
    const arrived = this.#arrived;
    if (arrived === undefined) return this.#piece("");
    this.#arrived = undefined;
    if (arrived.done) return this.finish();
    const text = this.#decoder.decode(arrived.value, { stream: true });
    this.#read();
    return this.#piece(text, arrived.value);
  }

  /** Ends it, with what is left of a character that was cut off. */
  finish(): CommandOutput {
    if (this.#ended) return this.#piece("");
    this.#ended = true;
    return this.#piece(this.#decoder.decode());
  }

  /** Stops reading, also in the middle of a read. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#reader.cancel();
  }

  #piece(text: string, bytes: Uint8Array = new Uint8Array()): CommandOutput {
    return { type: this.type, bytes, text };
  }

  #read(): void {
    this.#reader.read().then(
      (result) => this.#arrived = result,
      (error) => this.#failure = { error },
    ).then(this.#onArrival);
  }
}
