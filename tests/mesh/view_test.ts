/** The terminal UI library where terminals cannot be driven: it loads, lays out and draws. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fixtureCommand, meshTest } from "../support/mesh/mesh.ts";

meshTest("the palette draws itself, with wide characters in their columns", async (mesh) => {
  const command = fixtureCommand().map((part) => part.replace("mesh_app", "palette_view"));
  const { code, stdout, stderr } = await mesh.run(command);
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.split("\n");
  assertStringIncludes(lines[0]!, "NeverLiie");
  assertStringIncludes(lines[1]!, "▅  50%   Memory");
  assertEquals(lines[5], ` ▌▸ Zeichnen 日本${" ".repeat(24)}Bilder${" ".repeat(25)}program`);
  assertStringIncludes(stdout, "↵ run");
});
