/** The programs of examples/, run as their readers would run them. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { meshTest, scriptCommand, type TestMesh, until } from "../support/mesh/mesh.ts";

/** Registers examples, asleep: in the mesh they are named after their file. */
async function register(mesh: TestMesh, ...names: string[]): Promise<void> {
  for (const name of names) {
    const cmd = scriptCommand(`examples/${name}.ts`);
    await mesh.ipc.registry.set(name, { type: "script", cmd, cwd: mesh.home });
  }
}

function run(mesh: TestMesh, name: string, ...args: string[]) {
  return mesh.run([...scriptCommand(`examples/${name}.ts`), ...args]);
}

meshTest(
  "examples: greet calls the greeter, which registers itself when it is run once",
  async (mesh) => {
    const unknown = await run(mesh, "greet");
    assertEquals([unknown.code, unknown.stdout], [1, ""]);
    assertMatch(unknown.stderr, /run examples\/greeter\.ts once/);
    const greeter = await mesh.serve(scriptCommand("examples/greeter.ts"));
    await mesh.stop("greeter", greeter.child.pid);
    assertEquals(await run(mesh, "greet", "Ada"), {
      code: 0,
      stdout: "Hello, Ada!\n1\n2\n3\n",
      stderr: "",
    });
  },
);

meshTest("examples: copy shows the copier's progress, and copies every byte", async (mesh) => {
  await register(mesh, "copier");
  const [from, to] = [join(mesh.home, "from"), join(mesh.home, "to")];
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * 31 % 251);
  await Deno.writeFile(from, bytes);
  const { code, stdout, stderr } = await run(mesh, "copy", from, to);
  assertEquals([code, stderr], [0, ""]);
  const percents = stdout.trim().split("\n").map((line) => parseInt(line));
  assertEquals([percents[0], percents.at(-1)], [0, 100]);
  assertEquals(percents, percents.toSorted((a, b) => a - b));
  assertEquals(await Deno.readFile(to), bytes);

  const missing = await run(mesh, "copy", join(mesh.home, "nothing"), to);
  assertEquals(missing.code, 1);
  assertMatch(missing.stderr, /^Cannot copy: /);
});

meshTest("examples: a copy that its caller leaves has left no part behind", async (mesh) => {
  await register(mesh, "copier");
  const [from, to] = [join(mesh.home, "from"), join(mesh.home, "to")];
  await Deno.writeFile(from, new Uint8Array(0));
  await Deno.truncate(from, 256 << 20);
  const progress = mesh.ipc.stream<{ done: number }>("copier", "copy", { from, to });
  for await (const { done } of progress) if (done > 0) break;
  const left = async () => (await Array.fromAsync(Deno.readDir(mesh.home))).map(({ name }) => name);
  await until(async () => !(await left()).includes("to.part"));
  assert(!(await left()).includes("to"), "it was not copied to its end");
});

meshTest("examples: Ctrl-C in copy cancels the copy", async (mesh) => {
  await register(mesh, "copier");
  const from = join(mesh.home, "from");
  await Deno.writeFile(from, new Uint8Array(0));
  // So much that it cannot be copied before the signal is heard; it takes no room on the disk.
  await Deno.truncate(from, 2 ** 35);
  const command = [...scriptCommand("examples/copy.ts"), from, join(mesh.home, "to")];
  const copy = await mesh.serve(command);
  copy.child.kill("SIGINT");
  const { code, stderr } = await copy.ended;
  assertEquals([code, stderr], [130, "cancelled\n"]);
  await until(async () =>
    !(await Array.fromAsync(Deno.readDir(mesh.home))).some(({ name }) => name.startsWith("to"))
  );
});

meshTest(
  "examples: primes computes in a thread, answers meanwhile, and is cancelled",
  async (mesh) => {
    await register(mesh, "primes");
    assertEquals(await mesh.ipc.call("primes", "below", { limit: 10_000 }), 1_229);
    const controller = new AbortController();
    const options = { timeout: 60_000, signal: controller.signal };
    const long = mesh.ipc.call("primes", "below", { limit: 1e12 }, options);
    assertEquals(await mesh.ipc.call("primes", "status"), "ready");
    controller.abort(new Error("enough"));
    await assertRejects(() => long, Error, "enough");
    assertEquals(await mesh.ipc.call("primes", "below", [100]), 25);
  },
);

meshTest("examples: notes and search wake and call each other", async (mesh) => {
  await register(mesh, "notes", "search");
  assertEquals(await mesh.ipc.call("notes", "add", { text: "Buy apples and pears" }), 1);
  assertEquals(await mesh.ipc.call("notes", "add", { text: "Sell apples" }), 2);
  const texts = async (word: string) =>
    (await mesh.ipc.call<{ text: string }[]>("notes", "with", { word })).map(({ text }) => text);
  assertEquals(await texts("Apples"), ["Buy apples and pears", "Sell apples"]);
  const { pid } = await mesh.ipc.call<{ pid: number }>("search", "$/ping");
  await mesh.stop("search", pid);
  assertEquals(await texts("pears"), ["Buy apples and pears"], "it learns all when woken again");
});

meshTest(
  "examples: the notifier shows what a second start says, and tells those who listen",
  async (mesh) => {
    const first = await mesh.serve(scriptCommand("examples/notifier.ts"));
    await using messages = mesh.ipc.subscribe<{ text: string }>("notifier", "messages");
    await messages.ready;
    const second = await run(mesh, "notifier", "Build", "done");
    assertEquals(second.code, 0);
    assertMatch(second.stdout, /already running/);
    assertEquals((await messages.next()).value?.text, "Build done");
    assertEquals(await mesh.ipc.call("notifier", "post", ["Tests pass"]), 1);
    assertEquals((await messages.next()).value?.text, "Tests pass");
    const { pid } = await mesh.ipc.call<{ pid: number }>("notifier", "$/ping");
    await mesh.stop("notifier", pid);
    assertEquals((await first.ended).stdout, "ready\nBuild done\nTests pass\n");
  },
);
