/** One message a line: for clients that have no header parser. */
import { type Check, section } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import type { Peer } from "../peer.ts";
import type { Trial } from "../trial.ts";

/** A connection in lines. Its first line is `{…}` of a `$/ping`; a host may refuse it. */
async function linePeer(t: Trial, accept: readonly string[] = []): Promise<Peer> {
  const peer = await t.peer();
  peer.lines = true;
  const id = await peer.ask("$/ping", accept.length === 0 ? {} : { accept });
  const text = await peer.raw("a line", (text) => text.includes("\n"));
  if (!text.startsWith("{")) skip("it refuses lines, as it may");
  peer.resultOf(await peer.answer(id), "$/ping");
  return peer;
}

export const lines: Check[] = section("lines", [
  [
    "answer",
    [
      "A connection that begins with `{` is answered in lines, each ended by LF, and keeps to lines in both directions until its end.",
    ],
    async (t) => {
      const peer = await linePeer(t);
      const { text } = await peer.call("kit.echo", { text: "Grüße\n" });
      expect(!text.includes("\r"), "a line that LF alone ends", text);
      await peer.nothingElse();
    },
  ],
  [
    "line ends",
    "one message a line, ended by LF or CR LF, blank lines ignored.",
    async (t) => {
      const peer = await linePeer(t);
      const [first, second] = [1, 2].map((b) => peer.message("kit.add", [1, b]));
      await peer.write(`\n\r\n${JSON.stringify(first)}\r\n\n${JSON.stringify(second)}\n`);
      same(peer.resultOf(await peer.answer(first!.id, "kit.add"), "kit.add"), 2);
      same(peer.resultOf(await peer.answer(second!.id, "kit.add"), "kit.add"), 3);
      await peer.nothingElse();
    },
  ],
  ["split", "Everything else on this page holds for lines, too,", async (t) => {
    const peer = await linePeer(t);
    const message = peer.message("kit.echo", { text: "ü" });
    const bytes = new TextEncoder().encode(`${JSON.stringify(message)}\n`);
    await peer.write(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)));
    same(peer.resultOf(await peer.answer(message.id, "kit.echo"), "kit.echo"), { text: "ü" });
  }],
  [
    "blank first",
    "its first line must begin at `{`, without a blank before it.",
    async (t) => {
      const peer = await t.peer();
      await peer.write(` ${JSON.stringify(peer.message("$/ping"))}\r\n\r\n`);
      await peer.complaint(-32700);
      await peer.end();
    },
  ],
  ["not JSON", "a body that is not JSON in UTF-8", async (t) => {
    const peer = await linePeer(t);
    await peer.write('{"jsonrpc":\n');
    await peer.complaint(-32700);
    await peer.nothingElse();
  }],
  ["bytes", "except that [bytes](#bytes) are always text.", async (t) => {
    const peer = await linePeer(t, ["application/vnd.neverliie.bytes"]);
    same(await peer.result("kit.bytes", { size: 4 }), { data: "AAECAw==" });
  }],
]);
