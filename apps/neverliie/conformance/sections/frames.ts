/** How bytes become messages, and what a peer gets that breaks that. */
import { type Check, section } from "../check.ts";
import { expect, same } from "../outcome.ts";
import { frame, joined } from "../frame.ts";
import type { Peer } from "../peer.ts";
import type { Trial } from "../trial.ts";

const PARSE_ERROR = -32700;
const HEADER_ROW =
  "a header that is no header line, without or with two `Content-Length`, or another charset";

/** Sends a broken header: the answer is an error with `id: null`, and the end of the connection. */
async function refused(t: Trial, ...pieces: (string | Uint8Array)[]): Promise<void> {
  const peer = await t.peer();
  await peer.write(...pieces);
  await peer.complaint(PARSE_ERROR);
  await peer.end();
}

/** A request for `kit.echo`, as JSON. */
function echo(peer: Peer, text: string): [id: number, json: string] {
  const message = peer.message("kit.echo", { text });
  return [message.id, JSON.stringify(message)];
}

export const frames: Check[] = section("frames", [
  ["whole", ["answers frames in frames.", "Lines end with CR LF."], async (t) => {
    const peer = await t.peer();
    await peer.result("$/ping", {});
  }],
  ["length", "`Content-Length` counts the bytes of the body.", async (t) => {
    const peer = await t.peer();
    const text = "Grüße, 世界, 🙂";
    same(await peer.result("kit.echo", { text }), { text });
  }],
  ["split", "The body is one JSON value in UTF-8.", async (t) => {
    const peer = await t.peer();
    const [id, json] = echo(peer, "ü🙂");
    const bytes = frame(json);
    // Every place may be where a read ends, in the middle of a letter too.
    await peer.write(...Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)));
    same(peer.resultOf(await peer.answer(id, "kit.echo"), "kit.echo"), { text: "ü🙂" });
  }],
  ["joined", "a connection stays open for any number of them.", async (t) => {
    const peer = await t.peer();
    const asked = ["a", "b", "c"].map((text) => echo(peer, text));
    await peer.write(joined(asked.map(([, json]) => frame(json))));
    for (const [at, [id]] of asked.entries()) {
      same(peer.resultOf(await peer.answer(id, "kit.echo"), "kit.echo"), { text: "abc"[at] });
    }
  }],
  [
    "header names",
    "Header names are compared without regard to case, and headers in any order are accepted.",
    async (t) => {
      const peer = await t.peer();
      const [id, json] = echo(peer, "any");
      await peer.write(
        `X-Before: 1\r\ncOnTeNt-LeNgTh: ${json.length}\r\nX-After: 2\r\n\r\n${json}`,
      );
      same(peer.resultOf(await peer.answer(id, "kit.echo"), "kit.echo"), { text: "any" });
    },
  ],
  [
    "content type",
    [
      "A `Content-Type` may be sent; its charset, if given, must be UTF-8.",
      "Other headers are ignored.",
    ],
    async (t) => {
      const peer = await t.peer();
      for (const charset of ["", "; charset=utf-8", "; charset=UTF-8"]) {
        const [id, json] = echo(peer, charset);
        const type = `Content-Type: application/vscode-jsonrpc${charset}`;
        await peer.write(frame(json, [type, "X-Other: anything at all"]));
        same(peer.resultOf(await peer.answer(id, "kit.echo"), "kit.echo"), { text: charset });
      }
    },
  ],
  [
    "only length",
    "A peer that does not announce [bytes](#bytes) is sent no header but `Content-Length`.",
    async (t) => {
      const peer = await t.peer();
      const { headers } = await peer.call("$/ping", {});
      expect(headers.length === 1, "Content-Length as the only header", headers.join(" | "));
    },
  ],
  ["charset", HEADER_ROW, (t) => {
    const type = "Content-Type: application/vscode-jsonrpc; charset=utf-16";
    return refused(t, frame("{}", [type]));
  }],
  ["no length", HEADER_ROW, (t) => refused(t, "Content-Type: text/plain\r\n\r\n")],
  [
    "two lengths",
    HEADER_ROW,
    (t) => refused(t, "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
  ],
  ["no header line", HEADER_ROW, (t) => refused(t, "Content-Length 2\r\n\r\n{}")],
  [
    "another protocol",
    ["another protocol: control or non-ASCII bytes where a header begins"],
    // (The first bytes of TLS. No line end follows, for which a host might wait.)
    (t) => refused(t, new Uint8Array([0x16, 0x03, 0x01, 0x02, 0x00])),
  ],
  ["not JSON", "a body that is not JSON in UTF-8", async (t) => {
    const peer = await t.peer();
    await peer.write(frame('{"jsonrpc":'));
    await peer.complaint(PARSE_ERROR);
    await peer.write(frame(new Uint8Array([0x22, 0xff, 0xfe, 0x22])));
    await peer.complaint(PARSE_ERROR);
    await peer.nothingElse();
  }],
  [
    "cut",
    [
      "A connection that is closed in the middle of a frame is simply at its end.",
      "Other connections of the program notice nothing of any of this.",
    ],
    async (t) => {
      const [peer, other] = [await t.peer(), await t.peer()];
      await other.result("$/ping");
      await peer.write("Content-Length: 100\r\n\r\n{");
      await peer.close();
      await other.nothingElse();
    },
  ],
]);
