/** What docs/security.md promises between processes. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  MethodNotFoundError,
  RegistryRefusedError,
  TargetUnknownError,
} from "../../lib/ipc/mod.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import { setWriters } from "../support/mesh/access_rights.ts";
import { fixtureCommand, meshTest, WINDOWS } from "../support/mesh/mesh.ts";

meshTest("keys of a prototype are parameters like others, and reach no prototype", async (mesh) => {
  await mesh.register();
  // As JSON brings them: members of the object itself.
  const text = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 2}}}';
  const params = JSON.parse(text) as Record<string, unknown>;
  for (const method of ["echo", "echo_in_thread"]) {
    const back = await mesh.ipc.call<object>("fixture", method, params);
    assertEquals(JSON.stringify(back), JSON.stringify(params));
  }
  const seen = await mesh.ipc.call("fixture", "prototype_seen", params);
  assertEquals(seen, { polluted: null, others: null, own: ["__proto__", "constructor"] });
  assertEquals(({} as { polluted?: number }).polluted, undefined);
  for (const method of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    await assertRejects(() => mesh.ipc.call("fixture", method), MethodNotFoundError, method);
  }
});

meshTest("parameters named like options are parameters", async (mesh) => {
  await mesh.register();
  const params = { timeout: 0, signal: "x", activate: false, startTimeout: 0, itemTimeout: 0 };
  assertEquals(await mesh.ipc.call("fixture", "echo", params), params);
  const items = await Array.fromAsync(mesh.ipc.stream("fixture", "count", { to: 2, ...params }));
  assertEquals(items, [0, 1]);
  const proxy = mesh.ipc.connect<{ echo(params: object): object }>("fixture");
  assertEquals(await proxy.echo(params), params);
});

meshTest("a registry that others may write starts nothing, and ends nothing", async (mesh) => {
  await mesh.register();
  const running = await mesh.serve([...fixtureCommand(), "--name", "other"]);
  const user = platform().userId();
  setWriters(mesh.ipc.registry.path, user, "everybody");
  const error = await assertRejects(() => mesh.ipc.wake("fixture"), RegistryRefusedError);
  assertStringIncludes(error.message, WINDOWS ? "S-1-1-0" : "others may write it");
  // Who runs is called all the same, and a further app serves without being registered.
  assertEquals(await mesh.ipc.call("other", "pid"), running.pid);
  const third = await mesh.serve([...fixtureCommand(), "--name", "third"]);
  assertEquals(await mesh.ipc.call("third", "pid"), third.pid);
  const command = await mesh.neverliie("wake", "fixture");
  assertEquals(command.code, 1);
  assertStringIncludes(command.stderr, "Nothing is started from it");
  await mesh.ipc.call("third", "$/shutdown");
  assertStringIncludes((await third.ended).stderr, '"third" runs, but was not registered');
  setWriters(mesh.ipc.registry.path, user, "owner");
  await mesh.ipc.wake("fixture");
});

meshTest(
  "entries that are no good are refused by name, and the others are started",
  async (mesh) => {
    await mesh.register();
    const { registry } = mesh.ipc;
    const entries = JSON.parse(Deno.readTextFileSync(registry.path));
    const shared = WINDOWS ? "\\\\server\\share\\app.exe" : "app";
    Deno.writeTextFileSync(
      registry.path,
      JSON.stringify({
        ...entries,
        relative: { type: "binary", cmd: ["bin/app"], cwd: mesh.home },
        shared: { type: "binary", cmd: [shared], cwd: mesh.home, mine: "kept" },
        "../escape": entries.fixture,
        ...(WINDOWS ? { batch: { type: "binary", cmd: ["C:\\x.bat"], cwd: mesh.home } } : {}),
      }),
    );
    for (const name of ["relative", "shared", ...(WINDOWS ? ["batch"] : [])]) {
      const error = await assertRejects(() => mesh.ipc.wake(name), TargetUnknownError, name);
      assertStringIncludes(error.message, registry.path);
    }
    await assertRejects(() => mesh.ipc.wake("../escape"), TypeError, "../escape");
    await mesh.ipc.wake("fixture");
    const { stderr, code } = await mesh.neverliie("list");
    assertEquals(code, 0);
    for (const name of ["relative", "shared", "../escape"]) assertStringIncludes(stderr, name);
    assertEquals(JSON.parse(Deno.readTextFileSync(registry.path)).shared.mine, "kept");
  },
);
