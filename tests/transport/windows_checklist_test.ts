/**
 * The checklist for Windows, gone through under Wine: every line runs to its end, and prints what
 * Wine does. That says nothing about Windows; it shows that the lines can be gone through there.
 */
import { assertEquals } from "@std/assert";
import { LINES } from "../checklist/lines.ts";
import { scriptCommand } from "../support/mesh/mesh.ts";

Deno.test({
  name: "windows checklist: every line can be gone through",
  ignore: !Deno.env.has("WINEPREFIX"),
  async fn() {
    const [program, ...args] = scriptCommand("tests/checklist/main.ts");
    const { stdout, stderr, code } = await new Deno.Command(program!, { args, stdin: "null" })
      .output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll("\r", "");
    const count = `${LINES.length} passed, 0 failed`;
    assertEquals(
      [text(stdout).trim().split("\n").at(-1), code],
      [count, 0],
      text(stdout) + text(stderr),
    );
  },
});
