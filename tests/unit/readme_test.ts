import { assertEquals } from "@std/assert";
import { walkthrough } from "../readme.ts";

Deno.test("walkthrough takes the marked blocks, command by command", () => {
  const text = [
    "# Title",
    "```sh",
    "not this",
    "```",
    "```sh walkthrough",
    "one --flag",
    "#=> first text",
    "#=> second text",
    "# a comment",
    "",
    "two \\",
    "  more",
    "```",
    "between",
    "```sh walkthrough",
    "three",
    "```",
  ].join("\r\n");
  assertEquals(walkthrough(text), [
    { command: "one --flag", expected: ["first text", "second text"] },
    { command: "two    more", expected: [] },
    { command: "three", expected: [] },
  ]);
  assertEquals(walkthrough("# Title"), []);
});
