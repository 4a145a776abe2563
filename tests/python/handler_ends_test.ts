/** However a handler in Python ends, whoever called it is answered, and others go on. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { RemoteError } from "../../lib/ipc/mod.ts";
import { meshTest, until } from "../support/mesh/mesh.ts";
import { PythonPrograms } from "../support/mesh/python_programs.ts";

const ANSWERS: Readonly<Record<string, string>> = {
  odd: "it is odd",
  exit: "it exits",
  cancelled: "CancelledError",
  unsaid: "it says so",
  around: "the answer cannot be sent as JSON: it contains itself",
  torn: "the answer cannot be sent as JSON: the file is gone",
};
const STREAMS: Readonly<Record<string, string>> = {
  odd_items: "it is odd",
  items_around: "an item cannot be sent as JSON: it contains itself",
};

meshTest("handlers in Python answer, whatever they raise or return", async (mesh) => {
  const programs = new PythonPrograms(mesh);
  const { ended } = await mesh.serve(programs.command("ends.py"));
  const { ipc } = mesh;
  for (const [method, message] of Object.entries(ANSWERS)) {
    const error = await assertRejects(() => ipc.call("ends", method), RemoteError);
    assertEquals([error.message, error.code], [message, -32603], method);
  }
  for (const [method, message] of Object.entries(STREAMS)) {
    const items: unknown[] = [];
    const read = async () => {
      for await (const item of ipc.stream("ends", method)) items.push(item);
    };
    assertEquals((await assertRejects(read, RemoteError)).message, message);
    assertEquals(items, [1]);
  }
  for await (const item of ipc.stream("ends", "last_words")) if (item === 1) break;
  // One who listens for a cancel and fails keeps neither the others from hearing it nor the session.
  const cancel = new AbortController();
  const deaf = ipc.call("ends", "deaf", ["first"], { signal: cancel.signal });
  await ipc.call("ends", "$/ping");
  cancel.abort();
  await assertRejects(() => deaf);
  await until(async () => `${await ipc.call("ends", "heard")}` === "first");
  // An end of the program's own, while it leaves, keeps it from nothing.
  await ipc.call("ends", "$/shutdown");
  const { code, stdout, stderr } = await ended;
  assertEquals([code, stdout], [
    0,
    'Cannot call "nobody": it contains itself\nthe end\n',
  ]);
  assertMatch(stderr, /^last_words: Odd\('the last words'\)$/m);
  assertMatch(stderr, /^on_cancel failed: OSError\('no place to clean up'\)$/m);
  assertMatch(stderr, /^on_leave failed: SystemExit\(3\)$/m);
  assertEquals(stderr.includes("Traceback"), false, stderr);
});
