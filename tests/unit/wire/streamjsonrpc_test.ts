/**
 * The wire as StreamJsonRpc writes and reads it, exchange by exchange, after its documentation of
 * IAsyncEnumerable, cancellation, errors, progress and trace context, and its source. No .NET runs
 * here: what is sent below is what its JSON formatters send.
 *
 * https://microsoft.github.io/vs-streamjsonrpc/exotic_types/asyncenumerable.html
 */
import { assertEquals } from "@std/assert";
import { aborted, facingRaw, type MethodTable } from "../../support/session/unit_session.ts";

/** Stands for the token that the app chose, wherever it is. */
const TOKEN = "<token>";

/** A line of an exchange: what the StreamJsonRpc side sends, or what it must get. */
type Line = { sends: Record<string, unknown> } | { gets: Record<string, unknown> };

const sends = (message: Record<string, unknown>): Line => ({
  sends: { jsonrpc: "2.0", ...message },
});
const gets = (message: Record<string, unknown>): Line => ({ gets: { jsonrpc: "2.0", ...message } });

/** The methods of the app. Each stream gives its items one by one, so that pages are sure. */
function methods(): MethodTable {
  return {
    Numbers: ({ params }) => onDemand((params as number[])[0]!),
    Empty: async function* () {},
    Wait: (request) => aborted(request),
    Fail: () => {
      throw Object.assign(new Error("Object reference not set"), {
        code: -2147467261,
        data: { type: "System.NullReferenceException", message: "Object reference not set" },
      });
    },
    Broken: async function* () {
      yield 1;
      await new Promise((resolve) => setTimeout(resolve, 0));
      throw Object.assign(new Error("the disk is full"), { code: 112, data: [1] });
    },
    WaitAfterOne: (request) =>
      (async function* () {
        yield 1;
        await aborted(request);
      })(),
    Echo: ({ params }) => params,
  };
}

/** Numbers from 1 on, each in a turn of its own. */
async function* onDemand(to: number) {
  for (let i = 1; i <= to; i++) {
    yield i;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

const next = "$/enumerator/next";
const abort = "$/enumerator/abort";
/** The first page of a stream of this library holds items: StreamJsonRpc calls that prefetch. */
const opened = (id: number) => gets({ id, result: { token: TOKEN, values: [1] }, stream: true });

const EXCHANGES: readonly { name: string; lines: readonly Line[] }[] = [
  {
    name: "paging, next with an array of arguments, as its proxies send",
    lines: [
      sends({ id: 2, method: "Numbers", params: [3] }),
      opened(2),
      sends({ id: 3, method: next, params: [TOKEN] }),
      gets({ id: 3, result: { values: [2], finished: false } }),
      sends({ id: 4, method: next, params: [TOKEN] }),
      gets({ id: 4, result: { values: [3], finished: false } }),
      sends({ id: 5, method: next, params: [TOKEN] }),
      gets({ id: 5, result: { values: [], finished: true } }),
    ],
  },
  {
    name: "paging, next with an object of arguments, as its documentation shows",
    lines: [
      sends({ id: "a", method: "Numbers", params: [2] }),
      gets({ id: "a", result: { token: TOKEN, values: [1] }, stream: true }),
      sends({ id: "b", method: next, params: { token: TOKEN } }),
      gets({ id: "b", result: { values: [2], finished: false } }),
      sends({ id: "c", method: next, params: { token: TOKEN } }),
      gets({ id: "c", result: { values: [], finished: true } }),
    ],
  },
  {
    name: "a sequence that ends with its prefetched values has no token",
    lines: [
      sends({ id: 2, method: "Empty", params: [] }),
      gets({
        id: 2,
        result: { values: [] },
        stream: true,
      }),
    ],
  },
  ...[true, false].flatMap((asRequest) =>
    [[TOKEN], { token: TOKEN }].map((params) => ({
      name: `abort as a ${asRequest ? "request" : "notification"}, ${
        Array.isArray(params) ? "array" : "object"
      } params; the token is unknown afterwards`,
      lines: [
        sends({ id: 2, method: "Numbers", params: [9] }),
        opened(2),
        sends({ ...(asRequest ? { id: 3 } : {}), method: abort, params }),
        ...(asRequest ? [gets({ id: 3, result: null })] : []),
        sends({ id: 4, method: next, params }),
        gets({ id: 4, error: { code: -32001, message: `no open stream ${TOKEN}` } }),
      ],
    }))
  ),
  {
    name: "an unknown token is NoMarshaledObjectFound, -32001",
    lines: [
      sends({ id: 2, method: next, params: [77] }),
      gets({ id: 2, error: { code: -32001, message: "no open stream 77" } }),
      sends({ id: 3, method: next, params: { token: "enum-handle" } }),
      gets({ id: 3, error: { code: -32001, message: 'no open stream "enum-handle"' } }),
    ],
  },
  {
    name: "next after the end is -32001",
    lines: [
      sends({ id: 2, method: "Numbers", params: [1] }),
      opened(2),
      sends({ id: 3, method: next, params: [TOKEN] }),
      gets({ id: 3, result: { values: [], finished: true } }),
      sends({ id: 4, method: next, params: [TOKEN] }),
      gets({ id: 4, error: { code: -32001, message: `no open stream ${TOKEN}` } }),
    ],
  },
  {
    name: "the generator's exception comes as the answer to next, with its data",
    lines: [
      sends({ id: 2, method: "Broken", params: [] }),
      opened(2),
      sends({ id: 3, method: next, params: [TOKEN] }),
      gets({ id: 3, error: { code: 112, message: "the disk is full", data: [1] } }),
      sends({ id: 4, method: next, params: [TOKEN] }),
      gets({ id: 4, error: { code: -32001, message: `no open stream ${TOKEN}` } }),
    ],
  },
  {
    name: "a cancelled token of a call is $/cancelRequest, and RequestCanceled, -32800",
    lines: [
      sends({ id: 2, method: "Wait", params: [] }),
      sends({ method: "$/cancelRequest", params: { id: 2 } }),
      gets({ id: 2, error: { code: -32800, message: '"Wait" was cancelled' } }),
    ],
  },
  {
    name: "a cancelled token of the enumeration cancels the next in flight, and frees the stream",
    lines: [
      sends({ id: 2, method: "WaitAfterOne", params: [] }),
      opened(2),
      sends({ id: 3, method: next, params: [TOKEN] }),
      sends({ method: "$/cancelRequest", params: { id: 3 } }),
      gets({ id: 3, result: { values: [], finished: true } }),
      sends({ id: 4, method: next, params: [TOKEN] }),
      gets({ id: 4, error: { code: -32001, message: `no open stream ${TOKEN}` } }),
    ],
  },
  {
    name: "an exception has its HRESULT as code and CommonErrorData as data",
    lines: [
      sends({ id: 2, method: "Fail", params: [] }),
      gets({
        id: 2,
        error: {
          code: -2147467261,
          message: "Object reference not set",
          data: { type: "System.NullReferenceException", message: "Object reference not set" },
        },
      }),
    ],
  },
  {
    name: "a method that is not there is -32601",
    lines: [
      sends({ id: 2, method: "Nope", params: [] }),
      gets({ id: 2, error: { code: -32601, message: 'no method "Nope"' } }),
    ],
  },
  {
    name: "an IProgress argument called partialResultToken gets $/progress until the answer",
    lines: [
      sends({ id: 2, method: "Broken", params: { partialResultToken: 1 } }),
      gets({ method: "$/progress", params: { token: 1, value: [1] } }),
      gets({ id: 2, error: { code: 112, message: "the disk is full", data: [1] } }),
    ],
  },
  {
    name: "trace context beside the members of the call does not disturb it",
    lines: [
      sends({
        id: 2,
        method: "Echo",
        params: [1],
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        tracestate: "rojo=00f067aa0ba902b7",
      }),
      gets({ id: 2, result: [1] }),
    ],
  },
];

/** `message` with the app's token in place of its stand-in, in values and in texts. */
function withToken(message: unknown, token: unknown): unknown {
  return JSON.parse(
    JSON.stringify(message).replaceAll(JSON.stringify(TOKEN), JSON.stringify(token))
      .replaceAll(TOKEN, String(token)),
  );
}

for (const { name, lines } of EXCHANGES) {
  Deno.test(`StreamJsonRpc as the caller: ${name}`, async () => {
    const { peer, session } = facingRaw(methods());
    let token: unknown = null;
    for (const line of lines) {
      if ("sends" in line) {
        await peer.send(withToken(line.sends, token));
        continue;
      }
      const message = await peer.receive();
      token = message.result?.token ?? token;
      assertEquals(message, withToken(line.gets, token));
    }
    assertEquals(await peer.receiveUntilPong(), [], "nothing more");
    await session.close();
  });
}
