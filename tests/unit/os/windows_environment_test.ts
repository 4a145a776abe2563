import { assertEquals, assertThrows } from "@std/assert";
import { environmentBlock } from "../../../lib/ipc/os/windows/environment.ts";

/** The entries of a block, and that it ends as a block must. */
function entries(block: Uint8Array<ArrayBuffer>): string[] {
  const text = String.fromCharCode(...new Uint16Array(block.buffer));
  assertEquals(text.endsWith("\0\0"), true);
  return text.slice(0, -2).split("\0");
}

Deno.test("environmentBlock sorts without regard to case and keeps the drives' folders", () => {
  const own = ["b=2", "A=1", "=C:=C:\\work", "_=3", "c=x=y"];
  assertEquals(entries(environmentBlock(own, {})), ["=C:=C:\\work", "A=1", "b=2", "c=x=y", "_=3"]);
});

Deno.test("environmentBlock puts additions over variables of the same name in any case", () => {
  assertEquals(
    entries(environmentBlock(["Path=old", "X=1"], { PATH: "new", empty: "", größe: "1" })),
    ["empty=", "größe=1", "PATH=new", "X=1"],
  );
});

Deno.test("environmentBlock ends an empty block twice", () => {
  assertEquals([...environmentBlock([], {})], [0, 0, 0, 0]);
});

Deno.test("environmentBlock refuses what no block can carry", () => {
  assertThrows(() => environmentBlock([], { "": "1" }), TypeError, "no such name");
  assertThrows(() => environmentBlock([], { "a=b": "1" }), TypeError, "no such name");
  assertThrows(() => environmentBlock([], { a: "1\0" }), TypeError, "holds a NUL");
});
