/**
 * The kit's side of one connection: it writes bytes as it likes, whole, split, joined or broken, and
 * reads what the host sends by rules of its own.
 *
 * @module
 */

import { asObject, type Body, frame, joined, type Message, readFrame, readLine } from "./frame.ts";
import type { Transport } from "./host.ts";
import { expect, Failed, shown, Skipped } from "./outcome.ts";

/** An error as it travels. */
export interface WireError {
  code?: unknown;
  message?: unknown;
  data?: unknown;
  [member: string]: unknown;
}

/** Whose connection it is. */
export interface Sender {
  /** Milliseconds that each answer may take. */
  readonly timeout: number;
  /** Notes something that was sent. */
  note(what: string): void;
}

/** What comes before the names of the fixture's methods. */
const KIT = "kit.";
const NO_METHOD = -32601;
const encoder = new TextEncoder();
/** One connection to the host. */
export class Peer {
  readonly #transport: Transport;
  readonly #trial: Sender;
  #bytes: Uint8Array = new Uint8Array(0);
  #ended = false;
  #last = 0;
  /** Whether this side writes lines; the host then does as well. */
  lines = false;
  /** What came while something else was awaited. */
  readonly others: Message[] = [];

  constructor(transport: Transport, trial: Sender) {
    this.#transport = transport;
    this.#trial = trial;
  }

  /** Writes texts and bytes as they are, each in a write of its own. */
  async write(...pieces: (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces) {
      const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
      this.#trial.note(typeof piece === "string" ? piece : new TextDecoder().decode(bytes));
      try {
        await this.#transport.write(bytes);
      } catch (error) {
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
        // It has hung up, perhaps with a word: that is read next.
        return;
      }
    }
  }

  /** Sends messages, all in one write. */
  async send(...messages: unknown[]): Promise<void> {
    const texts = messages.map((message) => JSON.stringify(message));
    for (const text of texts) this.#trial.note(text);
    const blocks = texts.map((text) => this.lines ? `${text}\n` : frame(text));
    try {
      await this.#transport.write(joined(blocks));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }

  /** A request with an id of its own. @param beside members beside `params` */
  message(method: string, params?: unknown, beside: Body = {}): Body & { id: number } {
    const id = ++this.#last;
    return { jsonrpc: "2.0", id, method, ...beside, ...(params === undefined ? {} : { params }) };
  }

  /** Sends a request. @returns its id */
  async ask(method: string, params?: unknown, beside: Body = {}): Promise<number> {
    const message = this.message(method, params, beside);
    await this.send(message);
    return message.id;
  }

  /** Sends a notification. */
  tell(method: string, params?: unknown): Promise<void> {
    return this.send({ jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }) });
  }

  /** Asks, and waits for the answer. @throws {Skipped} where a method of the fixture is missing */
  async call(method: string, params?: unknown, beside: Body = {}): Promise<Message> {
    const id = await this.ask(method, params, beside);
    return await this.answer(id, method);
  }

  /** Asks, and waits for a result. */
  async result(method: string, params?: unknown, beside: Body = {}): Promise<unknown> {
    return this.resultOf(await this.call(method, params, beside), method);
  }

  /** Asks, and waits for an error of that code. */
  async error(code: number, method: string, params?: unknown, beside?: Body): Promise<WireError> {
    return this.errorOf(await this.call(method, params, beside), code);
  }

  /** The result that a response has. */
  resultOf(message: Message, of: string): unknown {
    const { body } = message;
    expect("result" in body && !("error" in body), `the result of ${of}`, body);
    return body["result"];
  }

  /** The error of that code that a response has. */
  errorOf(message: Message, code: number): WireError {
    const error = asObject(message.body["error"]);
    const right = error !== null && error["code"] === code && !("result" in message.body);
    expect(right, `error ${code}`, message.body);
    expect(typeof error!["message"] === "string", "a text as its message", error);
    return error!;
  }

  /** The response to a request; what comes before it is put with {@link others}. */
  async answer(id: unknown, method = ""): Promise<Message> {
    for (;;) {
      const at = this.others.findIndex(({ body }) => body["id"] === id && !("method" in body));
      if (at >= 0) {
        const [message] = this.others.splice(at, 1);
        const error = asObject(message!.body["error"]);
        if (method.startsWith(KIT) && error?.["code"] === NO_METHOD) {
          throw new Skipped(`the app does not offer ${method}`);
        }
        return message!;
      }
      const what = `the response to ${shown(id)}`;
      const message = await this.next(what);
      if (message === null) throw new Failed(what, "the end of the connection");
      this.others.push(message);
    }
  }

  /** An error of that code, whose `id` is `null`. */
  async complaint(code: number): Promise<WireError> {
    return this.errorOf(await this.answer(null), code);
  }

  /** Asks `$/ping`, and holds that nothing else came since. */
  async nothingElse(awaited = "nothing but the answer to $/ping"): Promise<void> {
    await this.result("$/ping");
    const [other] = this.others;
    if (other !== undefined) throw new Failed(awaited, shown(other.body));
  }

  /** Waits until the host closes the connection; what it says before is put with {@link others}. */
  async end(): Promise<void> {
    for (;;) {
      const message = await this.next("the end of the connection");
      if (message === null) return;
      this.others.push(message);
    }
  }

  /** The next message; `null` once the host has closed the connection. */
  async next(awaited: string): Promise<Message | null> {
    for (;;) {
      const read = this.lines ? readLine(this.#bytes) : readFrame(this.#bytes);
      if (read !== null) {
        this.#bytes = read.rest;
        return read.message;
      }
      if (this.#ended) return null;
      await this.#more(awaited);
    }
  }

  /** All bytes that the host sends until something fits or it closes the connection, as text. */
  async raw(awaited: string, fits: (text: string) => boolean): Promise<string> {
    for (;;) {
      const text = new TextDecoder().decode(this.#bytes);
      if (this.#ended || fits(text)) return text;
      await this.#more(awaited);
    }
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #more(awaited: string): Promise<void> {
    const { timeout } = this.#trial;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Failed(awaited, `nothing within ${timeout} ms`)),
        timeout,
      );
    });
    try {
      // A broken connection is an end, too.
      const read = this.#transport.read().catch(() => null);
      const bytes = await Promise.race([read, late]);
      if (bytes === null) this.#ended = true;
      else this.#bytes = joined([this.#bytes, bytes]);
    } finally {
      clearTimeout(timer);
    }
  }
}
