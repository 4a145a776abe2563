/** Streams that Python reads, and threads that it answers in. */

import { assertEquals } from "@std/assert";
import { meshTest, until } from "../support/mesh/mesh.ts";
import { PythonPrograms } from "../support/mesh/python_programs.ts";

meshTest("a stream raises in Python what its handler raised, behind the items", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await mesh.register();
  const { stdout, stderr } = await programs.runText(`
from neverliie_ipc import *
ipc = NeverLiieIPC("reader")
seen = []
try:
    for item in ipc.stream("fixture", "count", to=3, fail="in the end"):
        seen.append(item)
except RemoteError as error:
    print(seen, error, error.code)
print(sum(ipc.stream("fixture", "count", 5000)))
print(list(ipc.stream("fixture", "add", 1, 2)))
print(ipc.call("fixture", "count", 3))
try:
    list(ipc.stream("nobody", "count"))
except TargetUnknownError as error:
    print("nobody" in str(error))
`);
  assertEquals([stdout, stderr], [
    "[0, 1, 2] in the end -32603\n12497500\n[3]\n" +
    "{'status': 'error', 'msg': 'Cannot call \"count\" of \"fixture\": it streams, use stream()', " +
    "'code': -32603}\nTrue\n",
    "",
  ]);
});

meshTest("cancel ends a loop that waits in Python, and the handler behind it", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  await mesh.register();
  const { stdout, stderr } = await programs.runText(`
import threading
from neverliie_ipc import *
ipc = NeverLiieIPC.client()

# By another thread, while the loop waits for an item that never comes.
stream = ipc.stream("fixture", "wait_after_one", id="a")
for item in stream:
    threading.Timer(0.05, stream.cancel).start()
print("the loop has ended")

# Before the first item, as well.
stream = ipc.stream("fixture", "hang", id="b")
def when_begun():
    ipc.request("fixture", "happened", event="b started", _timeout=30)
    stream.cancel()
threading.Thread(target=when_begun).start()
print(list(stream))

# By leaving it, and by "with".
for item in ipc.stream("fixture", "wait_after_one", id="c"):
    break
with ipc.stream("fixture", "wait_after_one", id="d") as stream:
    print(next(stream))
print(list(stream), ipc.request("fixture", "pid") > 0)
`);
  assertEquals([stdout, stderr], ["the loop has ended\n[]\none\n[] True\n", ""]);
  for (const id of ["a", "b", "c", "d"]) {
    assertEquals(await mesh.ipc.call("fixture", "happened", { event: `${id} aborted` }), 1);
  }
});

meshTest(
  "each call has a thread of its own in Python, a reader that stops pauses it",
  async (mesh) => {
    const programs = new PythonPrograms(mesh);
    await programs.register("fixture.py", "pyfixture");
    // None of them ends before the last has come.
    const met = await Promise.all(
      Array.from({ length: 20 }, () => mesh.ipc.call<number>("pyfixture", "meet", { count: 20 })),
    );
    assertEquals(new Set(met).size, 20);
    const stream = mesh.ipc.stream<number>("pyfixture", "numbers");
    assertEquals((await stream.next()).value, 0);
    const made = () => mesh.ipc.call<number>("pyfixture", "made");
    // Of a page that the reader has, one that is under way, and 256 items ahead.
    let before = 0;
    await until(async () => {
      const last = before;
      return (before = await made()) === last && before > 250;
    });
    assertEquals(before <= 3 * 256 + 1, true, `${before}`);
    stream.cancel();
  },
);
