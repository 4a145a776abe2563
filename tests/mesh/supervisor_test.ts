/** Apps that are kept alive: started again when they die, given up visibly, resumed by hand. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { Elevation } from "../../lib/ipc/activation/elevation.ts";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import { TargetStartError } from "../../lib/ipc/mod.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import { beginSupervision, readKept } from "../../lib/ipc/activation/kept_record.ts";
import { Supervisor } from "../../lib/ipc/activation/supervisor.ts";
import { pidOf } from "../../lib/ipc/mod.ts";
import {
  fixtureCommand,
  gone,
  kill,
  meshTest,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";

/** Another app of the mesh: each of them is ready to supervise. */
const watcher = (mesh: TestMesh, name: string) => mesh.serve([...fixtureCommand(), "--name", name]);

/** Whether some process supervises this mesh. */
const isSupervised = (mesh: TestMesh) =>
  ProcessLock.isHeld(join(mesh.ipc.home.runtime, ".supervisor.lock"));

meshTest(
  "an app that is kept alive and killed is started again, until it is stopped",
  async (mesh) => {
    await watcher(mesh, "watcher");
    await mesh.register({ keep_alive: true });
    let pid = await mesh.ipc.call<number>("fixture", "pid");
    for (let i = 0; i < 2; i++) {
      kill(pid);
      await gone(pid);
      pid = await mesh.answering("fixture", pid);
    }
    assertEquals(readKept(mesh.ipc.home, "fixture")?.gaveUp, null);
    const { code, stderr } = await mesh.neverliie("stop", "fixture");
    assertEquals([code, stderr], [0, ""]);
    // Nothing tells a supervisor to start it any more.
    assertEquals(readKept(mesh.ipc.home, "fixture"), null);
    await gone(pid);
    assert((await mesh.ipc.registry.read()).apps.get("fixture")!.keep_alive, "the entry keeps it");
  },
);

meshTest("a supervisor that is killed is replaced by another app of the mesh", async (mesh) => {
  const first = await watcher(mesh, "first");
  await until(() => isSupervised(mesh));
  await watcher(mesh, "second");
  await mesh.register({ keep_alive: true });
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  kill(first.pid);
  await gone(first.pid);
  kill(pid);
  await gone(pid);
  await mesh.answering("fixture", pid);
});

// On Windows such a file cannot be removed while its app runs.
if (!WINDOWS) {
  meshTest(
    "an app that is kept alive and whose lock file was removed is left alone",
    async (mesh) => {
      await mesh.register({ keep_alive: true });
      const pid = await mesh.ipc.call<number>("fixture", "pid");
      const { home, registry } = mesh.ipc;
      Deno.removeSync(home.runtimeFile("fixture", "lock"));
      const reports: string[] = [];
      let dials = 0;
      const system = platform();
      const counting: typeof system = Object.assign(Object.create(system), {
        dial: (...args: Parameters<typeof system.dial>) => {
          dials++;
          return system.dial(...args);
        },
      });
      // (The app supervises, too, as each of the mesh does: this one needs no role to look.)
      await until(() => isSupervised(mesh));
      const context = { home, registry, platform: counting, elevation: new Elevation(system) };
      const times = { look: 5, firstPause: 1, renewal: 1 };
      const role = join(home.runtime, ".supervisor.lock");
      Deno.removeSync(role);
      const supervisor = new Supervisor(context, null, (problem) => reports.push(problem), times);
      await until(() => dials >= 5);
      await supervisor.stop();
      assertEquals([reports, await pidOf(mesh.ipc, "fixture")], [[], pid]);
    },
  );
}

if (!WINDOWS) {
  meshTest(
    "a supervisor whose lock file was removed does not go on beside another",
    async (mesh) => {
      const { home, registry } = mesh.ipc;
      const role = join(home.runtime, ".supervisor.lock");
      const reports: string[] = [];
      const context = {
        home,
        registry,
        platform: platform(),
        elevation: new Elevation(platform()),
      };
      const times = { look: 5, firstPause: 100, renewal: 1 };
      const supervisors = [1, 2].map(() =>
        new Supervisor(context, null, (problem) => reports.push(problem), times)
      );
      await until(() => isSupervised(mesh));
      Deno.removeSync(role);
      await until(() => isSupervised(mesh));
      // It is to be running, and does not; nor is it registered.
      beginSupervision(home, "ghost");
      await until(() => readKept(home, "ghost")?.gaveUp !== null);
      await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
      assertEquals(reports.filter((text) => text.includes("is started again")).length, 1);
      assertEquals(ProcessLock.isHeld(role), false);
    },
  );
}

meshTest("a file whose name no app can have keeps nobody from being supervised", async (mesh) => {
  const { home } = mesh.ipc;
  // (Windows has a device in place of the first.)
  for (const name of [...(WINDOWS ? [] : ["con"]), "a".repeat(40)]) {
    const path = join(home.path, "run", `${name}.kept.json`);
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeTextFileSync(path, "{}");
  }
  await watcher(mesh, "watcher");
  await mesh.register({ keep_alive: true });
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  kill(pid);
  await gone(pid);
  await mesh.answering("fixture", pid);
});

meshTest(
  "an app that dies again and again is given up, says so, and is resumed by hand",
  async (mesh) => {
    const { home, registry } = mesh.ipc;
    await mesh.register({ keep_alive: true, args: ["crash"] });
    const reports: string[] = [];
    const context = { home, registry, platform: platform(), elevation: new Elevation(platform()) };
    // It ran and died.
    beginSupervision(home, "fixture");
    const times = { look: 20, firstPause: 10, restarts: 2, renewal: 10 };
    const supervisor = new Supervisor(context, null, (problem) => reports.push(problem), times);
    await until(() => readKept(home, "fixture")?.gaveUp !== null);
    await supervisor.stop();
    assertEquals(
      Deno.readTextFileSync(home.logFile("fixture")).match(/a line on standard output/g)?.length,
      2,
    );
    assertStringIncludes(reports.at(-1)!, "neverliie wake fixture");

    const list = await mesh.neverliie("list");
    assertStringIncludes(list.stdout, "gave up");
    assertStringIncludes(list.stderr, "2 times in a row");
    const error = await assertRejects(() => mesh.ipc.call("fixture", "pid"), TargetStartError);
    for (const part of ["given up", "2 times in a row", home.logFile("fixture"), "wake fixture"]) {
      assertStringIncludes(error.message, part);
    }
    // Mended, and resumed.
    await registry.update(
      new Map([[
        "fixture",
        (entry) => ({ ...entry!, args: [], cmd: fixtureCommand(), source: "self" }),
      ]]),
    );
    const woken = await mesh.neverliie("wake", "fixture");
    assertEquals([woken.code, woken.stderr], [0, ""]);
    assertEquals(readKept(home, "fixture")?.gaveUp, null);
    assertStringIncludes((await mesh.neverliie("list")).stdout, "yes");
  },
);
