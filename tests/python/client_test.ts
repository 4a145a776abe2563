/** Clients in Python, written from docs/protocol.md with its standard library alone. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { meshTest, scriptCommand, type TestMesh } from "../support/mesh.ts";

const folder = fromFileUrl(new URL("../../examples/python/", import.meta.url));

async function wakeGreeter(mesh: TestMesh): Promise<void> {
  const cmd = scriptCommand("examples/greeter.ts");
  await mesh.ipc.registry.set("greeter", { type: "script", cmd, cwd: mesh.home });
  await mesh.ipc.wake("greeter");
}

meshTest("Python calls, streams and cancels", async (mesh) => {
  await wakeGreeter(mesh);
  assertEquals(await mesh.run(["python3", `${folder}client.py`]), {
    code: 0,
    stdout: "Hello, Python!\n500500\n1 2\n" +
      '-32800 "greet_later" was cancelled\n' +
      "Hello, again!\n",
    stderr: "",
  });
});

meshTest("Python calls with one line, and reads one", async (mesh) => {
  await wakeGreeter(mesh);
  const lines = (...args: string[]) =>
    mesh.run(["python3", `${folder}lines.py`, mesh.ipc.home.address("greeter"), ...args]);
  assertEquals(
    (await lines("greet", '{"name": "Zoë"}')).stdout,
    '{"jsonrpc":"2.0","id":1,"result":"Hello, Zoë!"}\n',
  );
  assertStringIncludes((await lines("nope")).stdout, '"code":-32601');
});
