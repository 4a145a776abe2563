/**
 * The process at the other end of a connection: its methods, and its identity.
 *
 * @module
 */

import type { Calls } from "./calling/calls.ts";
import { pageOf, type Params, type StreamPage, type TraceContext } from "../wire/message.ts";
import { bounded, type Reply, type WaitOptions } from "./calling/pending_calls.ts";
import { IPCStream, type OpenedStream, type StreamOptions } from "./calling/stream.ts";
import { Telemetry } from "./telemetry.ts";
import { DEFAULT_TIMEOUT } from "../base/timer.ts";

/** Who a process says it is. */
export interface PeerIdentity {
  /** The app's name; `null` for a client. */
  name: string | null;
  /** Its process. */
  pid: number;
}

/** Sets what a peer's `identity` tells. */
export let identify: (peer: Peer, identity: PeerIdentity) => void;

/**
 * The process at the other end of a connection: what a handler calls its caller back by. A caller
 * without a name can be reached in no other way.
 *
 * It lives as long as the connection, so a handler may keep it to tell of later events. Once the
 * caller has left, everything asked of it rejects with {@link ConnectionLostError}.
 *
 * @example
 * ```ts
 * import { NeverLiieIPC } from "@neverliie/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * await using app = await NeverLiieIPC.open("store", { launch: false });
 * app.expose("delete_all", async (_params, { caller }) => {
 *   return await caller.call("confirm", { question: "Delete everything?" }) ? "deleted" : "kept";
 * });
 *
 * await using client = await NeverLiieIPC.client();
 * client.expose("confirm", () => false);
 * assertEquals(await client.call("store", "delete_all"), "kept");
 * ```
 */
export class Peer {
  readonly #connection: Calls;
  readonly #telemetry = Telemetry.find();
  #identity: PeerIdentity | null = null;

  static {
    identify = (peer, identity) => peer.#identity = identity;
  }

  /**
   * Who it says it is; `null` where it said nothing. Programs of this library say so when they
   * connect. It is good for a log or a picture, and proves nothing.
   */
  get identity(): PeerIdentity | null {
    return this.#identity;
  }

  /** Made by the connection. */
  constructor(connection: Calls) {
    this.#connection = connection;
  }

  /**
   * Calls a method that the peer exposes.
   *
   * @param options the time-out is in milliseconds, 5,000 by default
   * @throws {RemoteError} what the peer's handler threw; {@link MethodNotFoundError} among them.
   * @throws {Deno.errors.TimedOut} no answer in time; the peer is told to cancel.
   * @throws {ConnectionLostError} the peer has left.
   */
  async call<Result = unknown>(
    method: string,
    params?: Params,
    options: WaitOptions = {},
  ): Promise<Result> {
    const send = (trace?: TraceContext) =>
      this.#connection.call(method, params, withDefault(options, trace));
    const reply = await (this.#telemetry?.outgoing(null, method, send) ?? send());
    return plainResult(reply, this.#connection, () => `"${method}" of the caller`);
  }

  /** The items of a method of the peer; a plain result comes as the one item. */
  stream<Item = unknown>(
    method: string,
    params?: Params,
    options: WaitOptions & StreamOptions = {},
  ): IPCStream<Item> {
    const { signal, within, itemTimeout } = options;
    return new IPCStream<Item>(async (ended) => {
      const send = (trace?: TraceContext) =>
        this.#connection.call(method, params, withDefault({ ...options, signal: ended }, trace));
      const reply = await (this.#telemetry?.outgoing(null, method, send, ended) ?? send());
      return openedStream(reply, this.#connection);
    }, { signal, within, itemTimeout });
  }
}

function withDefault(options: WaitOptions, active: TraceContext | undefined): WaitOptions {
  const { timeout = DEFAULT_TIMEOUT, signal, trace } = bounded({ ...options, trace: undefined });
  return { timeout, signal, trace: active ?? trace };
}

/**
 * The result of a call. One that opens a stream, which nobody would read, is aborted.
 *
 * @param what names the method, for the error
 * @throws {TypeError} when the method streams.
 */
export function plainResult<Result>(
  reply: Reply,
  connection: Calls,
  what: () => string,
): Result {
  if (!reply.stream) return reply.result as Result;
  const { token } = reply.result as StreamPage;
  if (token !== undefined) connection.abort(token);
  throw new TypeError(`Cannot call ${what()}: it streams, use stream()`);
}

/** A stream as its first answer opens it; a plain result comes as the one item. */
export function openedStream({ result, stream }: Reply, remote: Calls): OpenedStream {
  return { page: pageOf(result, stream), remote };
}
