import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ChunkText, textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { DEFAULT_LIMITS } from "../../../lib/ipc/session/limits.ts";
import { classify } from "../../../lib/ipc/wire/message.ts";
import { readMessage, readPlainMessage } from "../../../lib/ipc/wire/message_reader.ts";

const SEED = 20_261_122;

/** What a whole parse makes of a text. */
function parsed(text: string): unknown {
  try {
    return classify(JSON.parse(text));
  } catch {
    return null;
  }
}

Deno.test("readPlainMessage reads calls and answers as this repository writes them", () => {
  for (
    const text of [
      '{"jsonrpc":"2.0","id":7,"method":"echo","params":{"a":[1,"}"]}}',
      '{"jsonrpc":"2.0","id":0,"method":"$/ping","params":[]}',
      '{"jsonrpc":"2.0","id":1,"method":"m","timeout":5000,"params":{"timeout":1}}',
      '{"jsonrpc":"2.0","id":1,"method":"m","timeout":0,"params":[]}',
      '{"jsonrpc":"2.0","id":123456789012345,"result":null}',
      '{"jsonrpc":"2.0","id":1,"result":{"result":"\\u0041","id":2}}',
      '{"jsonrpc":"2.0","id":1,"result":true}',
    ]
  ) {
    const message = readPlainMessage(text);
    assert(message !== null, text);
    assertEquals<unknown>(message, parsed(text));
  }
});

Deno.test("readPlainMessage leaves to a whole parse what is otherwise, or wrong", () => {
  for (
    const text of [
      "",
      "{}",
      '{"jsonrpc":"2.0","id":',
      '{"jsonrpc":"2.0","id":01,"result":1}',
      '{"jsonrpc":"2.0","id":-1,"result":1}',
      '{"jsonrpc":"2.0","id":1.5,"result":1}',
      '{"jsonrpc":"2.0","id":"1","result":1}',
      '{"jsonrpc":"2.0","id":1234567890123456,"result":1}',
      '{"jsonrpc":"2.0","id":1,"result":}',
      '{"jsonrpc":"2.0","id":1,"result":1',
      '{"jsonrpc":"2.0","id":1,"result":1]',
      '{"jsonrpc":"2.0","id":1,"result":1}}',
      '{"jsonrpc":"2.0","id":1,"result":1,"error":{}}',
      '{"jsonrpc":"2.0","id":1,"result":{"values":[]},"stream":true}',
      '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}',
      '{"jsonrpc":"2.0","id":1,"method":"m"}',
      '{"jsonrpc":"2.0","id":1,"method":"m","params":1}',
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{}',
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{},"params":[]}',
      '{"jsonrpc":"2.0","id":1,"method":"\\u006d","params":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"m\n","params":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"m","traceparent":"t","params":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{},"bytes":[]}',
      '{"jsonrpc":"2.0","id":1,"method":"m","timeout":05,"params":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"m","timeout":1.5,"params":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"m","timeout":-1,"params":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"m","timeout":,"params":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"m","timeout":1234567890123456,"params":{}}',
      '{"jsonrpc":"2.0","id":1,"method":"m","timeout":1}',
      '{"jsonrpc":"2.0","id":1,"method":"m","timeout":1,"bytes":[],"params":{}}',
      '{"jsonrpc": "2.0","id":1,"result":1}',
    ]
  ) assertEquals(readPlainMessage(text), null, text);
});

Deno.test("readPlainMessage: a text that it takes is what a whole parse makes of it", () => {
  const one = (...texts: string[]) => fc.constantFrom(...texts);
  const value = one("{}", "[]", "1", '{"a":[1,"}"]}', '"}"', "{", '"', "null", " {} ", "é", "");
  const more = one("", "", "", ',"id":2', ',"error":1', ',"stream":true', ',"params":{}', "}", ",");
  let taken = 0;
  fc.assert(
    fc.property(
      one("1", "1", "1", "0", "007", "12.5", "-1", '"x"', "null", ""),
      one(
        ',"method":"m"',
        ',"method":"m","timeout":12',
        ',"method":"m","timeout":',
        ',"method":"\\n"',
        ',"method":"\u0001"',
        "",
      ),
      one(',"params":', ',"params":', ',"result":', ',"result":', ',"error":', ","),
      fc.tuple(value, more, one("}", "}", "}", "}}", "]", "")),
      (id, method, member, rest) => {
        const text = `{"jsonrpc":"2.0","id":${id}${method}${member}${rest.join("")}`;
        const message = readPlainMessage(text);
        if (message === null) return;
        taken++;
        assertEquals<unknown>(message, parsed(text), text);
      },
    ),
    { seed: SEED, numRuns: 50_000 },
  );
  assert(taken > 200, `${taken} texts were taken`);
});

Deno.test("readPlainMessage: any params and any result", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), (value, id) => {
      const texts = [
        JSON.stringify({ jsonrpc: "2.0", id, result: value }),
        JSON.stringify({ jsonrpc: "2.0", id, method: "m", params: { value } }),
        JSON.stringify({ jsonrpc: "2.0", id, method: "m", params: [value] }),
      ];
      for (const text of texts) {
        const read = readMessage(text, null, DEFAULT_LIMITS.depth);
        assertEquals<unknown>(read, parsed(text));
        assertEquals(read, readMessage(new TextEncoder().encode(text), null, DEFAULT_LIMITS.depth));
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("ChunkText is the text of plain bytes, and leaves all others alone", () => {
  const utf8 = new TextEncoder();
  const plain = utf8.encode("x".repeat(20_000));
  const texts = new ChunkText(plain);
  for (let at = 0; at + 300 <= plain.length; at += 300) {
    assertEquals(texts.between(at, at + 300), "x".repeat(300));
  }
  assertEquals(new ChunkText(plain).between(0, 10_000), null);
  // Among others: one byte for one letter, none of which is meant.
  for (const odd of [[0xff], [0x80], [0xc3, 0xa9], [0xef, 0xbb, 0xbf], [0xf0, 0x9f, 0x98, 0x80]]) {
    const bytes = Uint8Array.from([97, ...odd, 98]);
    assertEquals(new ChunkText(bytes).between(0, bytes.length), null, `${odd}`);
  }
  // Bytes further on say nothing of these.
  const mixed = utf8.encode(`${"x".repeat(9_000)}é${"y".repeat(9_000)}`);
  const parts = new ChunkText(mixed);
  assertEquals(parts.between(0, 5), "xxxxx");
  assertEquals(parts.between(8_990, 9_002), null);
  assertEquals(parts.between(17_990, 18_002), "y".repeat(12));
});

Deno.test("textOf refuses bytes that are no UTF-8, and takes the sign that stands in for them", () => {
  assertEquals(textOf(new TextEncoder().encode("a\uFFFDé")), "a\uFFFDé");
  // As a whole parse has always done: a byte order mark before the JSON is none of it.
  assertEquals(textOf(Uint8Array.from([0xef, 0xbb, 0xbf, 0x31])), "1");
  let thrown: unknown = null;
  try {
    textOf(Uint8Array.from([0x22, 0xff, 0x22]));
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof TypeError);
});
