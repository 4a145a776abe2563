import { assertEquals } from "@std/assert";
import { walkthrough } from "../../readme.ts";

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

Deno.test("every shell command of the tour is run", async () => {
  const tour = await Deno.readTextFile(new URL("../../../docs/tour.md", import.meta.url));
  const blocks = [...tour.replaceAll("\r", "").matchAll(/^```(sh.*)$/gm)].map(([, mark]) => mark);
  assertEquals([...new Set(blocks)], ["sh walkthrough"]);
  assertEquals(walkthrough(tour).length > 10, true);
});
