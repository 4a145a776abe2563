/** This library's caller before a StreamJsonRpc server; see streamjsonrpc_test.ts. */
import { assertEquals, assertRejects } from "@std/assert";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { RemoteError } from "../../../lib/ipc/wire/errors.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import { pageOf } from "../../../lib/ipc/wire/message.ts";
import { IPCStream } from "../../../lib/ipc/session/calling/stream.ts";
import { dispatchTo, RawPeer } from "../../support/session/unit_session.ts";

const next = "$/enumerator/next";
const abort = "$/enumerator/abort";

/** What a StreamJsonRpc server answers, in order, and what this library's caller makes of it. */
const SERVERS: readonly {
  name: string;
  answers: readonly Record<string, unknown>[];
  /** The requests and notifications that it must have got, without ids. */
  asked: readonly [method: string, params?: unknown][];
  items?: unknown[];
  fails?: string;
  /** Items after which the caller leaves. */
  leaveAfter?: number;
}[] = [
  {
    name: "a token without prefetched values",
    answers: [
      { result: { token: 1 } },
      { result: { values: [1, 2, 3] } },
      { result: { values: [4], finished: true } },
    ],
    asked: [["Numbers"], [next, { token: 1 }], [next, { token: 1 }]],
    items: [1, 2, 3, 4],
  },
  {
    name: "prefetched values and a token of any kind",
    answers: [
      { result: { token: "enum-handle", values: [1, 2] } },
      { result: { values: [3], finished: false } },
      { result: { values: [], finished: true } },
    ],
    asked: [["Numbers"], [next, { token: "enum-handle" }], [next, { token: "enum-handle" }]],
    items: [1, 2, 3],
  },
  {
    name: "an exception in the middle, after which no abort is sent",
    answers: [
      { result: { token: 1, values: [1] } },
      { error: { code: -32000, message: "it broke", data: { type: "System.Exception" } } },
    ],
    asked: [["Numbers"], [next, { token: 1 }]],
    items: [1],
    fails: "it broke",
  },
  {
    name: "a caller that leaves early aborts the token",
    answers: [{ result: { token: 1, values: [1, 2, 3] } }],
    asked: [["Numbers"], [next, { token: 1 }], [abort, { token: 1 }]],
    items: [1],
    leaveAfter: 1,
  },
];

for (const { name, answers, asked, items, fails, leaveAfter } of SERVERS) {
  Deno.test(`StreamJsonRpc as the app: ${name}`, async () => {
    const [left, right] = memoryPair();
    const server = new RawPeer(left);
    const client = new Connection(right, { dispatch: dispatchTo({}) });
    const seen: [string, unknown?][] = [];
    const serving = (async () => {
      let answered = 0;
      for (;;) {
        const message = await server.receive();
        if (message === null) return;
        const { id, method, params } = message;
        seen.push(params === undefined ? [method] : [method, params]);
        const answer = id === undefined ? undefined : answers[answered++];
        if (answer !== undefined) await server.send({ jsonrpc: "2.0", id, ...answer });
      }
    })();
    const stream = new IPCStream<number>(async (signal) => {
      const { result, stream } = await client.call("Numbers", undefined, { signal });
      return { page: pageOf(result, stream), remote: client };
    });
    const got: unknown[] = [];
    const read = async () => {
      for await (const item of stream) {
        got.push(item);
        if (got.length === leaveAfter) break;
      }
    };
    if (fails === undefined) await read();
    else assertEquals((await assertRejects(read, RemoteError, fails)).code, -32000);
    await client.close();
    await serving;
    assertEquals([got, seen], [items, asked as [string, unknown?][]]);
  });
}
