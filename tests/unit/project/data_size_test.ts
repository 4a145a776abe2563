/**
 * Data that others make has any size and any depth: what the sources must not do with it, and what
 * becomes of it.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { TypeWriter } from "../../../apps/neverliie/types/schema_types.ts";
import { jsonText } from "../../../apps/output.ts";
import { largest } from "../../../lib/ui/text.ts";
import { facingRaw } from "../../support/session/unit_session.ts";
import { sources } from "../../support/unit/sources.ts";

/** Calls that take lists as their arguments. */
const CALL = /(?:\.(?:push|unshift)|Math\.(?:max|min)|fromCharCode)\(/g;

/**
 * Whether a list is made the arguments of such a call: over some 120,000 of them are "Maximum call
 * stack size exceeded", and fewer in a thread.
 */
function spreads(code: string): boolean {
  return [...code.matchAll(CALL)].some(({ index, 0: { length } }) => {
    let depth = 1;
    for (let at = index + length; depth > 0 && at < code.length; at++) {
      if ("([{".includes(code[at]!)) depth++;
      else if (")]}".includes(code[at]!)) depth--;
      else if (depth === 1 && /^[\s,(]\.{3}/.test(code.slice(at - 1, at + 3))) return true;
    }
    return false;
  });
}

/** Where a list has a bound that stands beside it. */
const BOUNDED: Readonly<Record<string, string>> = {
  "lib/ipc/os/windows/kernel32.ts": "4,096 units at a time",
  "apps/neverliie/top/columns.ts": "the columns of a table",
  "apps/neverliie/install/install.ts": "the folders of one path",
  "apps/build/compile.ts": "the modules of one bundle",
};

Deno.test("no list of others' making becomes the arguments of a call", () => {
  const found = [...sources].filter(([, { code }]) => spreads(code));
  assertEquals(found.map(([path]) => path).sort(), Object.keys(BOUNDED).sort());
  // What it is to find.
  for (
    const code of [
      "list.push(...all)",
      "Math.max(0, ...all.map((one) => one.size))",
      "a.push(b, ...c)",
    ]
  ) assert(spreads(code), code);
  for (const code of ["list.push({ ...one })", "list.push([...all])", "Math.max(a, b)"]) {
    assert(!spreads(code), code);
  }
});

Deno.test("largest takes more numbers than a call takes arguments", () => {
  assertEquals(largest(Array.from({ length: 1_000_000 }, (_, i) => i)), 999_999);
  assertEquals(largest([]), 0);
});

Deno.test("the types of a schema end where nobody reads on", () => {
  let schema: Record<string, unknown> = { type: "string" };
  for (let depth = 0; depth < 20_000; depth++) schema = { type: "array", items: schema };
  const type = new TypeWriter().write(schema, "Deep");
  assert(type.startsWith("unknown[][]") && type.length < 1_000, type.slice(0, 100));
  const many = Array.from({ length: 200_000 }, () => ({ type: "string" }));
  assert(new TypeWriter().write({ allOf: many }, "Wide").length > 0);
});

Deno.test("JSON that is nested deeper than can be written is answered, and the session goes on", async () => {
  const { peer, session } = facingRaw({ echo: ({ params }) => params, size: () => 1 });
  // Bodies of up to 64 KiB may nest as they like, and parsing takes no stack.
  for (const depth of [500, 1_000, 30_000]) {
    const deep = "[".repeat(depth) + "]".repeat(depth);
    await peer.send(`{"jsonrpc":"2.0","id":${depth},"method":"echo","params":${deep}}`);
    const { id, result, error } = await peer.receive();
    assertEquals(id, depth);
    if (depth < 30_000) assert(JSON.stringify(result) === deep, "it came back as it is");
    else {assertEquals(
        error.message,
        "the answer cannot be sent as JSON: it is nested too deep to be written as JSON",
      );}
    await peer.send(`{"jsonrpc":"2.0","id":1,"method":"size","params":${deep}}`);
    assertEquals((await peer.receive()).result, 1);
  }
  const deep = JSON.parse("[".repeat(30_000) + "]".repeat(30_000));
  assertThrows(() => jsonText(deep), RangeError, "it is nested too deep");
  await peer[Symbol.asyncDispose]();
  await session.ended;
});
