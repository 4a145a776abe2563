/** What an app does whose lock was removed, and taken by a copy of it. */
import { assert, assertEquals } from "@std/assert";
import { Elevation } from "../../../lib/ipc/activation/elevation.ts";
import { becomeInstance, type CopyCalls } from "../../../lib/ipc/activation/instance.ts";
import { ProcessLock } from "../../../lib/ipc/base/lock.ts";
import { platform } from "../../../lib/ipc/os/platform.ts";
import { openHome } from "../../../lib/ipc/registry/home.ts";
import { Registry } from "../../../lib/ipc/registry/registry.ts";
import { until, withLimit } from "../../support/run/watchdog.ts";

/** Nobody listens, so nothing is said. */
const SILENCE: CopyCalls = {
  ping: () => Promise.reject(new Error("ping")),
  handOver: () => Promise.reject(new Error("handOver")),
  shutDown: () => Promise.reject(new Error("shutDown")),
};

// (On Windows the lock's file cannot be removed while it is held.)
if (Deno.build.os !== "windows") {
  Deno.test("an app takes its name back when the copy that has it ends before it listens", () =>
    withLimit("the name", takenBack(), 30_000));
}

async function takenBack(): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "neverliie-instance-" });
  const home = await openHome(folder);
  try {
    const system = platform();
    const registry = new Registry(home, () => {});
    const reports: string[] = [];
    const report = (problem: string) => void reports.push(problem);
    const context = { home, platform: system, registry, elevation: new Elevation(system), report };
    const instance = await becomeInstance("app", context, SILENCE, false, "throw");
    const happened: string[] = [];
    instance.keep({
      onRenewed: () => happened.push("renewed"),
      onLost: (why) => happened.push(why),
    });
    const path = home.runtimeFile("app", "lock");
    Deno.removeSync(path);
    const copy = ProcessLock.try(path);
    assert(copy !== null, "the copy has the name");
    assertEquals(instance.look(), false);
    copy.release();
    // Not at the next look: until then a caller might start a third one.
    await until(() => happened.length > 0);
    assertEquals(happened, ["renewed"]);
    assertEquals(reports, [`The lock "${path}" was removed, and is made anew`]);
    assertEquals(await instance.leave(), true);
    assert(ProcessLock.isHeld(path));
    instance.release();
  } finally {
    Deno.removeSync(home.runtime, { recursive: true });
    Deno.removeSync(folder, { recursive: true });
  }
}
