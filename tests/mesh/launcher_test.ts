/** The launcher's methods: what is found, and what comes of launching it. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { LaunchEvent } from "../../apps/launcher/contract.ts";
import { pidOf, RemoteError } from "../../lib/ipc/mod.ts";
import { find, launcher } from "../support/mesh/launcher.ts";
import { meshTest, until, WINDOWS } from "../support/mesh/mesh.ts";

meshTest(
  "launcher finds programs, apps and their methods, and wakes nobody for it",
  async (mesh) => {
    await mesh.register();
    const launch = await launcher(mesh);
    const { kind, detail } = await find(launch, "pnt ü", "Paint ü");
    assertEquals([kind, detail], ["program", "Pictures"]);
    assertEquals((await find(launch, "fixture", "fixture")).detail, "asleep");
    assertEquals(await pidOf(mesh.ipc, "fixture"), null);
    await mesh.ipc.wake("fixture");
    // It joined, and is found by itself: its methods as well, with their parameters.
    const add = await find(launch, "fixture add", "fixture add");
    assertEquals(add.params, [{ name: "a" }, { name: "b" }]);
    const pid = (await pidOf(mesh.ipc, "fixture"))!;
    await mesh.stop("fixture", pid);
    assertEquals((await find(launch, "fixadd", "fixture add")).id, "method:fixture.add");
    assertEquals(await pidOf(mesh.ipc, "fixture"), null);
  },
);

meshTest("launcher launches methods, streams and commands, and learns from it", async (mesh) => {
  await mesh.register();
  await mesh.neverliie("list");
  const launch = await launcher(mesh);
  const events = (id: string, params?: Record<string, unknown>) =>
    Array.fromAsync(launch.launch(params === undefined ? { id } : { id, params }));
  assertEquals(await events("method:fixture.add", { a: 40, b: 2 }), [
    { type: "started", title: "fixture add" },
    { type: "result", value: 42 },
  ]);
  const counted = await events("method:fixture.count", { to: 2 });
  assertEquals(counted.slice(1), [
    { type: "item", value: 0 },
    { type: "item", value: 1 },
    { type: "result", value: null },
  ]);
  const said = await events("command:echo hello");
  const text = said.flatMap((event) => event.type === "item" ? [event.value] : []) as unknown as {
    text: string;
  }[];
  assertStringIncludes(text.map(({ text }) => text).join(""), "hello");
  assertEquals((said.at(-1) as { value: { code: number } }).value.code, 0);
  // Again with the same params, by the id that search tells.
  const [again] = (await launch.search({ query: "" })).filter(({ title }) =>
    title === 'fixture add {"a":40,"b":2}'
  );
  assertEquals((await events(again!.id)).at(-1), { type: "result", value: 42 });
  const first = (await launch.search({ query: "", limit: 1 }))[0]!;
  assertEquals(first.id, again!.id);
});

meshTest("launcher: ending a launch cancels what it called", async (mesh) => {
  await mesh.register();
  const launch = await launcher(mesh);
  const id = "method:fixture.wait_after_one";
  const launched = launch.launch({ id, params: { id: "one" } });
  for await (const event of launched as AsyncIterable<LaunchEvent>) {
    if (event.type === "item") break;
  }
  assert(await mesh.ipc.call("fixture", "happened", { event: "one aborted" }));
});

meshTest("launcher starts a program that goes on by itself", async (mesh) => {
  const painted = join(mesh.home, "painted");
  // On Windows a program that told the registry where it is; elsewhere the desktop file.
  const key = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\App Paths\\painter-of-test.exe";
  if (WINDOWS) {
    const program = join(mesh.home, "painter.cmd");
    // Its own folder, because cmd.exe reads the letters of this one in some other code page.
    await Deno.writeTextFile(program, `@echo painted> "%~dp0painted"\r\n`);
    const added = await mesh.run(["reg", "add", key, "/ve", "/d", program, "/f"]);
    assertEquals(added.code, 0, added.stderr);
  }
  try {
    const launch = await launcher(mesh);
    const { id } = WINDOWS
      ? await find(launch, "painter-of", "painter-of-test")
      : await find(launch, "paint", "Paint ü");
    const events = await Array.fromAsync(launch.launch({ id }));
    assertStringIncludes(JSON.stringify(events), "was started");
    await until(() => readText(painted).trim() === "painted");
  } finally {
    if (WINDOWS) await mesh.run(["reg", "delete", key, "/f"]);
  }
});

meshTest(
  "launcher.jsonc hides names and adds commands; a fault in it is told and changes nothing",
  async (
    mesh,
  ) => {
    const config = join(mesh.home, "launcher.jsonc");
    await Deno.writeTextFile(
      config,
      '{ // mine\n "hide": ["paint*"], "commands": [{ "title": "Greet", "command": "echo hi" }] }',
    );
    const launch = await launcher(mesh);
    const titles = async () =>
      (await launch.search({ query: "", limit: 1000 })).map((m) => m.title);
    assert(!(await titles()).includes("Paint ü"));
    const { id } = await find(launch, "greet", "Greet");
    const events = await Array.fromAsync(launch.launch({ id }));
    assertStringIncludes(JSON.stringify(events), "hi");
    await Deno.writeTextFile(config, '{ "hide": 5 }');
    assert((await titles()).includes("Greet"));
    await Deno.writeTextFile(config, "{}");
    assert((await titles()).includes("Paint ü"));
    assert(Deno.statSync(join(mesh.home, "schemas", "launcher.schema.json")).isFile);
    assert(Deno.statSync(join(mesh.home, "schemas", "registry.schema.json")).isFile);
  },
);

meshTest("launcher tells what it cannot launch or search", async (mesh) => {
  const launch = await launcher(mesh);
  const failed = async (id: string) => {
    const error = await assertRejects(() => Array.fromAsync(launch.launch({ id })), RemoteError);
    return error.message;
  };
  assertStringIncludes(await failed("program:no such"), 'Cannot launch "program:no such"');
  assertStringIncludes(await failed("method:nodot"), "there is no such entry");
  await assertRejects(() => launch.search({ query: "", limit: 0 }), RemoteError, "limit must be");
});

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || WINDOWS) return "";
    throw error;
  }
}
