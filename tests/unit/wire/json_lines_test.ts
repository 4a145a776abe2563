import { textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { BYTES_TYPE, FrameError } from "../../../lib/ipc/wire/codec.ts";
import { Connection } from "../../../lib/ipc/session/connection.ts";
import { LineDecoder, LineEncoder } from "../../../lib/ipc/wire/json_lines.ts";
import { DEFAULT_LIMITS } from "../../../lib/ipc/session/limits.ts";
import { memoryPair } from "../../../lib/ipc/testing/memory_transport.ts";
import type { Transport } from "../../../lib/ipc/os/transport.ts";
import { dispatchTo, type MethodTable, turn } from "../../support/session/unit_session.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder();

function decode(chunks: Iterable<Uint8Array>, body = 1_000): string[] {
  const decoder = new LineDecoder({ header: 0, body });
  const lines: string[] = [];
  for (const chunk of chunks) decoder.push(chunk, (line) => lines.push(textOf(line)));
  assert(decoder.idle, "an unfinished line is left");
  return lines;
}

function* bytewise(bytes: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i++) yield bytes.slice(i, i + 1);
}

Deno.test("LineDecoder joins lines that are split at any byte, and passes over blank ones", () => {
  const lines = ['{"a":1}', '{"b":"zażółć 😀"}', "{}", '{"c":"\\n"}'];
  const whole = utf8.encode(`${lines[0]}\n\n${lines[1]}\r\n \t\r\n${lines[2]}\n${lines[3]}\n`);
  for (let cut = 0; cut <= whole.length; cut++) {
    assertEquals(decode([whole.slice(0, cut), whole.slice(cut)]), lines, `cut at ${cut}`);
  }
  assertEquals(decode(bytewise(whole)), lines, "byte by byte");
});

Deno.test("LineDecoder keeps the limit to the byte, however a line arrives", () => {
  const fits = utf8.encode("x".repeat(100));
  for (const end of ["\n", "\r\n"]) {
    const line = utf8.encode(text.decode(fits) + end);
    assertEquals(decode([line], 100).length, 1);
    assertEquals(decode(bytewise(line), 100).length, 1);
    const longer = utf8.encode(`x${text.decode(line)}`);
    for (const chunks of [[longer], bytewise(longer)]) {
      assertThrows(() => decode(chunks, 100), FrameError, "over the limit of 100");
    }
  }
  const endless = new LineDecoder({ header: 0, body: 100 });
  endless.push(fits, () => {});
  endless.push(fits.subarray(0, 1), () => {});
  assertThrows(() => endless.push(fits.subarray(0, 1), () => {}), FrameError, "over the limit");
});

Deno.test("LineEncoder and LineDecoder: texts of any size and alphabet come back", () => {
  const encoder = new LineEncoder();
  const sent: string[] = [];
  const received: string[] = [];
  const decoder = new LineDecoder();
  for (let round = 0; round < 50; round++) {
    for (const letter of ["a", "ł", "語", "😀"]) {
      const value = { round, value: letter.repeat(round * round * 17 + round) };
      sent.push(JSON.stringify(value));
      encoder.append(sent.at(-1)!);
    }
    const bytes = encoder.take()!;
    for (let at = 0; at < bytes.length; at += 4_099) {
      decoder.push(bytes.subarray(at, at + 4_099), (line) => received.push(textOf(line)));
    }
    assertEquals([encoder.length, encoder.take()], [0, null]);
  }
  assertEquals(received, sent);
});

/** A peer that writes and reads text, in whatever pieces it is told to. */
class TextPeer {
  readonly #transport: Transport;
  #held = "";

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  send(chunk: string | Uint8Array): Promise<void> {
    return this.#transport.write(typeof chunk === "string" ? utf8.encode(chunk) : chunk);
  }

  /** The next line, or `null` at the end. */
  async line(): Promise<string | null> {
    let end: number;
    while ((end = this.#held.indexOf("\n")) < 0) {
      const bytes = await this.#transport.read();
      if (bytes === null) return null;
      this.#held += text.decode(bytes);
    }
    const line = this.#held.slice(0, end);
    this.#held = this.#held.slice(end + 1);
    return line;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

const METHODS: MethodTable = {
  echo: ({ params }) => params,
  bytes: () => new Uint8Array([1, 2, 3]),
  "$/ping": () => null,
  count: () =>
    (function* () {
      yield* [1, 2, 3];
    })(),
};

function facingText(body = 1_000): { peer: TextPeer; session: Connection } {
  const [left, right] = memoryPair();
  const limits = { ...DEFAULT_LIMITS, header: 100, body };
  const session = new Connection(right, { dispatch: dispatchTo(METHODS), limits });
  return { peer: new TextPeer(left), session };
}

const request = `{"jsonrpc":"2.0","id":1,"method":"echo","params":["ż😀\\n"]}\n`;
const answer = `{"jsonrpc":"2.0","id":1,"result":["ż😀\\n"]}`;

Deno.test("Connection answers in lines who begins with a line, wherever the bytes are cut", async () => {
  const bytes = utf8.encode(request);
  for (let cut = 1; cut < bytes.length; cut++) {
    const { peer, session } = facingText();
    await peer.send(bytes.slice(0, cut));
    // Only what has arrived is read: the first piece is on its own.
    await turn();
    await peer.send(bytes.slice(cut));
    assertEquals(await peer.line(), answer, `cut at ${cut}`);
    await peer.close();
    await session.ended;
  }
});

Deno.test("Connection speaks in lines throughout: errors, streams, and calls of its own", async () => {
  const { peer, session } = facingText();
  await peer.send('{"jsonrpc":"2.0","id":1,"method":"nope"}\r\n');
  assertEquals(JSON.parse((await peer.line())!).error.code, -32601);
  await peer.send('{"jsonrpc":"2.0","id":2,"method":"count"}\n');
  const { token, values } = JSON.parse((await peer.line())!).result;
  await peer.send(`{"jsonrpc":"2.0","id":3,"method":"$/enumerator/next","params":[${token}]}\n`);
  values.push(...JSON.parse((await peer.line())!).result.values);
  assertEquals(values, [1, 2, 3]);
  await peer.send("not JSON\n");
  const unread = JSON.parse((await peer.line())!);
  assertEquals([unread.id, unread.error.code], [null, -32700]);
  await peer.send("[]\n");
  assertEquals(JSON.parse((await peer.line())!).error.code, -32600);
  await peer.send("Content-Length: 2\r\n\r\n");
  assertEquals(JSON.parse((await peer.line())!).error.code, -32700, "the first byte has chosen");
  const call = session.call("confirm", { really: true });
  assertEquals(
    await peer.line(),
    '{"jsonrpc":"2.0","id":1,"method":"confirm","params":{"really":true}}',
  );
  await peer.send('{"jsonrpc":"2.0","id":1,"result":"yes"}\n' + request);
  assertEquals((await call).result, "yes");
  assertEquals(await peer.line(), answer, "and the peer is still served");
  await session.close();
});

Deno.test("Connection sends bytes as text in a line, also to a peer that says it takes frames of them", async () => {
  const { peer, session } = facingText();
  const accept = `{"accept":["${BYTES_TYPE}"]}`;
  await peer.send(`{"jsonrpc":"2.0","id":1,"method":"$/ping","params":${accept}}\n`);
  await peer.line();
  await peer.send('{"jsonrpc":"2.0","id":2,"method":"bytes"}\n');
  assertEquals(await peer.line(), '{"jsonrpc":"2.0","id":2,"result":"AQID"}');
  await session.close();
});

Deno.test("Connection drops a peer whose line is over the limit, after one error that says why", async () => {
  for (const end of ["", "\n"]) {
    const { peer, session } = facingText(100);
    await peer.send(`{"jsonrpc":"2.0",${" ".repeat(100)}${end}`);
    const told = JSON.parse((await peer.line())!);
    assertEquals([told.id, told.error.code, told.error.data], [null, -32005, { limit: "body" }]);
    assert(told.error.message.includes("over the limit of 100"), told.error.message);
    assertEquals(await peer.line(), null);
    assertInstanceOf(await session.ended, FrameError);
  }
});

Deno.test("Connection that has spoken in frames takes no lines", async () => {
  const { peer, session } = facingText();
  const call = session.call("echo").catch((error) => error);
  assert((await peer.line())!.startsWith("Content-Length: "));
  await peer.send(request.trimEnd() + "\r\n\r\n");
  assertInstanceOf(await session.ended, FrameError);
  await call;
});
