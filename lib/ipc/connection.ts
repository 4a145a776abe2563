/**
 * One symmetric JSON-RPC session on one transport: both sides call, both sides answer. Knows no
 * app names and starts nothing.
 *
 * @module
 */

import { Answers, type Dispatch } from "./answers.ts";
import { pack, type Packed, places, takesBytes, unpack } from "./bytes.ts";
import { BYTES_TYPE, FrameDecoder, type FrameLimits } from "./codec.ts";
import { ConnectionLostError, ErrorCode, fromWireError, RemoteError } from "./errors.ts";
import {
  asRecord,
  type Classified,
  classify,
  isRequestId,
  type NextPage,
  type Params,
  type ResponseMessage,
} from "./message.ts";
import { Outbox } from "./outbox.ts";
import { PendingCalls, type Reply, type WaitOptions } from "./pending_calls.ts";
import type { Transport } from "./transport.ts";

export type { Dispatch, Reply, WaitOptions };

/** How a {@link Connection} behaves. */
export interface ConnectionOptions {
  /** Answers what the peer asks. Requests are refused with "method not found" without one. */
  dispatch?: Dispatch;
  /** Largest header and body, in bytes. */
  frameLimits?: FrameLimits;
}

/** Milliseconds that the last answers have to leave before the transport is closed over them. */
const CLOSE_LIMIT = 1_000;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A live session. Every call made on it settles, at the latest when the session ends. */
export class Connection {
  readonly #transport: Transport;
  readonly #decoder: FrameDecoder;
  readonly #outbox: Outbox;
  readonly #pending: PendingCalls;
  readonly #answers: Answers;
  readonly #ended = Promise.withResolvers<Error | null>();
  #lost: Error | null = null;
  /** Whether the peer said that it takes frames with bytes behind their JSON. */
  #peerTakesBytes = false;

  constructor(transport: Transport, options: ConnectionOptions = {}) {
    this.#transport = transport;
    this.#decoder = new FrameDecoder(options.frameLimits);
    this.#pending = new PendingCalls((id) => this.notify("$/cancelRequest", { id }));
    this.#outbox = new Outbox(
      transport,
      () => this.#pending.markSent(),
      (error) => {
        this.#end(new ConnectionLostError(`the peer is gone: ${error.message}`));
        void this.#transport.close();
      },
    );
    this.#answers = new Answers(
      options.dispatch ?? ((request) => request.refuse()),
      (text, parts) => this.#send(text, parts),
      (value) => pack(value, this.#peerTakesBytes),
    );
    void this.#receive();
  }

  /** Resolves when the session has ended: to why, or to `null` when this side closed it. */
  get ended(): Promise<Error | null> {
    return this.#ended.promise;
  }

  /** Whether calls can still be made. */
  get open(): boolean {
    return this.#lost === null;
  }

  /** Calls made here that wait for their answer, streams' pages included. */
  get pendingCalls(): number {
    return this.#pending.size;
  }

  /**
   * Calls a method of the peer.
   *
   * @throws {RemoteError} what the peer's handler threw; {@link MethodNotFoundError} among them.
   * @throws {Deno.errors.TimedOut} after `timeout` milliseconds; the peer is told to cancel.
   * @throws {ConnectionLostError} when the session ends first.
   */
  call(method: string, params?: Params, options: WaitOptions = {}): Promise<Reply> {
    if (this.#lost !== null) {
      return Promise.reject(new ConnectionLostError(this.#lost.message, true));
    }
    return this.#pending.add(method, options, (id) => this.#request(`"id":${id},`, method, params));
  }

  /** Calls `$/ping`, by which both sides learn what the other takes. Rejects as {@link call} does. */
  async greet(options: WaitOptions = {}): Promise<void> {
    const { result } = await this.call("$/ping", { accept: [BYTES_TYPE] }, options);
    this.#peerTakesBytes = takesBytes(result);
  }

  /** Tells the peer something that wants no answer. */
  notify(method: string, params?: Params): void {
    if (this.#lost === null) this.#request("", method, params);
  }

  /** Asks for the next page of a stream that the peer opened by a {@link Reply}. */
  async next(token: number | string): Promise<NextPage> {
    const { result } = await this.call("$/enumerator/next", { token });
    const page = asRecord(result);
    if (page === null || !Array.isArray(page["values"])) {
      throw new RemoteError("the peer sent a page without values", ErrorCode.InternalError);
    }
    return { values: page["values"], finished: page["finished"] === true };
  }

  /** Ends a stream that the peer opened. */
  abort(token: number | string): void {
    this.notify("$/enumerator/abort", { token });
  }

  /**
   * Ends the session: handlers of the peer's calls are aborted, their answers and all that was
   * sent so far still leave (within a second), own pending calls reject. Calling it again is
   * harmless.
   */
  async close(): Promise<void> {
    this.#answers.abort();
    if (this.#lost === null) await this.#outbox.drained(CLOSE_LIMIT);
    this.#end(null);
    await this.#transport.close();
  }

  #request(id: string, method: string, params: Params | undefined): void {
    const head = `{"jsonrpc":"2.0",${id}"method":${JSON.stringify(method)}`;
    if (params === undefined) return this.#outbox.send(`${head}}`);
    const { text, parts } = pack(params, this.#peerTakesBytes);
    this.#send(`${head},"params":${text}${places(parts, "params")}}`, parts);
  }

  #send(text: string, parts: Packed["parts"]): void {
    if (parts.length === 0) this.#outbox.send(text);
    else this.#outbox.send(text, parts.map(({ bytes }) => bytes));
  }

  async #receive(): Promise<void> {
    let why: Error | null = null;
    try {
      for (;;) {
        const bytes = await this.#transport.read();
        if (bytes === null) break;
        this.#decoder.push(bytes, this.#onFrame);
        if (this.#lost !== null) break;
      }
    } catch (error) {
      why = error as Error;
      // One answer tells a peer that broke the protocol why it is dropped.
      this.#answers.refuse(null, ErrorCode.ParseError, why.message);
      await this.#outbox.drained(CLOSE_LIMIT);
    }
    this.#end(why ?? new ConnectionLostError("the peer closed the connection"));
    await this.#transport.close();
  }

  readonly #onFrame = (json: Uint8Array, tail: Uint8Array | null): void => {
    let value: unknown;
    try {
      value = JSON.parse(utf8.decode(json));
    } catch (error) {
      const why = `not JSON in UTF-8: ${(error as Error).message}`;
      this.#answers.refuse(null, ErrorCode.ParseError, why);
      return;
    }
    if (Array.isArray(value)) {
      const why = "batches are not supported: send one by one";
      this.#answers.refuse(null, ErrorCode.InvalidRequest, why);
      return;
    }
    const classified = tail === null ? classify(value) : withBytes(value, tail);
    switch (classified.kind) {
      case "response":
        return this.#onResponse(classified.message);
      case "request": {
        const { message } = classified;
        if (message.method === "$/ping") this.#peerTakesBytes ||= takesBytes(message.params);
        return this.#answers.onRequest(message);
      }
      case "notification":
        return this.#answers.onNotification(classified.message);
      case "invalid": {
        const { id, why } = classified;
        // An answer that cannot be read is one all the same to the call that waits for it.
        const isAnswer = asRecord(value)?.["method"] === undefined;
        if (isAnswer && id !== null) {
          this.#pending.settle(id, null, new RemoteError(why, ErrorCode.InvalidRequest));
        }
        this.#answers.refuse(isAnswer ? null : id, ErrorCode.InvalidRequest, why);
      }
    }
  };

  #onResponse(message: ResponseMessage): void {
    const { id, error, result = null, stream } = message;
    if (id === null) return;
    if (!this.#pending.has(id)) {
      // Late: its call was given up. A stream it opened would wait for ever.
      const token = stream === true ? asRecord(result)?.["token"] : undefined;
      if (isRequestId(token)) this.abort(token);
    } else if (error !== undefined && error !== null) {
      const { code, message, data } = asRecord(error) ?? {};
      const wire = {
        code: typeof code === "number" ? code : ErrorCode.InternalError,
        message: typeof message === "string" ? message : "the peer sent an error without a message",
        data,
      };
      this.#pending.settle(id, null, fromWireError(wire));
    } else {
      this.#pending.settle(id, { result, stream: stream === true }, null);
    }
  }

  /** Settles everything, once. `why` is `null` when this side closed. */
  #end(why: Error | null): void {
    if (this.#lost !== null) return;
    this.#lost = why ?? new ConnectionLostError("the connection was closed");
    this.#pending.end(this.#lost.message);
    this.#answers.end();
    this.#ended.resolve(why);
  }
}

/** The message with the bytes in their places. */
function withBytes(value: unknown, tail: Uint8Array): Classified {
  try {
    unpack(value, tail);
    return classify(value);
  } catch (error) {
    const id = asRecord(value)?.["id"];
    return { kind: "invalid", id: isRequestId(id) ? id : null, why: (error as Error).message };
  }
}
