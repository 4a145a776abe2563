/** Topics between Python and TypeScript, in both directions, over the end of whoever tells. */

import { assertEquals } from "@std/assert";
import { pidOf } from "../../lib/ipc/mod.ts";
import { gone, kill, meshTest, until } from "../support/mesh/mesh.ts";
import { PythonPrograms } from "../support/mesh/python_programs.ts";

meshTest("topics of Python are subscribed to, and outlive their app's restart", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  const emit = (topic: string, ...values: unknown[]) =>
    mesh.ipc.call<number>("pyfixture", "emit", { topic, values });
  assertEquals(await emit("news", "kept"), 0);
  await using news = mesh.ipc.subscribe("pyfixture", "news");
  await news.ready;
  assertEquals(await emit("news", "Grüße", Uint8Array.of(1, 2), null), 1);
  for (const value of ["kept", "Grüße", Uint8Array.of(1, 2), null]) {
    assertEquals((await news.next()).value, value);
  }
  const { pid } = await mesh.ipc.call<{ pid: number }>("pyfixture", "about");
  kill(pid);
  await gone(pid);
  await until(async () => await pidOf(mesh.ipc, "pyfixture") !== pid);
  await until(async () => await emit("news", "after") === 1);
  assertEquals((await news.next()).value, "after");
  news.cancel();
  await until(async () => await emit("news", "unheard") === 0);
});

meshTest("Python subscribes to a topic, over its app's restart, and leaves it", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await mesh.register();
  const emit = (...values: unknown[]) =>
    mesh.ipc.call<number>("fixture", "emit", { topic: "ticks", values });
  const text = `
from neverliie_ipc import NeverLiieIPC
values = NeverLiieIPC.client().subscribe("fixture", "ticks", queue=10)
print([next(values) for _ in range(2)], flush=True)
print(next(values))
values.cancel()
print(list(values), values.dropped)
`;
  const serving = mesh.serve(["python3", "-c", text], { cwd: programs.folder });
  const heard = (...values: unknown[]) => until(async () => await emit(...values) === 1);
  await heard("Grüße", { n: 2 });
  const { ended } = await serving;
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  kill(pid);
  await gone(pid);
  await until(async () => await pidOf(mesh.ipc, "fixture") !== pid);
  await heard("again");
  assertEquals(await ended, { code: 0, stdout: "['Grüße', {'n': 2}]\nagain\n[] 0\n", stderr: "" });
  await until(async () => await emit() === 0);
});

meshTest("a slow subscriber in Python gets the latest, or the end, as it asked", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  const { stdout, stderr } = await programs.runText(`
from neverliie_ipc import *
ipc = NeverLiieIPC.client()
latest = ipc.subscribe("pyfixture", "ticks", overflow="latest", wake=True)
ended = ipc.subscribe("pyfixture", "ticks", overflow="end", queue=3, wake=True)
latest.ready.wait(); ended.ready.wait()
ipc.request("pyfixture", "emit", "ticks", list(range(300)))
while latest.dropped < 299: pass
print(next(latest))
try:
    print(list(ended))
except LimitExceededError as error:
    print(error.limit)
try:
    next(ipc.subscribe("pyfixture", "no topic"))
except MethodNotFoundError as error:
    print(error)
`);
  assertEquals([stdout, stderr], ['299\nqueue\n"pyfixture" has no topic "no topic"\n', ""]);
});
