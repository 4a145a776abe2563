/** What processes write into the registry about themselves. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { platform } from "../../lib/ipc/os/platform.ts";
import {
  executable,
  EXECUTABLES,
  fixtureCommand,
  meshTest,
  MODE,
  scriptCommand,
  until,
  WINDOWS,
  withoutLock,
} from "../support/mesh/mesh.ts";

meshTest("processes registering at once: an entry each", async (mesh) => {
  const names = Array.from({ length: WINDOWS ? 15 : 50 }, (_, i) => `app-${i}`);
  // Their output goes to a file: each pipe of a child keeps one of Deno's few threads on Windows.
  const logFile = join(mesh.home, "all.log");
  for (const name of names) {
    const program = await platform().spawn({
      command: [...fixtureCommand(), "--name", name],
      cwd: mesh.home,
      env: { NEVERLIIE_HOME: mesh.home },
      logFile,
    });
    program.release();
  }
  await until(async () => (await mesh.ipc.registry.read()).apps.size === names.length);
  const { apps, problems } = await mesh.ipc.registry.read();
  assertEquals([...apps.keys()].sort(), [...names].sort());
  assertEquals(problems.size, 0);
  const left = [...Deno.readDirSync(mesh.home)].map(({ name }) => name);
  assertEquals(left.filter((name) => /\.tmp$|corrupt/.test(name)), []);
});

meshTest(`a ${MODE} registers how it is started again`, async (mesh) => {
  const command = MODE === "script"
    ? scriptCommand("tests/support/programs/mesh_app.ts", [
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-ffi",
      "--allow-net",
      "--allow-sys",
      "--allow-run",
      "--v8-flags=--max-old-space-size=512",
    ])
    : fixtureCommand();
  const { pid } = await mesh.serve([...command, "an argument", "--watch"]);
  const entry = (await mesh.ipc.registry.read()).apps.get("fixture")!;
  assertEquals([entry.type, entry.cmd, entry.source], [MODE, command, "self"]);
  assertEquals(entry.args, undefined);
  await mesh.stop("fixture", pid);
  // The recorded command works.
  const again = await mesh.ipc.call<{ args: string[] }>("fixture", "about");
  assertEquals(again.args, []);
});

if (MODE === "script") {
  meshTest(
    "a script started with --inspect and relative paths registers without the former",
    async (
      mesh,
    ) => {
      const [deno, , ...rest] = withoutLock(
        scriptCommand("tests/support/programs/mesh_app.ts"),
      );
      const script = rest.pop()!;
      const folder = join(mesh.home, "scripts with 'quotes' ü");
      Deno.mkdirSync(folder);
      // Relative to the folder it is started in; its imports are the checkout's.
      const relative = "start me.ts";
      Deno.writeTextFileSync(
        join(folder, relative),
        `await import(${
          JSON.stringify(`file:///${script.replaceAll("\\", "/").replace(/^\//, "")}`)
        });`,
      );
      const child = mesh.spawn([
        deno!,
        ...rest.slice(0, 1),
        "--inspect=127.0.0.1:0",
        ...rest.slice(1),
        relative,
      ], {
        cwd: folder,
      });
      let entry;
      while ((entry = (await mesh.ipc.registry.read()).apps.get("fixture")) === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assertEquals(entry.cmd, [deno!, "run", ...rest, join(Deno.realPathSync(folder), relative)]);
      assertEquals(entry.cwd, Deno.realPathSync(folder));
      await mesh.ipc.call("fixture", "$/shutdown");
      await child.status;
      await mesh.ipc.wake("fixture");
    },
  );
}

if (EXECUTABLES !== null) {
  meshTest("a moved executable that is run once re-registers itself", async (mesh) => {
    const folder = join(mesh.home, "moved to 'ü' here");
    Deno.mkdirSync(folder);
    const moved = join(folder, WINDOWS ? "renamed app.exe" : "renamed app");
    Deno.copyFileSync(executable("mesh_app"), moved);
    await mesh.register({ name: "fixture" });
    const { pid } = await mesh.serve([moved]);
    const entry = (await mesh.ipc.registry.read()).apps.get("fixture")!;
    assertEquals([entry.type, entry.cmd], ["binary", [moved]]);
    await mesh.stop("fixture", pid);
    const about = await mesh.ipc.call<{ execPath: string }>("fixture", "about");
    assertEquals(about.execPath, moved);
  });
}

meshTest("a corrupt registry is set aside and rebuilt by whoever registers next", async (mesh) => {
  Deno.writeTextFileSync(mesh.ipc.home.registryFile, '{ "fixture": { "type": ');
  const { pid } = await mesh.serve(fixtureCommand());
  assertEquals([...(await mesh.ipc.registry.read()).apps.keys()], ["fixture"]);
  const aside = [...Deno.readDirSync(mesh.home)].filter(({ name }) => name.includes("corrupt"));
  assertEquals(aside.length, 1);
  assertStringIncludes(Deno.readTextFileSync(join(mesh.home, aside[0]!.name)), '"type": ');
  assert(pid > 0);
});

meshTest('an app named "registry" does not keep others from the registry', async (mesh) => {
  // Its instance lock, held as long as it runs, once was the lock of the registry's file.
  await mesh.register({ name: "registry" });
  const pid = await mesh.ipc.call<number>("registry", "pid");
  await mesh.register();
  assertEquals([...(await mesh.ipc.registry.read()).apps.keys()].sort(), ["fixture", "registry"]);
  assertEquals(await mesh.ipc.call("registry", "pid", {}, { activate: false }), pid);
});
