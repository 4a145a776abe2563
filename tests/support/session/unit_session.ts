/**
 * Sessions over a linked pair of transports in memory, and a peer that speaks raw bytes.
 *
 * @module
 */
import { textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { FrameDecoder } from "../../../lib/ipc/wire/codec.ts";
import { FrameEncoder } from "../../../lib/ipc/wire/frame_encoder.ts";
import { takeAll } from "../mesh/frames.ts";
import { Connection, type Dispatch } from "../../../lib/ipc/session/connection.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../lib/ipc/session/limits.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import type { Params, StreamPage } from "../../../lib/ipc/wire/message.ts";
import type { Methods } from "../../../lib/ipc/methods/methods.ts";
import type { IncomingRequest } from "../../../lib/ipc/session/answering/incoming_request.ts";
import { IPCStream, type StreamOptions } from "../../../lib/ipc/session/calling/stream.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";

/** What a test's peer answers, by method. */
export type MethodTable = Readonly<Record<string, Dispatch>>;

/** Answers from a table; what is not in it is refused. */
export function dispatchTo(methods: MethodTable): Dispatch {
  const table = new Map(Object.entries(methods));
  return (request) => {
    const handler = table.get(request.method);
    return handler === undefined ? request.throwNotFound() : handler(request);
  };
}

/** Lets everything that is ready happen: a pair in memory needs no more than microtasks. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Resolves once the caller no longer wants the answer. */
export function aborted({ signal }: { signal: AbortSignal }): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}

/** A transport that counts its writes. */
export class CountingTransport implements Transport {
  readonly #inner: Transport;
  writes = 0;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  read(): Promise<Uint8Array | null> {
    return this.#inner.read();
  }

  write(bytes: Uint8Array): Promise<void> {
    this.writes++;
    return this.#inner.write(bytes);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** Two sessions that face each other. */
export interface SessionPair extends AsyncDisposable {
  client: Connection;
  server: Connection;
  /** The client's transport. */
  transport: CountingTransport;
}

/** A client and a server; `back` is what the client answers. */
export function sessionPair(methods: MethodTable, back: MethodTable = {}): SessionPair {
  return dispatchPair(dispatchTo(methods), dispatchTo(back));
}

/** A client and a server that answers from a table of exposed methods. */
export function methodsSession(methods: Methods): SessionPair {
  return dispatchPair((request) => methods.dispatch(request, null));
}

function dispatchPair(methods: Dispatch, back: Dispatch = dispatchTo({})): SessionPair {
  const [left, right] = memoryPair();
  const transport = new CountingTransport(left);
  const client = new Connection(transport, { dispatch: back });
  const server = new Connection(right, { dispatch: methods });
  return {
    client,
    server,
    transport,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.ended;
    },
  };
}

/** A stream on a session; a plain result is its one item. */
export function openStream<T = unknown>(
  connection: Connection,
  method: string,
  params: Params = {},
  options: StreamOptions = {},
): IPCStream<T> {
  return new IPCStream<T>(async (signal) => {
    const { result, stream } = await connection.call(method, params, { signal });
    return { page: stream ? result as StreamPage : { values: [result] }, remote: connection };
  }, options);
}

/** A peer without a session: it sends what the test says and shows what it gets. */
export class RawPeer implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #decoder = new FrameDecoder();
  readonly #received: string[] = [];

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Sends messages, each in a frame; a text is sent as it is. */
  async send(...messages: unknown[]): Promise<void> {
    const encoder = new FrameEncoder();
    for (const message of messages) {
      encoder.append(typeof message === "string" ? message : JSON.stringify(message));
    }
    await this.sendBytes(takeAll(encoder));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    await this.#transport.write(bytes);
  }

  /** The next message, or `null` once the other side has ended. */
  // deno-lint-ignore no-explicit-any -- what arrives is looked at by the test
  async receive(): Promise<any> {
    while (this.#received.length === 0) {
      const bytes = await this.#transport.read();
      if (bytes === null) return null;
      this.#decoder.push(bytes, (body) => this.#received.push(textOf(body)));
    }
    return JSON.parse(this.#received.shift()!);
  }

  /** Sends a request that is sure to be answered, and returns all that came before its answer. */
  // deno-lint-ignore no-explicit-any -- what arrives is looked at by the test
  async receiveUntilPong(): Promise<any[]> {
    await this.send({ jsonrpc: "2.0", id: "ping", method: "ping" });
    const before = [];
    for (;;) {
      const message = await this.receive();
      if (message === null || message.id === "ping") return before;
      before.push(message);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport.close();
  }
}

/** A session under test and the raw peer that it faces. `ping` is answered. */
export function facingRaw(
  methods: MethodTable = {},
  limits: Partial<Limits> = {},
): { peer: RawPeer; session: Connection } {
  const [left, right] = memoryPair();
  const dispatch = dispatchTo({ ping: (_request: IncomingRequest) => "pong", ...methods });
  const session = new Connection(right, { dispatch, limits: { ...DEFAULT_LIMITS, ...limits } });
  return { peer: new RawPeer(left), session };
}
