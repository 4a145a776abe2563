/** Who answers. */
import { type Check, section } from "../check.ts";
import { expect, same } from "../outcome.ts";
import { asObject } from "../frame.ts";

const LIST_OF_TEXTS = (value: unknown) =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

export const ping: Check[] = section("ping", [
  [
    "name",
    "answers `$/ping` with its name and process id",
    async (t) => {
      const peer = await t.peer();
      const about = asObject(await peer.result("$/ping", {}));
      same(about?.["name"], t.host.app, "its name");
      const pid = about?.["pid"];
      expect(Number.isSafeInteger(pid) && Number(pid) > 0, "the number of its process", about);
      same(asObject(await (await t.peer()).result("$/ping"))?.["pid"], pid, "the same process");
    },
  ],
  [
    "protocol",
    [
      "`protocol` is a whole number, 1 today.",
      "A peer whose `$/ping` has no such member speaks 1.",
    ],
    async (t) => {
      const peer = await t.peer();
      const { protocol = 1 } = asObject(await peer.result("$/ping", { protocol: 1 })) ?? {};
      same(protocol, 1, "the protocol");
    },
  ],
  [
    "other version",
    "An app answers `$/ping` with its own number to whoever greets it, and goes on: the caller decides.",
    async (t) => {
      const peer = await t.peer();
      await peer.result("$/ping", { protocol: 99, name: "newer", pid: 1, accept: ["x/unknown"] });
      await peer.nothingElse();
    },
  ],
  [
    "lists",
    "An app names those methods in the list `idempotent` of its answer to `$/ping`",
    async (t) => {
      const peer = await t.peer();
      const { accept = [], idempotent = [] } = asObject(await peer.result("$/ping", {})) ?? {};
      expect(LIST_OF_TEXTS(accept), "a list of types as accept", accept);
      expect(LIST_OF_TEXTS(idempotent), "a list of methods as idempotent", idempotent);
    },
  ],
  ["not needed", "A client need not greet either.", async (t) => {
    const peer = await t.peer();
    await peer.error(-32601, "$/somethingNew");
    await peer.nothingElse();
  }],
  ["again", "An app answers `$/ping` and `$/describe` to everybody.", async (t) => {
    const peer = await t.peer();
    for (const params of [undefined, null, {}, [], { name: null }]) {
      await peer.result("$/ping", params);
    }
  }],
]);
