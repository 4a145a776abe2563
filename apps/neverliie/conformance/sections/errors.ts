/** What goes wrong, and how it is told. */
import { type Check, section } from "../check.ts";
import { expect, same } from "../outcome.ts";
import { frame } from "../frame.ts";

const INVALID_REQUEST = -32600;

export const errors: Check[] = section("errors", [
  ["no method", "no such method", async (t) => {
    const peer = await t.peer();
    await peer.error(-32601, "no such method");
  }],
  [
    "own code",
    "the handler's own: the integer `code` of what it threw, with its `data` if it has one",
    async (t) => {
      const peer = await t.peer();
      const data = { until: "09:00" };
      const error = await peer.error(423, "kit.fail", { message: "locked", code: 423, data });
      same(error.data, data, "the error's data");
    },
  ],
  ["no code", "`code` is -32603 unless what was thrown has a `code`", async (t) => {
    const peer = await t.peer();
    await peer.error(-32603, "kit.fail", { message: "it failed" });
  }],
  ["message", "its message; its name where that is empty", async (t) => {
    const peer = await t.peer();
    const { message } = await peer.error(-32603, "kit.fail", { message: "Grüße" });
    same(message, "Grüße", "the error's message");
  }],
  ["no stack", [
    "A stack never travels.",
    "Nothing else of an error travels: no `cause`, no `stack`.",
  ], async (t) => {
    const peer = await t.peer();
    const error = await peer.error(-32603, "kit.fail", { message: "it failed" });
    const more = Object.keys(error).filter((name) => !["code", "message", "data"].includes(name));
    expect(more.length === 0, "code, message and data alone", error);
    same(error.message, "it failed", "a message without a stack");
  }],
  ["not a message", "JSON that is not a message, or a batch", async (t) => {
    const peer = await t.peer();
    for (const body of ["1", '"text"', "null", "{}", '{"jsonrpc":"2.0"}']) {
      await peer.write(frame(body));
      await peer.complaint(INVALID_REQUEST);
    }
    await peer.send({ jsonrpc: "2.0", id: 77, method: 5 });
    peer.errorOf(await peer.answer(77), INVALID_REQUEST);
    await peer.nothingElse();
  }],
  ["batch", "Batches are not supported.", async (t) => {
    const peer = await t.peer();
    await peer.write(frame(JSON.stringify([peer.message("$/ping")])));
    await peer.complaint(INVALID_REQUEST);
    await peer.nothingElse();
  }],
]);
