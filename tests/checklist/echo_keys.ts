/**
 * A program for a session: says that it is ready, and then what was typed up to Enter, or its
 * terminal's size, each time that has changed.
 *
 *   echo_keys.ts keys|size
 */
import { ConsoleInput } from "../../lib/system/console_input.ts";

if (Deno.args[0] === "keys") {
  Deno.stdin.setRaw(true);
  const input = new ConsoleInput();
  console.log("ready");
  let typed = "";
  while (!/\r|\n/.test(typed)) {
    const bytes = await input.read();
    if (bytes === null) break;
    typed += new TextDecoder().decode(bytes);
  }
  Deno.stdin.setRaw(false);
  console.log(`<${typed.trim()}>`);
} else {
  let shown = "";
  for (;;) {
    const { columns, rows } = Deno.consoleSize();
    const size = `<${columns} x ${rows}>`;
    if (size !== shown) console.log(shown = size);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
