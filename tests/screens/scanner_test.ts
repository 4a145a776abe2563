/** The scanner in a real terminal. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";
import { Terminal, type TerminalOptions } from "../support/screens/tmux.ts";

async function tree(mesh: TestMesh, files: number): Promise<string> {
  const folder = join(mesh.home, "a tree ü");
  await Deno.mkdir(folder);
  for (let i = 0; i < files; i++) {
    if (i % 100 === 0) await Deno.mkdir(join(folder, `folder ${i / 100}`));
    Deno.writeTextFileSync(join(folder, `folder ${Math.floor(i / 100)}`, `${i}`), `content ${i}`);
  }
  return folder;
}

function open(mesh: TestMesh, args: string[], options: TerminalOptions = {}): Promise<Terminal> {
  const env = { NEVERLIIE_HOME: mesh.home, ...options.env };
  return Terminal.open([...suiteCommand("scanner"), ...args], { ...options, env });
}

if (Deno.build.os === "linux") {
  meshTest(
    "scanner: progress while it goes on, then what is largest and what is there twice",
    async (
      mesh,
    ) => {
      const folder = await tree(mesh, 300);
      Deno.writeTextFileSync(join(folder, "日本 large"), "x".repeat(9_000));
      Deno.writeTextFileSync(join(folder, "large again"), "x".repeat(9_000));
      const args = [folder, "--duplicates", "--top=2"];
      await using terminal = await open(mesh, args, { columns: 100, rows: 40 });
      const { code, text } = await terminal.ended();
      assertEquals(code, 0);
      assertMatch(text, /302 files, 20\.7 KiB \(.* on disk\) in 4 folders/);
      assertStringIncludes(text, "日本 large\n");
      assertStringIncludes(text, "Duplicates  8.8 KiB could be freed");
      assertEquals(text.includes("Esc cancel"), false, text);
    },
  );

  meshTest("scanner: Esc cancels at once", async (mesh) => {
    await tree(mesh, 3);
    // The whole system: nobody waits for its end.
    await using terminal = await open(mesh, ["/", "--duplicates"]);
    await terminal.until(/(Counting|Scanning|Comparing) \//);
    await terminal.until("Esc cancel");
    await terminal.press("Escape");
    const { code, text } = await terminal.ended();
    assertEquals(code, 130);
    assertStringIncludes(text, "The scan was cancelled");
  });
}
