/** The launcher's palette in a real terminal. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { pidOf } from "../../lib/ipc/mod.ts";
import { meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";
import { Terminal, type TerminalOptions } from "../support/screens/tmux.ts";

/** A data folder with one program, so that a search does not depend on the machine. */
function programs(mesh: TestMesh): Record<string, string> {
  const data = join(mesh.home, "data");
  Deno.mkdirSync(join(data, "applications"), { recursive: true });
  Deno.writeTextFileSync(
    join(data, "applications", "paint.desktop"),
    `[Desktop Entry]
Type=Application
Name=Paint 日本
Comment=Draw pictures
Exec=sh -c "echo painted > '${join(mesh.home, "painted")}'"
`,
  );
  return { XDG_DATA_HOME: data, XDG_DATA_DIRS: data };
}

function open(mesh: TestMesh, options: TerminalOptions = {}): Promise<Terminal> {
  const env = { NEVERLIIE_HOME: mesh.home, ...programs(mesh), ...options.env };
  return Terminal.open(suiteCommand("launcher"), { ...options, env });
}

if (Deno.build.os === "linux") {
  meshTest("palette: figures, programs, apps and their methods; Ctrl-C leaves", async (mesh) => {
    await using terminal = await open(mesh);
    await terminal.until(/CPU .*%.*Memory .*%/);
    await terminal.until("statusbar get_stats");
    const text = await terminal.until(/Paint 日本 +Draw pictures +program/);
    const lines = text.split("\n");
    assertStringIncludes(lines[0]!, "NeverLiie");
    assertStringIncludes(lines[3]!, "❯ Search programs");
    assertStringIncludes(text, "○ scanner");
    assertStringIncludes(lines[22]!, "run");
    await terminal.press("C-c");
    const ended = await terminal.ended();
    assertEquals(ended.code, 0);
    assertStringIncludes(ended.text, "Still running: statusbar");
  });

  meshTest("palette: a search, a program started by Enter, and what is used comes first", async (
    mesh,
  ) => {
    await using terminal = await open(mesh);
    await terminal.until("Paint 日本");
    await terminal.type("pnt");
    await terminal.gone(/scanner/);
    await terminal.press("Enter");
    await terminal.until("Paint 日本 was started");
    await terminal.press("Escape");
    await terminal.until("❯ pnt");
    await terminal.press("Escape");
    const first = (await terminal.until("Search programs")).split("\n")[5]!;
    assertStringIncludes(first, "▌▸ Paint 日本");
    await terminal.press("Escape");
    assertEquals((await terminal.ended()).code, 0);
    assertEquals(await Deno.readTextFile(join(mesh.home, "painted")), "painted\n");
  });

  meshTest(
    "palette: a method of an app that just joined asks for its params, streams, cancels",
    async (
      mesh,
    ) => {
      await using terminal = await open(mesh, { columns: 120, rows: 40 });
      await terminal.until("Paint 日本");
      await mesh.register();
      await mesh.ipc.wake("fixture");
      await terminal.type("fixture add");
      await terminal.until(/fixture add .*method/);
      await terminal.press("Enter");
      await terminal.until("── fixture add");
      await terminal.type("3");
      await terminal.press("Tab");
      await terminal.type("39");
      await terminal.press("Enter");
      await terminal.until(/done after.*\n 42/);
      await terminal.press("Escape");
      await terminal.until("❯ fixture add");
      await terminal.press("C-u");
      await terminal.type("fixture endless");
      await terminal.until(/fixture endless .*method/);
      await terminal.press("Enter");
      await terminal.until(/running +\d+ items/);
      await terminal.press("Escape");
      await terminal.until(/cancelled after/);
      await terminal.press("C-c");
      assertEquals((await terminal.ended()).code, 0);
    },
  );

  meshTest("palette: a shell command by Terminal, resized, without colours", async (mesh) => {
    await using terminal = await open(mesh, { env: { NO_COLOR: "1" } });
    await terminal.until("Paint 日本");
    await terminal.type("> echo 'one two'; exit 3");
    await terminal.until(/shell command/);
    await terminal.press("Enter");
    const text = await terminal.until(/failed after [^]*exit code 3/);
    assertStringIncludes(text, "one two\n");
    await terminal.resize(120, 40);
    await terminal.until(/─{80}/);
    // deno-lint-ignore no-control-regex
    assert(!/\x1b\[[0-9;]*3[0-7]m/.test(await terminal.coloured()), "no colours");
    await terminal.press("Escape");
    await terminal.until("❯ > echo");
    await terminal.press("Escape");
    await terminal.until("Search programs");
    await terminal.press("Escape");
    assertEquals((await terminal.ended()).code, 0);
  });

  meshTest("palette: what cannot be read is shown as long as it lasts", async (mesh) => {
    const used = join(mesh.home, "launcher.json");
    const config = join(mesh.home, "launcher.jsonc");
    await Deno.mkdir(used);
    await using terminal = await open(mesh, { columns: 120 });
    // The figures come and go beside it.
    await terminal.until(/CPU .*%/);
    await terminal.until("Paint 日本");
    await terminal.until(`Cannot read "${used}": it is a folder, not a file`);
    await Deno.mkdir(config);
    await terminal.until(/it is a folder, not a file.* \(and 1 more\)/);
    await Deno.remove(used);
    await terminal.until(/^ launcher.jsonc: cannot be read: it is a folder, not a file$/m);
    await Deno.remove(config);
    await terminal.gone(/annot (be )?read/);
    await terminal.press("C-c");
    assertEquals((await terminal.ended()).code, 0);
  });

  meshTest(
    "palette: a status bar that is stopped stays so, and its figures come back with it",
    async (
      mesh,
    ) => {
      await using terminal = await open(mesh);
      await terminal.until(/CPU .*%.*Memory .*%/);
      await mesh.stop("statusbar", (await pidOf(mesh.ipc, "statusbar"))!);
      await terminal.until("The status bar does not run: its entry here wakes it");
      assertEquals(await pidOf(mesh.ipc, "statusbar"), null);
      await terminal.type("statusbar");
      await terminal.until(/▌○ statusbar/);
      await terminal.press("Enter");
      await terminal.until("statusbar runs");
      await terminal.until(/CPU .*%.*Memory .*%/);
      await terminal.press("C-c");
      assertEquals((await terminal.ended()).code, 0);
    },
  );

  meshTest("launcher in a dumb terminal prints the dashboard once", async (mesh) => {
    await using terminal = await open(mesh, { env: { TERM: "dumb" } });
    const { code, text } = await terminal.ended();
    assertEquals(code, 0);
    assertStringIncludes(text, "Still running: statusbar");
  });

  meshTest("launcher where nobody can press keys prints the dashboard once", async (mesh) => {
    const launcher = suiteCommand("launcher");
    const command = ["sh", "-c", 'exec "$@" < /dev/null', "sh", ...launcher];
    await using terminal = await Terminal.open(command, { env: { NEVERLIIE_HOME: mesh.home } });
    const { code, text } = await terminal.ended();
    assertEquals(code, 0);
    assertStringIncludes(text, "Still running: statusbar");
  });
}
