/**
 * Three programs written for the interface that `lib/python` keeps, unchanged beside the copied file: a
 * provider, a consumer that wakes it, a scanner that is cancelled. In both directions with the suite's.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { AppDescription } from "../../lib/ipc/mod.ts";
import { gone, meshTest, until } from "../support/mesh/mesh.ts";
import { PythonPrograms, wakeGreeter } from "../support/mesh/python_programs.ts";

const EXAMPLES = "examples/python";

meshTest("a consumer in Python wakes the provider, and gets what it asks", async (mesh) => {
  const programs = new PythonPrograms(mesh, EXAMPLES);
  assertEquals(await programs.run("consumer.py"), {
    code: 1,
    stdout: "",
    stderr: "provider is offline, and nobody has started it yet\n",
  });
  await programs.register("provider.py", "provider");
  assertEquals(await programs.run("consumer.py"), {
    code: 0,
    stdout: "ok HELLO HELLO\n[3, 2, 1]\nerror -32603 division by zero\nNone\n",
    stderr: "",
  });
  assertStringIncludes(
    await Deno.readTextFile(mesh.ipc.home.logFile("provider")),
    "provider is ready\n",
  );
});

meshTest("a second start in Python hands over, says so, and exits with 0", async (mesh) => {
  const programs = new PythonPrograms(mesh, EXAMPLES);
  const { pid } = mesh.spawn(programs.command("provider.py"));
  assertEquals(await mesh.answering("provider"), pid);
  assertEquals(await programs.run("provider.py", "a b", "ü"), {
    code: 0,
    stdout: `"provider" is already running (process ${pid}); it was given 2 arguments\n`,
    stderr: "",
  });
});

meshTest(
  "the command lists, describes, calls, streams and stops an app in Python",
  async (mesh) => {
    const programs = new PythonPrograms(mesh, EXAMPLES);
    await programs.register("provider.py", "provider");
    const command = async (...args: string[]) => {
      const { code, stdout, stderr } = await mesh.neverliie(...args);
      assertEquals([code, stderr], [0, ""], args.join(" "));
      return stdout;
    };
    // Wakes it.
    const shout = ["call", "provider", "shout"];
    assertEquals(await command(...shout, '{"text": "grüße", "times": 2}'), "GRÜSSE GRÜSSE\n");
    assertEquals(await command(...shout, '["hello"]'), "HELLO\n");
    assertEquals(await command("stream", "provider", "countdown", "[3]"), "3\n2\n1\n");
    assertStringIncludes(await command("list"), "provider");
    const told = await command("describe", "provider");
    for (const text of ["shout", "countdown", "text, times", "Python 3."]) {
      assertStringIncludes(told, text);
    }
    const { pid, launch } = await mesh.ipc.call<AppDescription>("provider", "$/describe");
    assertEquals(launch?.cmd.at(-1), join(await Deno.realPath(programs.folder), "provider.py"));
    const wrong = await mesh.neverliie("call", "provider", "shout", '{"loud": true}');
    assertEquals(wrong.code !== 0, true);
    assertStringIncludes(wrong.stderr, "missing a required argument: 'text'");
    assertStringIncludes(await command("stop", "provider"), "provider was stopped");
    await gone(pid);
  },
);

meshTest("a scan in Python is cancelled by whoever reads it", async (mesh) => {
  const programs = new PythonPrograms(mesh, EXAMPLES);
  await programs.register("scanner.py", "file_scanner");
  const ended = () => mesh.ipc.call<string[]>("file_scanner", "ended");
  for await (
    const { file } of mesh.ipc.stream<{ file: string }>("file_scanner", "scan", {
      folder: programs.folder,
    })
  ) {
    assert(file.startsWith(programs.folder));
    break;
  }
  await until(async () => (await ended()).length === 1);
  const read = await programs.run("consumer.py", "file_scanner", "scan", programs.folder);
  assertEquals(read, { code: 0, stdout: "cancelled after 5 steps\n", stderr: "" });
  await until(async () => (await ended()).length === 2);
});

meshTest("Python reads the status bar, and cancels the suite's scanner", async (mesh) => {
  await mesh.seed();
  const programs = new PythonPrograms(mesh, EXAMPLES);
  const read = await programs.run("consumer.py", "scanner", "deep_scan", programs.folder);
  assertEquals(read, { code: 0, stdout: "cancelled after 5 steps\n", stderr: "" });
  const text = `
from neverliie_ipc import NeverLiieIPC
ipc = NeverLiieIPC("asker")
answer = ipc.call("statusbar", "get_stats")
print(answer["status"], answer["data"]["cpu"]["cores"] > 0)
`;
  assertEquals(await programs.runText(text), { code: 0, stdout: "ok True\n", stderr: "" });
});

meshTest("asyncio in Python: calls, topics, streams, and errors that are raised", async (mesh) => {
  const programs = new PythonPrograms(mesh, EXAMPLES);
  await programs.register("player.py", "player");
  const listened = await programs.run("player.py", "listen");
  const stdout = "1\nBlue in Green\n0\n1\n2\n422 a track has a title\n";
  assertEquals(listened, { code: 0, stdout, stderr: "" });
  // Coroutines and async generators are known as such, with their first sentence.
  const { methods, topics } = await mesh.ipc.call<AppDescription>("player", "$/describe");
  const description = "Plays a track, and tells whoever listens.";
  assertEquals(methods[0], { name: "play", kind: "call", params: ["title"], description });
  assertEquals(methods[1]?.kind, "stream");
  assertEquals(topics, [{ name: "track", retain: true }]);
  const positions = mesh.ipc.stream<number>("player", "positions", { seconds: 1_000_000 });
  assertEquals((await positions.next()).value, 0);
  positions.cancel();
});

meshTest("Python calls with one line, and reads one", async (mesh) => {
  await wakeGreeter(mesh);
  const programs = new PythonPrograms(mesh, EXAMPLES);
  const lines = (...args: string[]) =>
    programs.run("lines.py", mesh.ipc.home.address("greeter"), ...args);
  const greeted = await lines("greet", '{"name": "Zoë"}');
  assertEquals(greeted.stdout, '{"jsonrpc":"2.0","id":1,"result":"Hello, Zoë!"}\n');
  assertStringIncludes((await lines("nope")).stdout, '"code":-32601');
});
