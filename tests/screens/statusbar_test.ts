/** The status bar in a real terminal. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { StatusBar } from "../../apps/statusbar/contract.ts";
import { gone, meshTest, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";
import { Terminal, type TerminalOptions } from "../support/screens/tmux.ts";

function open(mesh: TestMesh, options: TerminalOptions = {}): Promise<Terminal> {
  const env = { NEVERLIIE_HOME: mesh.home, ...options.env };
  return Terminal.open(suiteCommand("statusbar"), { ...options, env });
}

const LINE = /\d\d:\d\d:\d\d {2}CPU .*% {2}Mem .*%/;

if (Deno.build.os === "linux") {
  meshTest("status bar: a line at the bottom, figures, the mesh; q ends it and its host", async (
    mesh,
  ) => {
    await using terminal = await open(mesh, { columns: 120, rows: 12 });
    await terminal.until(/Disk .*● 1\/\d/);
    const lines = await terminal.lines();
    assert(LINE.test(lines[10]!), lines.join("\n"));
    assertStringIncludes(lines[10]!, "Disk ");
    const pid = await terminal.pid();
    await terminal.press("q");
    assertEquals((await terminal.ended()).code, 0);
    await gone(pid);
  });

  meshTest("status bar: an app's notice with its progress, cancelled by its key", async (mesh) => {
    await using terminal = await open(mesh, { env: { NO_COLOR: "1" } });
    await terminal.until(LINE);
    await mesh.register();
    await mesh.ipc.wake("fixture");
    const bar = mesh.ipc.connect<StatusBar>("statusbar");
    const cancel = { app: "fixture", method: "echo", params: { job: 1 } };
    const { id } = await bar.notify({ text: "Copying 日本", progress: 0.25, cancel });
    await terminal.until(/▌▪ █{5}░{15} 25% Copying 日本 +x cancel/);
    await bar.notify({ id, text: "Copying 日本", progress: 0.5, cancel });
    await terminal.until(/50% Copying 日本 +x cancel/);
    await bar.notify({ text: "Something else", level: "error", ttl: 0 });
    await terminal.until(/▌▪ Something else +d dismiss/);
    await terminal.press("Down");
    await terminal.until(/▌▪ █+░+ +50% Copying/);
    await terminal.press("x");
    await terminal.gone(/Copying/);
    await terminal.press("d");
    await terminal.gone(/Something else/);
    // deno-lint-ignore no-control-regex
    assert(!/\x1b\[[0-9;]*3[0-7]m/.test(await terminal.coloured()), "no colours");
    await terminal.press("C-c");
    assertEquals((await terminal.ended()).code, 0);
  });

  meshTest(
    "status bar: the configuration counts as soon as it is saved, its faults are told",
    async (
      mesh,
    ) => {
      await using terminal = await open(mesh);
      await terminal.until(LINE);
      const config = join(mesh.home, "statusbar.jsonc");
      await Deno.writeTextFile(
        config,
        '// mine\n{ "position": "top", "segments": [{ "type": "cpu", "label": "Load", "spark": 3 }] }',
      );
      const text = await terminal.until(/^Load .*%/);
      assert(!/Mem/.test(text), text);
      await Deno.writeTextFile(config, '{\n  "position": "top",\n  "segmants": []\n}');
      await terminal.until('statusbar.jsonc:3:3: unknown key "segmants"');
      await terminal.until(/^Load .*%/);
      await Deno.writeTextFile(config, "{}");
      await terminal.gone(/unknown key/);
      await terminal.until(LINE);
      await terminal.resize(40, 5);
      const lines = (await terminal.until(/^\n\n\n\d\d:\d\d:\d\d {2}/)).split("\n");
      assert(lines.every((line) => line.length <= 40), lines.join("\n"));
      await terminal.press("q");
      assertEquals((await terminal.ended()).code, 0);
    },
  );

  meshTest("status bar: a configuration that cannot be read is told, and the bar stays", async (
    mesh,
  ) => {
    const config = join(mesh.home, "statusbar.jsonc");
    await Deno.writeTextFile(config, '\uFEFF{ "segments": [{ "type": "cpu", "label": "Load" }] }');
    await using terminal = await open(mesh);
    await terminal.until(/^Load .*%/m);
    const faults: [reason: string, make: () => Promise<void>][] = [
      ["it is a folder, not a file", () => Deno.mkdir(config)],
      ["it is a link in a circle of links", () => Deno.symlink(config, config)],
    ];
    for (const [reason, make] of faults) {
      await Deno.remove(config);
      await make();
      const text = await terminal.until(`statusbar.jsonc: cannot be read: ${reason}`);
      assert(/^Load .*%/m.test(text), text);
    }
    await Deno.remove(config);
    await terminal.gone(/cannot be read/);
    await terminal.until(LINE);
    await terminal.press("q");
    assertEquals((await terminal.ended()).code, 0);
  });

  meshTest("status bar: a second one shows the first one's notices and leaves it running", async (
    mesh,
  ) => {
    const host = await mesh.serve([...suiteCommand("statusbar"), "--host"]);
    await mesh.ipc.connect<StatusBar>("statusbar").notify({ text: "Hello there", ttl: 0 });
    await using terminal = await open(mesh);
    await terminal.until("Hello there");
    await terminal.press("q");
    assertEquals((await terminal.ended()).code, 0);
    const { pid } = await mesh.ipc.call<{ pid: number }>("statusbar", "$/ping", {});
    assertEquals(pid, host.pid);
  });
}
