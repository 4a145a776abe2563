/** Parameters by name and by position. */
import { type Check, section } from "../check.ts";
import { same } from "../outcome.ts";

export const params: Check[] = section("params", [
  ["by name", "`params` are an object (by name) or an array (by position).", async (t) => {
    const peer = await t.peer();
    same(await peer.result("kit.add", { a: 1, b: 2 }), 3);
    same(await peer.result("kit.add", { b: 2, a: 1.5 }), 3.5);
  }],
  ["by position", "Positions get the names that the method was exposed with;", async (t) => {
    const peer = await t.peer();
    same(await peer.result("kit.add", [1, 2]), 3);
  }],
  ["too many", "more positions than names are error -32602.", async (t) => {
    const peer = await t.peer();
    await peer.error(-32602, "kit.add", [1, 2, 3]);
  }],
  ["none", "A missing member and `null` stand for none.", async (t) => {
    const peer = await t.peer();
    const none = await peer.result("kit.running");
    same(await peer.result("kit.running", null), none);
    same(await peer.result("kit.running", {}), none);
  }],
  ["array", "A method exposed without names gets the array.", async (t) => {
    const peer = await t.peer();
    same(await peer.result("kit.echo", [1, "two", null]), [1, "two", null]);
  }],
  ["values", "A number means the double that is nearest to it", async (t) => {
    const peer = await t.peer();
    const values = { a: [true, false, null, "", {}, []], n: [0.1, -1e-7, 2 ** 53 - 1, 1e300] };
    same(await peer.result("kit.echo", values), values);
  }],
]);
