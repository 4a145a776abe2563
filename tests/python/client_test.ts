/** Programs in Python, written from docs/protocol.md with its standard library alone. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { listApps, MethodNotFoundError, pidOf } from "../../lib/ipc/mod.ts";
import { gone, kill, meshTest, scriptCommand, type TestMesh, until } from "../support/mesh/mesh.ts";

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

meshTest("Python subscribes to a topic, and leaves it", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const script = `
import sys
sys.path.insert(0, sys.argv[1])
from client import Peer
values = Peer("fixture").subscribe("ticks", queue=10)
print(next(values), next(values))
values.close()
`;
  const python = mesh.run(["python3", "-B", "-c", script, folder]);
  const params = { topic: "ticks", values: ["Grüße", { n: 2 }] };
  await until(async () => await mesh.ipc.call("fixture", "emit", params) === 1);
  assertEquals(await python, { code: 0, stdout: "Grüße {'n': 2}\n", stderr: "" });
  await until(async () => await mesh.ipc.call("fixture", "emit", params) === 0);
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

meshTest("an app in Python is woken, called, listed and stopped", async (mesh) => {
  const python = await mesh.run(["python3", "-c", "import sys; print(sys.executable)"]);
  await mesh.ipc.registry.set("shouter", {
    type: "binary",
    cmd: [python.stdout.trim(), `${folder}app.py`, "shouter"],
    cwd: mesh.home,
  });
  assertEquals(await mesh.ipc.call("shouter", "shout", { text: "Grüße" }), "GRÜSSE");
  await assertRejects(() => mesh.ipc.call("shouter", "nope"), MethodNotFoundError);
  const [shouter] = await listApps(mesh.ipc);
  const { pid } = await mesh.ipc.call<{ pid: number }>("shouter", "$/ping");
  assertEquals([shouter?.name, shouter?.running, shouter?.pid], ["shouter", true, pid]);
  const second = await mesh.run(["python3", `${folder}app.py`, "shouter"]);
  assertEquals([second.code, second.stderr], [1, "shouter runs already\n"]);
  kill(pid);
  await gone(pid);
  await until(async () => await pidOf(mesh.ipc, "shouter") !== pid);
  // It takes the place of the socket that the killed one left.
  assertEquals(await mesh.ipc.call("shouter", "shout", { text: "again" }), "AGAIN");
  const again = await mesh.ipc.call<{ pid: number }>("shouter", "$/ping");
  await mesh.stop("shouter", again.pid);
});
