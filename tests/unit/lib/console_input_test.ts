/** Typed text of a Windows console, whichever way it is cut; tests/mesh/typing_test.ts has real ones. */
import { assertEquals } from "@std/assert";
import { ConsoleInput } from "../../../lib/system/console_input.ts";

/** Gives these pieces, one a read, and then the end. */
function typed(...pieces: (string | null)[]): ConsoleInput {
  return new ConsoleInput((into) => {
    const piece = pieces.shift() ?? null;
    for (let i = 0; i < (piece?.length ?? 0); i++) into[i] = piece!.charCodeAt(i);
    return Promise.resolve(piece?.length ?? null);
  });
}

async function all(input: ConsoleInput): Promise<string[]> {
  const texts: string[] = [];
  for (let bytes; (bytes = await input.read()) !== null;) {
    texts.push(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  }
  return texts;
}

Deno.test("ConsoleInput gives every letter as UTF-8", async () => {
  const text = "aäñéю漢\x1b[A\r\x03 \ufeffß";
  assertEquals(await all(typed(text, "b")), [text, "b"]);
});

Deno.test("ConsoleInput joins a character whose halves come one after the other", async () => {
  const [first, second] = "🦕".split("");
  assertEquals(await all(typed(first!, second!)), ["🦕"]);
  assertEquals(await all(typed(`x${first}`, `${second}y`)), ["x", "🦕y"]);
  assertEquals(await all(typed(first!, "", `${second}🦕${first}`, second!)), ["🦕🦕", "🦕"]);
});

Deno.test("ConsoleInput marks half a character that stays half", async () => {
  const [first, second] = "🦕".split("");
  assertEquals(await all(typed(first!, "x")), ["\ufffdx"]);
  assertEquals(await all(typed(second!)), ["\ufffd"]);
});

Deno.test("ConsoleInput takes a read of nothing for no end", async () => {
  assertEquals(await all(typed("", "a", "", "b")), ["a", "b"]);
  assertEquals(await all(typed()), []);
});
