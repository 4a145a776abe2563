/** Bytes behind the JSON of their message, for peers that announce that they take them. */
import { type Check, section } from "../check.ts";
import { expect, same, skip } from "../outcome.ts";
import { asObject, frame, joined, type Message } from "../frame.ts";
import type { Peer } from "../peer.ts";
import type { Trial } from "../trial.ts";

const TYPE = "application/vnd.neverliie.bytes";
const size = 300;
const wanted = Uint8Array.from({ length: size }, (_, i) => i);

/** Announces that this side takes bytes. @throws {Skipped} where the host does not */
async function announced(t: Trial): Promise<Peer> {
  const peer = await t.peer();
  const { accept } = asObject(await peer.result("$/ping", { accept: [TYPE] })) ?? {};
  if (!Array.isArray(accept) || !accept.includes(TYPE)) skip("it takes no bytes, as it may");
  return peer;
}

/** Holds that a message has those bytes at that place. */
function hasBytes({ body, tail, headers }: Message, path: unknown[]): void {
  expect(headers.some((line) => line.includes(TYPE)), `a frame of ${TYPE}`, headers.join(" | "));
  same(body["bytes"], [[path, size]], "the member bytes");
  expect(tail.length === size, `${size} bytes behind the JSON`, tail.length);
  expect(tail.every((byte, at) => byte === wanted[at]), "the bytes as they are", tail.toHex());
}

/** A frame with bytes behind its JSON. */
function withBytes(message: unknown, bytes: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(message));
  return frame(joined([json, bytes]), [`Content-Type: ${TYPE}; json=${json.length}`]);
}

export const bytes: Check[] = section("bytes", [
  ["to the client", [
    "From then on it may be sent frames of that type.",
    "A peer that takes them says so in the parameters of the `$/ping` that it sends, or in the result of the one that it answers:",
  ], async (t) => {
    const peer = await announced(t);
    const message = await peer.call("kit.bytes", { size });
    peer.resultOf(message, "kit.bytes");
    if (message.tail.length === 0) {
      const { data } = asObject(message.body["result"]) ?? {};
      same(data, wanted.toBase64(), "the bytes as text");
      skip("it sends bytes as text, as it may");
    }
    hasBytes(message, ["result", "data"]);
    same(message.body["result"], { data: null }, "null in the place of the bytes");
  }],
  [
    "to the host",
    [
      "Their body is JSON and the bytes behind it; `json` tells how long the first part is, `Content-Length` counts both:",
      "The message's member `bytes` lists the values in the order in which they follow: for each its path from the top of the message, names and indices, and its length.",
    ],
    async (t) => {
      const peer = await announced(t);
      const params = { text: "ü", data: null };
      const beside = { bytes: [[["params", "data"], size]] };
      const message = peer.message("kit.echo", params, beside);
      await peer.write(withBytes(message, wanted));
      const answer = await peer.answer(message.id, "kit.echo");
      const result = asObject(peer.resultOf(answer, "kit.echo"));
      same(result?.["text"], "ü", "what stands beside the bytes");
      if (answer.tail.length === 0) same(result?.["data"], wanted.toBase64(), "the bytes");
      else hasBytes(answer, ["result", "data"]);
    },
  ],
  [
    "lengths",
    "The lengths add up to what follows the JSON; otherwise the answer is -32600.",
    async (t) => {
      const peer = await announced(t);
      const beside = { bytes: [[["params", "data"], size + 1]] };
      const message = peer.message("kit.echo", { data: null }, beside);
      await peer.write(withBytes(message, wanted));
      peer.errorOf(await peer.answer(message.id, "kit.echo"), -32600);
      await peer.nothingElse();
    },
  ],
  ["none", "A message without bytes is an ordinary frame.", async (t) => {
    const peer = await announced(t);
    const { headers } = await peer.call("kit.add", [1, 2]);
    expect(headers.length === 1, "Content-Length as the only header", headers.join(" | "));
  }],
  [
    "as text",
    "To a peer that did not announce the type, bytes are sent as a string in base64 (RFC 4648, section 4), in place of the value.",
    async (t) => {
      const peer = await t.peer();
      same(await peer.result("kit.bytes", { size }), { data: wanted.toBase64() });
    },
  ],
]);
