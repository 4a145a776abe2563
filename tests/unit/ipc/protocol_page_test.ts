/** Numbers that docs/protocol.md tells, which somebody will write a client by. */
import { assert, assertEquals } from "@std/assert";
import {
  DEFAULT_LIMITS,
  READ_PAUSE,
  SMALL_MESSAGE,
  SMALL_RESERVE,
} from "../../../lib/ipc/session/limits.ts";
import { textOf } from "../../../lib/ipc/wire/chunk_text.ts";
import { FrameDecoder } from "../../../lib/ipc/wire/codec.ts";
import { ErrorCode } from "../../../lib/ipc/wire/errors.ts";

const page = (await Deno.readTextFile(new URL("../../../docs/protocol.md", import.meta.url)))
  .replaceAll("\r\n", "\n");

Deno.test("protocol page: the example of a key is what the rule gives", async () => {
  const [, user, home, key] = /User (\d+) with the home `([^`]+)` has the key `([^`]+)`/.exec(
    page,
  )!;
  const identity = new TextEncoder().encode(`${user}\n${home}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", identity));
  assertEquals(digest.toHex().slice(0, 12), key);
});

Deno.test("protocol page: the frames on it are frames", () => {
  const frames = [...page.matchAll(/^```\n(Content-Length:.*?)^```$/gms)].map(([, text]) => text!);
  assertEquals(frames.length, 2);
  for (const text of frames) {
    // The page writes line ends out, and stands a dot for each byte that is no text.
    const bytes = text.trimEnd().replaceAll("\\r\\n\n", "\r\n").replace("…", "\x01\x02\x03");
    let bodies = 0;
    const decoder = new FrameDecoder();
    decoder.push(new TextEncoder().encode(bytes), (json) => {
      assertEquals(JSON.parse(textOf(json)).jsonrpc, "2.0");
      bodies++;
    });
    assertEquals([bodies, decoder.idle], [1, true], text);
  }
});

Deno.test("protocol page: its JSON is JSON, and every error code is explained", () => {
  for (const [, block] of page.matchAll(/^```json\n(.*?)^```$/gms)) {
    // A block is one value, or one message a line.
    try {
      JSON.parse(block!);
    } catch {
      for (const line of block!.trim().split("\n")) JSON.parse(line);
    }
  }
  for (const code of Object.values(ErrorCode)) assert(page.includes(String(code)), String(code));
});

Deno.test("protocol page: its table of limits is the limits of a process that sets none", () => {
  const [, table] = /^## Limits$.*?(^\|.*?)^$/ms.exec(page)!;
  const [, , ...rows] = table!.trimEnd().split("\n");
  const units: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, s: 1_000 };
  const told = rows.map((row) => {
    const [, name, value, unit] = /^\| `(\w+)` +\| ([\d,]+)(?: (\w+))? +\|/.exec(row)!;
    return [name, Number(value!.replaceAll(",", "")) * (unit === undefined ? 1 : units[unit]!)];
  });
  assertEquals(told, Object.entries(DEFAULT_LIMITS));
});

Deno.test("protocol page: the limits that its sentences tell are the code's, too", () => {
  const text = page.replaceAll(/\s+/g, " ");
  const { header, body } = DEFAULT_LIMITS;
  for (
    const sentence of [
      `with the empty line, are at most ${header.toLocaleString("en")} bytes`,
      `one body at most ${body.toLocaleString("en")} (${body / 2 ** 20} MiB)`,
      `While more than ${READ_PAUSE / 2 ** 20} MiB of answers wait for a peer`,
      `Messages of up to ${SMALL_MESSAGE / 2 ** 10} KiB`,
      `pass a full queue, ${SMALL_RESERVE / 2 ** 20} MiB of them in all`,
    ]
  ) assert(text.includes(sentence), sentence);
});
