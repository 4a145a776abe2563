/**
 * One client of a faulty host, and its connection to the host that is right: what passes is read
 * message by message, and changed where the fault says so. What is no message passes as it is.
 *
 * @module
 */

import type { Transport } from "../../../apps/neverliie/conformance/host.ts";
import {
  asObject,
  type Body,
  frame,
  joined,
  type Message,
  type Read,
  readFrame,
  readLine,
} from "../../../apps/neverliie/conformance/frame.ts";
import type { Fault } from "./faults.ts";

/** What comes before the ids of the link's own requests. */
const OWN = "prefetch ";
const BRACE = 123;

/** A client and the host behind it. */
export class FaultyLink {
  readonly #client: Transport;
  readonly #host: Transport;
  readonly #fault: Fault;
  /** The client's requests that the host has not answered, by their ids. */
  readonly requests: Map<unknown, Body> = new Map();
  /** Pages that were asked for before the client did, by the tokens of their streams. */
  readonly #pages = new Map<unknown, Body[]>();
  #toClient: Promise<void> = Promise.resolve();
  #toHost: Promise<void> = Promise.resolve();
  #lines: boolean | null = null;
  #prefetched = 0;

  constructor(client: Transport, host: Transport, fault: Fault) {
    this.#client = client;
    this.#host = host;
    this.#fault = fault;
  }

  /** Hands on what both say, until one of them ends. */
  async run(): Promise<void> {
    try {
      await Promise.race([this.#fromClient(), this.#fromHost()]);
      await this.#toClient;
    } finally {
      await Promise.all([this.#client.close(), this.#host.close()]);
    }
  }

  /** Sends the client a message of the faulty host's own. */
  tell(message: Body): void {
    this.#sendClient(this.#lines === true ? `${JSON.stringify(message)}\n` : text(message));
  }

  /** Asks for further pages of a stream, one after the other. */
  prefetch(token: unknown, count: number): void {
    if (!this.#pages.has(token)) this.#pages.set(token, []);
    if (count === 0) return;
    const id = `${OWN}${++this.#prefetched}`;
    const request = { jsonrpc: "2.0", id, method: "$/enumerator/next", params: { token } };
    this.requests.set(id, { ...request, left: count - 1 });
    this.#sendHost(text(request));
  }

  async #fromClient(): Promise<void> {
    let held = new Uint8Array(0);
    for (let bytes; (bytes = await this.#client.read()) !== null;) {
      this.#lines ??= bytes[0] === BRACE;
      held = joined([held, bytes]) as Uint8Array<ArrayBuffer>;
      for (;;) {
        const read = attempt(() => this.#lines === true ? readLine(held) : readFrame(held));
        if (read === null) break;
        if (read === "none") {
          if (this.#refuses(held)) return;
          this.#sendHost(held);
          held = new Uint8Array(0);
          break;
        }
        const whole = held.subarray(0, held.length - read.rest.length);
        held = read.rest as Uint8Array<ArrayBuffer>;
        if (this.#refuses(whole)) return;
        this.#takeAsked(read.message, whole);
      }
      // What is too large to be held, and what no line end closes, is the host's to judge.
      if (held.length > 0 && isBeginning(held)) continue;
      this.#sendHost(held);
      held = new Uint8Array(0);
    }
  }

  #takeAsked({ body, headers, tail }: Message, whole: Uint8Array): void {
    const { id, method, params } = body;
    const token = Array.isArray(params) ? params[0] : asObject(params)?.["token"];
    if (method === "$/enumerator/next") {
      const page = this.#pages.get(token)?.shift();
      if (page !== undefined) return this.tell({ jsonrpc: "2.0", id, result: page });
    }
    if (method === "$/enumerator/abort") this.#pages.delete(token);
    const changed = this.#fault.asked?.(body, this) ?? body;
    // (Not over one in flight: the host refuses the second one.)
    if (id !== undefined && method !== undefined && !this.requests.has(id)) {
      this.requests.set(id, body);
    }
    if (changed === body) return this.#sendHost(whole);
    this.#sendHost(
      this.#lines === true ? `${JSON.stringify(changed)}\n` : encoded(changed, headers, tail),
    );
  }

  async #fromHost(): Promise<void> {
    let held: Uint8Array = new Uint8Array(0);
    for (let bytes; (bytes = await this.#host.read()) !== null;) {
      held = joined([held, bytes]);
      for (;;) {
        const read = this.#lines === true ? readLine(held) : readFrame(held);
        if (read === null) break;
        const whole = held.subarray(0, held.length - read.rest.length);
        held = read.rest;
        this.#takeTold(read.message, whole);
      }
    }
  }

  #takeTold(message: Message, whole: Uint8Array): void {
    const { body, headers, tail, text: line } = message;
    const { id, method } = body;
    if (typeof id === "string" && id.startsWith(OWN)) return this.#takePage(id, body);
    const changed = this.#fault.told === undefined ? body : this.#fault.told(body, this);
    if (method === undefined) this.requests.delete(id);
    if (changed === null) return;
    if (this.#lines === true && this.#fault.line !== undefined) {
      this.#sendClient(`${this.#fault.line(line)}\n`);
    } else if (changed === body) this.#sendClient(whole.slice());
    else if (this.#lines === true) this.#sendClient(`${JSON.stringify(changed)}\n`);
    else this.#sendClient(encoded(changed, headers, tail));
  }

  #takePage(id: string, body: Body): void {
    const { params, left } = this.requests.get(id)!;
    this.requests.delete(id);
    const token = asObject(params)?.["token"];
    const pages = this.#pages.get(token);
    // (The stream was ended meanwhile.)
    const page = asObject(body["result"]);
    if (pages === undefined || page === null) return;
    pages.push(page);
    if (Number(left) > 0) this.prefetch(token, Number(left));
  }

  #refuses(bytes: Uint8Array): boolean {
    if (this.#fault.refuses === undefined || this.#lines === true) return false;
    const header = new TextDecoder("latin1").decode(bytes).split("\r\n\r\n")[0]!;
    if (!this.#fault.refuses(header)) return false;
    this.tell({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "not a header" } });
    return true;
  }

  #sendClient(bytes: Uint8Array | string): void {
    this.#toClient = this.#toClient.then(() => send(this.#client, bytes));
  }

  #sendHost(bytes: Uint8Array | string): void {
    this.#toHost = this.#toHost.then(() => send(this.#host, bytes));
  }
}

/** Writes; whoever has hung up meanwhile is heard of by a read. */
async function send(transport: Transport, bytes: Uint8Array | string): Promise<void> {
  try {
    await transport.write(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

const text = (message: Body): Uint8Array => frame(JSON.stringify(message));

/** A frame with the header lines and the bytes that the message had. */
function encoded(message: Body, headers: readonly string[], tail: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(message));
  const others = headers.filter((line) => !/^content-length:/i.test(line))
    .map((line) => line.replace(/json=\d+/, `json=${json.length}`));
  return frame(joined([json, tail]), others);
}

/** What `read` gives; "none" where it says that this is no message. */
function attempt(read: () => Read | null): Read | null | "none" {
  try {
    return read();
  } catch {
    return "none";
  }
}

/** Whether more of a message is to come, whose length is small. */
function isBeginning(bytes: Uint8Array): boolean {
  if (bytes[0] === BRACE) return true;
  const header = new TextDecoder("latin1").decode(bytes.subarray(0, 8_192));
  const length = Number(/^content-length: *(\d+)/im.exec(header)?.[1] ?? 0);
  return length <= 64 << 20 && (header.includes("\r\n\r\n") || header.length <= 4_096);
}
