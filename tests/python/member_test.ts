/** An app in Python as a full member of the mesh, beside programs of this repository. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type AppDescription,
  MethodNotFoundError,
  NeverLiieIPC,
  RemoteError,
} from "../../lib/ipc/mod.ts";
import { readStarts } from "../../lib/ipc/activation/activation.ts";
import { gone, kill, meshTest, until } from "../support/mesh/mesh.ts";
import { PythonPrograms } from "../support/mesh/python_programs.ts";

interface About {
  pid: number;
  argv: string[];
  cwd: string;
  woken: boolean;
  starts: [string[], string, number][];
}

const about = (mesh: { ipc: { call<T>(app: string, method: string): Promise<T> } }) =>
  mesh.ipc.call<About>("pyfixture", "about");

meshTest("twenty callers in Python and TypeScript wake an app in Python once", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  await Deno.remove(mesh.ipc.home.runtimeFile("pyfixture", "starts.json")).catch(() => {});
  // Sixteen threads of one program, and three programs beside it.
  const text = `
import threading
from neverliie_ipc import NeverLiieIPC
ipc = NeverLiieIPC.client()
found = set()
ask = lambda: found.add(ipc.request("pyfixture", "about")["pid"])
threads = [threading.Thread(target=ask) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(found)
`;
  const asked = await Promise.all([
    programs.runText(text),
    programs.runText(text),
    programs.runText(text),
    about(mesh),
  ]);
  const { pid, woken } = asked[3];
  for (const { stdout, stderr } of asked.slice(0, 3) as { stdout: string; stderr: string }[]) {
    assertEquals([stdout, stderr], [`{${pid}}\n`, ""]);
  }
  assert(woken);
  assertEquals(readStarts(mesh.ipc.home, "pyfixture").starts.length, 1);
  await mesh.stop("pyfixture", pid);
});

meshTest("Python is told why a start fails, and of the start limit", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  const cmd = ["/bin/sh", "-c", "echo Grüße >&2; exit 7"];
  await mesh.ipc.registry.set("broken", { type: "binary", cmd, cwd: mesh.home });
  const text = `
from neverliie_ipc import *
ipc = NeverLiieIPC.client()
for attempt in range(6):
    try:
        ipc.request("broken", "x")
    except TargetOfflineError as error:
        print(type(error).__name__, getattr(error, "exit_code", None), "Grüße" in str(error))
print(ipc.call("broken", "x"))
`;
  const { stdout, stderr } = await programs.runText(text);
  assertEquals(
    stdout,
    "TargetStartError 7 True\n".repeat(5) + "StartLimitError None False\nNone\n",
  );
  assert(stderr.startsWith('Cannot start "broken": it was started 5 times within 10 s.'), stderr);
});

meshTest("positions, names and both travel to Python as such, and to TypeScript", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  await mesh.register();
  const received = (params?: unknown[] | Record<string, unknown>) =>
    mesh.ipc.call("pyfixture", "arguments", params);
  assertEquals(await received(), { args: [], kwargs: {} });
  assertEquals(await received([1, { n: 2 }]), { args: [1, { n: 2 }], kwargs: {} });
  assertEquals(await received({ a: 1, self: 2 }), { args: [], kwargs: { a: 1, self: 2 } });
  assertEquals(await received({ "*": [1, 2], b: 3 }), { args: [1, 2], kwargs: { b: 3 } });
  const text = `
from neverliie_ipc import *
ipc = NeverLiieIPC.client()
print(ipc.request("pyfixture", "arguments", 1, two=2, target="t", method="m", self=3, _timeout=9))
print(ipc.request("pyfixture", "arguments"))
print(ipc.request("fixture", "echo", 1, 2), ipc.request("fixture", "echo", a=1), ipc.request("fixture", "echo"))
print(ipc.request("fixture", "add", 1, b=2), ipc.request("fixture", "add", 3, 4))
print(ipc.call(target="fixture", method="add", a=5, b=6))
print(ipc.request("fixture", "echo", 1, b=2))
for wrong in (lambda: ipc.request("fixture", "add", 1, a=2), lambda: ipc.request("fixture", "echo", n=[float("nan")])):
    try:
        wrong()
    except TypeError as error:
        print(error)
`;
  const { stdout, stderr } = await programs.runText(text);
  assertEquals([stdout, stderr], [
    "{'args': [1], 'kwargs': {'two': 2, 'target': 't', 'method': 'm', 'self': 3}}\n" +
    "{'args': [], 'kwargs': {}}\n" +
    "[1, 2] {'a': 1} {}\n" +
    "3 7\n" +
    "{'status': 'ok', 'data': 11}\n" +
    "{'*': [1], 'b': 2}\n" +
    'Cannot call "add": two values for a\n' +
    'Cannot call "echo": JSON has no number for NaN and infinity, at .n[0]\n',
    "",
  ]);
});

meshTest("what Python raises and cannot send arrives as the protocol has it", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  const failure = (params: Record<string, unknown>, method = "fail") =>
    assertRejects(() => mesh.ipc.call("pyfixture", method, params), RemoteError);
  const { message, code, data } = await failure({ message: "Grüße", code: 7, data: { n: 1 } });
  assertEquals([message, code, data], ["Grüße", 7, { n: 1 }]);
  assertEquals((await failure({ message: "plain" })).code, -32603);
  const unsent = "the answer cannot be sent as JSON: ";
  assertEquals(
    (await failure({ what: "nan" }, "not_json")).message,
    `${unsent}JSON has no number for NaN and infinity, at .list[1]`,
  );
  assertEquals(
    (await failure({ what: "set" }, "not_json")).message,
    `${unsent}a value of the type set is no JSON`,
  );
  const bytes = await mesh.ipc.call("pyfixture", "not_json", { what: "bytes" });
  assertEquals(bytes, Uint8Array.of(0, 255));
  await assertRejects(() => mesh.ipc.call("pyfixture", "nope"), MethodNotFoundError);
});

meshTest("a call of Python has its caller's time and trace, and ends with it", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  await mesh.register();
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const within = {
    signal: new AbortController().signal,
    deadline: performance.now() + 20_000,
    trace: { traceparent },
  };
  const { own, told } = await mesh.ipc.call<
    { own: number; told: { left: number; trace: unknown; attempt: number } }
  >("pyfixture", "forward", { app: "fixture", method: "context" }, { within });
  assert(own <= 20_000 && own > told.left && told.left > 0, `${own}, ${told.left}`);
  assertEquals([told.trace, told.attempt], [{ traceparent }, 1]);
  // Cancelled by its caller, and by the end of its connection.
  const cancelled = new AbortController();
  const hanging = mesh.ipc.call("pyfixture", "hang", { note: "a" }, { signal: cancelled.signal });
  cancelled.abort();
  await assertRejects(() => hanging, DOMException);
  const dying = programs.runText(`
import os, threading
from neverliie_ipc import NeverLiieIPC
ipc = NeverLiieIPC.client()
threading.Thread(target=lambda: ipc.call("pyfixture", "hang", "b"), daemon=True).start()
while ipc.request("pyfixture", "counts")["hanging"] < 2: pass
os._exit(0)
`);
  assertEquals((await dying).code, 0);
  await until(async () => (await mesh.ipc.call<unknown[]>("pyfixture", "left")).length >= 2);
  const left = await mesh.ipc.call<[string, boolean][]>("pyfixture", "left");
  assertEquals(left.sort(), [["a", true], ["b", true]]);
});

meshTest(
  "a call that may run twice outlives its app in Python, from both languages",
  async (mesh) => {
    const programs = new PythonPrograms(mesh);
    await programs.register("fixture.py", "pyfixture");
    // What was exposed since a connection began is in the list of the next one.
    const { pid } = await about(mesh);
    await using client = await NeverLiieIPC.client({ home: mesh.home });
    const asked = client.call<{ pid: number; attempt: number }>("pyfixture", "twice", {}, {
      timeout: 30_000,
    });
    const text = `
from neverliie_ipc import NeverLiieIPC
print(NeverLiieIPC.client().request("pyfixture", "twice", _timeout=30)["attempt"])
`;
    const byPython = programs.runText(text);
    await until(async () =>
      (await mesh.ipc.call<{ calls: number }>("pyfixture", "counts")).calls === 2
    );
    kill(pid);
    const { attempt, pid: later } = await asked;
    assert(attempt === 2 && later !== pid, `${attempt}, ${later}`);
    assertEquals(await byPython, { code: 0, stdout: "2\n", stderr: "" });
  },
);

meshTest("who comes and goes is told of an app in Python, whichever way it ends", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  const events: string[] = [];
  const reading = (async () => {
    for await (const event of mesh.ipc.presence()) {
      if (event.event === "up") events.push(`${event.name} up`);
      if (event.event === "down") events.push(`${event.name} ${event.how}`);
      if (events.length === 4) break;
    }
  })();
  for (const end of ["$/shutdown", "kill"]) {
    const before = events.length;
    const { pid } = await about(mesh);
    await until(() => events.length === before + 1);
    if (end === "kill") kill(pid);
    else await mesh.ipc.call("pyfixture", end);
    await gone(pid);
    await until(() => events.length === before + 2);
  }
  await reading;
  assertEquals(events, ["up", "left", "up", "died"].map((how) => `pyfixture ${how}`));
});

meshTest("a second start tells Python its arguments, folder and process", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await programs.register("fixture.py", "pyfixture");
  assertEquals((await about(mesh)).starts, []);
  const second = mesh.spawn(programs.command("fixture.py", "pyfixture", "a b"), {
    cwd: programs.folder,
  });
  assertEquals((await second.status).code, 0);
  await until(async () => (await about(mesh)).starts.length === 1);
  const { starts, argv } = await about(mesh);
  assertEquals(starts, [[["pyfixture", "a b"], await Deno.realPath(programs.folder), second.pid]]);
  assertEquals(argv.slice(1), []);
  const { version } = await mesh.ipc.call<AppDescription>("pyfixture", "$/describe");
  assertEquals(version, "4.5.6");
});

meshTest(
  "what is removed of an app in Python is made anew, and a newer copy leaves",
  async (mesh) => {
    const programs = new PythonPrograms(mesh);
    await programs.register("fixture.py", "pyfixture");
    const { pid } = await about(mesh);
    const { home } = mesh.ipc;
    const lock = home.runtimeFile("pyfixture", "lock");
    const files = [home.address("pyfixture"), lock];
    const there = () =>
      files.every((file) => {
        try {
          return Deno.lstatSync(file) !== null;
        } catch {
          return false;
        }
      });
    for (const file of files) Deno.removeSync(file);
    await until(there);
    assertEquals((await about(mesh)).pid, pid);
    // Another copy is started while nothing of this one is to be seen.
    for (const file of files) Deno.removeSync(file);
    const copy = mesh.spawn(programs.command("fixture.py"), { cwd: programs.folder });
    await copy.status;
    await until(async () => there() && (await about(mesh)).pid === pid);
    const log = await Deno.readTextFile(home.logFile("pyfixture"));
    assert(log.includes(`The lock "${lock}" was removed, and is made anew`), log);
    await mesh.stop("pyfixture", pid);
  },
);
