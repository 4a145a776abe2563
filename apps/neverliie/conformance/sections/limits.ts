/** What a host refuses to take, and how it says so. */
import { type Check, section } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import { asObject, frame, type Message } from "../frame.ts";
import type { Peer } from "../peer.ts";

const LIMIT = -32005;
const REFUSAL =
  'Each refusal is an error -32005 with `data: { "limit": … }` and a text that says what to do.';
/** What is asked at once where a limit is looked for. */
const BATCH = 256;

/** Holds that a message refuses by that limit. */
function refusesBy(peer: Peer, message: Message, limit: string): void {
  const error = peer.errorOf(message, LIMIT);
  same(asObject(error.data)?.["limit"], limit, "the limit's name");
}

/** Asks more and more of the same kind until one is refused. @returns the refusal, if one came */
async function firstRefusal(
  peer: Peer,
  most: number,
  ask: (at: number) => ReturnType<Peer["message"]>,
): Promise<Message | undefined> {
  for (let asked = 0; asked < most; asked += BATCH) {
    await peer.send(...Array.from({ length: BATCH }, (_, at) => ask(asked + at)));
    await peer.answer(await peer.ask("$/ping"));
    const refused = peer.others.find(({ body }) => asObject(body["error"])?.["code"] === LIMIT);
    if (refused !== undefined) return refused;
  }
}

export const limits: Check[] = section("limits", [
  [
    "header",
    [
      "All header lines of a frame together, with the empty line, are at most 4,096 bytes, one body at most 67,108,864 (64 MiB).",
      REFUSAL,
    ],
    async (t) => {
      const peer = await t.peer();
      await peer.write(`Content-Length: 2\r\nX-Long: ${"x".repeat(4_096)}`);
      refusesBy(peer, await peer.answer(null), "header");
      await peer.end();
    },
  ],
  [
    "body",
    [
      "a header, a body or a time over its [limit](#limits)",
      "-32005, by the header alone",
      REFUSAL,
    ],
    async (t) => {
      const peer = await t.peer();
      await peer.write("Content-Length: 99999999999\r\n\r\n");
      refusesBy(peer, await peer.answer(null), "body");
      await peer.end();
    },
  ],
  [
    "large",
    "one body at most 67,108,864 (64 MiB).",
    async (t) => {
      const peer = await t.peer();
      const text = "ü".repeat(1 << 20);
      const result = asObject(await peer.result("kit.echo", { text }));
      expect(result?.["text"] === text, "a text of 2 MiB as it was sent", result);
    },
  ],
  ["depth", ["levels of arrays and objects in a body over 64 KiB", REFUSAL], async (t) => {
    const peer = await t.peer();
    const text = "x".repeat(70_000);
    const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
    const { id } = peer.message("kit.echo");
    await peer.write(
      frame(`{"jsonrpc":"2.0","id":${id},"method":"kit.add","params":{"x":"${text}","d":${deep}}}`),
    );
    await peer.answer(await peer.ask("$/ping"));
    const refused = peer.others[0];
    const code = asObject(refused?.body["error"])?.["code"];
    if (refused === undefined || code !== LIMIT) skip("it has no such limit, or one of its own");
    same(refused.body["id"], null, "the refusal's id");
    refusesBy(peer, refused, "depth");
  }],
  [
    "streams",
    ["streams that one peer has open; as many again that it left and still run", REFUSAL],
    async (t) => {
      const peer = await t.peer();
      await peer.result("kit.running");
      const ask = (at: number) => peer.message("kit.count", { to: 1, hold: true, key: `s${at}` });
      const refused = await firstRefusal(peer, 2 * BATCH, ask);
      if (refused === undefined) skip("it has no such limit, or one of its own");
      refusesBy(peer, refused, "streams");
      await peer.result("$/ping");
    },
  ],
  [
    "calls",
    [
      "handlers that run for one peer; a cancelled one counts until it has ended",
      "Nothing is refused silently but notifications.",
      "peers of another make may have others.",
      REFUSAL,
    ],
    async (t) => {
      const peer = await t.peer();
      await peer.result("kit.running");
      const ask = (at: number) => peer.message("kit.wait", { key: `c${at}` });
      const refused = await firstRefusal(peer, 17 * BATCH, ask);
      if (refused === undefined) skip("it has no such limit, or one of its own");
      refusesBy(peer, refused, "calls");
      await peer.close();
    },
  ],
]);
