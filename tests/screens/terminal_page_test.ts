/** docs/terminal.md: its session, typed into a shell in a real terminal. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { meshTest, suiteCommand } from "../support/mesh/mesh.ts";
import { Terminal } from "../support/screens/tmux.ts";

const PAGE = new URL("../../docs/terminal.md", import.meta.url);
/** As it is shown: without the space behind it. */
const PROMPT = "page>";

if (Deno.build.os === "linux") {
  meshTest("docs/terminal.md says what happens", async (mesh) => {
    const [, block] = /^```sh session\n(.*?)^```$/ms.exec(Deno.readTextFileSync(PAGE)) ?? [];
    assert(block !== undefined, "the page has no session");
    // "neverliie" as on a machine where it is installed.
    const bin = join(mesh.home, "bin");
    Deno.mkdirSync(bin);
    const quoted = suiteCommand("neverliie").map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    Deno.writeTextFileSync(join(bin, "neverliie"), `#!/bin/sh\nexec ${quoted.join(" ")} "$@"\n`);
    Deno.chmodSync(join(bin, "neverliie"), 0o755);
    await using terminal = await Terminal.open(["/bin/sh"], {
      env: {
        NEVERLIIE_HOME: mesh.home,
        NEVERLIIE_SESSION: undefined,
        PATH: `${bin}:${Deno.env.get("PATH")}`,
        PS1: `${PROMPT} `,
        ENV: "",
        SHELL: "/bin/sh",
      },
    });
    await terminal.until(PROMPT);
    let shown = 0;
    let typed = "";
    for (const line of block.trimEnd().split("\n")) {
      const text = line.replace(/^#=> ?/, "");
      if (text !== line) {
        // Not where it was typed.
        const pattern = `^(?!${PROMPT} ${literal(typed)}).*${literal(text)}`;
        await terminal.until(new RegExp(pattern, "m"));
        shown++;
      } else if (line.startsWith("# Press ")) {
        const keys = line.slice("# Press ".length).split(" and then ");
        await terminal.press(...keys.map((key) => key.replace(/^Ctrl-/, "C-")));
        // Back in the shell.
        await terminal.until(/\[detached[^\n]*\n(.*\n)*page>\s*$/);
      } else {
        assert(!line.startsWith("#"), `"${line}" is not understood`);
        typed = line;
        await terminal.type(line);
        await terminal.press("Enter");
      }
    }
    assertEquals(shown, block.match(/^#=>/gm)!.length);
    await terminal.until(/ended with code 3\]\n(.*\n)*page>/);
  });
}

/** A pattern for exactly this text. */
function literal(text: string): string {
  return text.replaceAll(/[^\w\s]/g, "\\$&");
}
