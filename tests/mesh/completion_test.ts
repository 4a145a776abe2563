/** What `neverliie complete` offers to a shell; tests/screens has the shells themselves. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { pidOf } from "../../lib/ipc/mod.ts";
import { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { meshTest, MODE, suiteCommand, type TestMesh } from "../support/mesh/mesh.ts";

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
  assertEquals(await offered(mesh, "top", "fi"), ["fixture"]);
  assertEquals(await offered(mesh, "call", "--timeout", "500", "fixture", "ad"), ["add"]);
  assertEquals(await offered(mesh, "stream", "fixture", "wait_af"), ["wait_after_one"]);
  assertEquals(await offered(mesh, "call", "fixture", "wait_af"), []);
  assertEquals(await offered(mesh, "events", "fixture", "n"), ["news"]);
  assertEquals(await pidOf(mesh.ipc, "fixed"), null);
});

meshTest("completion offers commands, options and shells", async (mesh) => {
  assertEquals(await offered(mesh, "desc"), ["describe"]);
  assertEquals(await offered(mesh, "ne"), ["new"]);
  assertEquals(await offered(mesh, "call", "--time"), ["--timeout"]);
  assertEquals(await offered(mesh, "top", "--o"), ["--once"]);
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
  hostile.topic("$(touch pwned)");
  await mesh.register({ name: "hostile" });
  assertEquals(await offered(mesh, "events", "hostile", ""), []);
  assertEquals(await offered(mesh, "call", "hostile", ""), ["fine"]);
  assertEquals(hostile.name, "hostile");
});

meshTest("completion refuses a shell that it does not know", async (mesh) => {
  const { code, stdout, stderr } = await mesh.neverliie("completion", "tcsh");
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, "bash, zsh, fish, powershell");
});

/** The words of a PowerShell command: each in single quotes, in which `''` is a quote. */
function words(command: string): string[] {
  return [...command.matchAll(/'((?:[^']|'')*)'/g)].map(([, word]) => word!.replaceAll("''", "'"));
}

meshTest("what PowerShell's script runs works from any folder", async (mesh) => {
  await mesh.register();
  const command = suiteCommand("neverliie");
  // Named by where it is started, as the tasks do.
  if (MODE === "script") command.splice(2, 0, "--config=deno.json");
  const { stdout } = await mesh.run([...command, "completion", "powershell"]);
  assertStringIncludes(stdout, "Register-ArgumentCompleter -CommandName 'neverliie'");
  // (There is no PowerShell to run the script: what it would run is read from it.)
  const [, body] = /^function __neverliie_program \{([^]*)\}\n$/m.exec(stdout)!;
  const calls = body!.split("\n").filter((line) => line.includes("& '"));
  assertEquals(calls.length, 1);
  const folder = /Push-Location -LiteralPath ('.*')/.exec(body!);
  const cwd = folder === null ? mesh.home : words(folder[1]!)[0]!;
  const asked = await mesh.run([...words(calls[0]!), "complete", "--", "call", "fix"], { cwd });
  assertEquals([asked.code, asked.stderr], [0, ""]);
  assertEquals(asked.stdout.split("\n")[0]!.split("\t")[0], "fixture");
});
