/** What `neverliie complete` offers to a shell; tests/screens has the shells themselves. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { pidOf } from "../../lib/ipc/mod.ts";
import { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { meshTest, type TestMesh } from "../support/mesh.ts";

/** What is offered for the last word, without descriptions. */
async function offered(mesh: TestMesh, ...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await mesh.neverliie("complete", "--", ...words);
  assertEquals([code, stderr], [0, ""], words.join(" "));
  const lines = stdout.trimEnd().split("\n");
  // The shell is told to offer no files of its own.
  assertEquals(lines.pop(), ":4");
  return lines.map((line) => line.split("\t")[0]!);
}

meshTest("completion offers apps and methods, and wakes none of them", async (mesh) => {
  await mesh.register();
  await mesh.register({ name: "fixed" });
  assertEquals(await offered(mesh, "call", "fi"), ["fixed", "fixture"]);
  assertEquals(await offered(mesh, "call", "fixture", ""), []);
  assertEquals(await offered(mesh, "stop", "fi"), []);
  assertEquals([await pidOf(mesh.ipc, "fixture"), await pidOf(mesh.ipc, "fixed")], [null, null]);
  await mesh.ipc.wake("fixture");
  assertEquals(await offered(mesh, "stop", "fi"), ["fixture"]);
  assertEquals(await offered(mesh, "call", "--timeout", "500", "fixture", "ad"), ["add"]);
  assertEquals(await offered(mesh, "stream", "fixture", "wait_af"), ["wait_after_one"]);
  assertEquals(await offered(mesh, "call", "fixture", "wait_af"), []);
  assertEquals(await pidOf(mesh.ipc, "fixed"), null);
});

meshTest("completion offers commands, options and shells", async (mesh) => {
  assertEquals(await offered(mesh, "desc"), ["describe"]);
  assertEquals(await offered(mesh, "call", "--time"), ["--timeout"]);
  assertEquals(await offered(mesh, "completion", "f"), ["fish"]);
});

meshTest("completion offers no name that a shell would expand", async (mesh) => {
  await using hostile = await NeverLiieIPC.open("hostile", {
    home: mesh.home,
    launch: false,
    handleSignals: false,
    methods: {
      "$(touch pwned)": () => null,
      "`id`": () => null,
      "a;b": () => null,
      fine: () => null,
    },
  });
  await mesh.register({ name: "hostile" });
  assertEquals(await offered(mesh, "call", "hostile", ""), ["fine"]);
  assertEquals(hostile.name, "hostile");
});

meshTest("completion refuses a shell that it does not know", async (mesh) => {
  const { code, stdout, stderr } = await mesh.neverliie("completion", "tcsh");
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "bash, zsh, fish, powershell");
  const { stdout: script } = await mesh.neverliie("completion", "powershell");
  assertStringIncludes(script, "Register-ArgumentCompleter -CommandName 'neverliie'");
});
