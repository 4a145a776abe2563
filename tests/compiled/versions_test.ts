/**
 * One app, several programs: a script takes the place of an executable and the reverse, and two
 * versions take turns, while callers hold connections.
 */

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { basename, join } from "@std/path";
import { VERSION } from "../../apps/version.ts";
import { type AppDescription, ConnectionLostError, NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { NEXT_VERSION } from "../lab/executables.ts";
import {
  executable,
  EXECUTABLES,
  fixtureCommand,
  meshTest,
  type TestMesh,
} from "../support/mesh/mesh.ts";

interface About {
  standalone: boolean;
}

/** What a caller that holds a connection gets next: from whoever serves by then. */
async function call<T>(ipc: NeverLiieIPC, app: string, method: string): Promise<T> {
  try {
    return await ipc.call<T>(app, method, {}, { timeout: 30_000 });
  } catch (error) {
    // Its connection was still the former process's.
    if (!(error instanceof ConnectionLostError)) throw error;
    return await ipc.call<T>(app, method, {}, { timeout: 30_000 });
  }
}

async function typeInRegistry(mesh: TestMesh): Promise<string | undefined> {
  return (await mesh.ipc.registry.read()).apps.get("fixture")?.type;
}

for (const [first, second] of [["binary", "script"], ["script", "binary"]] as const) {
  meshTest(`a ${second} takes the place of a ${first} that its callers hold`, async (mesh) => {
    await using caller = await NeverLiieIPC.client({ home: mesh.home });
    const before = await mesh.serve(fixtureCommand(first));
    assertEquals(await call<number>(caller, "fixture", "pid"), before.pid);
    assertEquals(await typeInRegistry(mesh), first);

    // While the one runs, the other is a second start of the same app and changes nothing.
    const other = await mesh.run([...fixtureCommand(second), "again"]);
    assertEquals([other.code, other.stderr], [0, ""]);
    assertStringIncludes(other.stdout, `process ${before.pid}`);
    assertEquals(await typeInRegistry(mesh), first);
    assertEquals(await call<number>(caller, "fixture", "pid"), before.pid);

    await mesh.stop("fixture", before.pid);
    const after = await mesh.serve(fixtureCommand(second));
    assertEquals(await call<number>(caller, "fixture", "pid"), after.pid);
    assertEquals(await typeInRegistry(mesh), second);
    await mesh.stop("fixture", after.pid);
    // From then on it is the one that is woken.
    const about = await call<About>(caller, "fixture", "about");
    assertEquals(about.standalone, second === "binary");
  });
}

if (EXECUTABLES !== null) {
  meshTest("two versions of an executable take turns, and tell which one runs", async (mesh) => {
    const versions = [
      [VERSION, executable("statusbar")],
      [NEXT_VERSION, join(EXECUTABLES!, "next", basename(executable("statusbar")))],
    ] as const;
    await using caller = await NeverLiieIPC.client({ home: mesh.home });
    let last = 0;
    // And back: an older version may follow a later one.
    for (const [version, path] of [...versions, versions[0]]) {
      const { pid } = await mesh.serve([path, "--host"]);
      assertNotEquals(pid, last);
      const about = await call<AppDescription>(caller, "statusbar", "$/describe");
      assertEquals([about.version, about.pid], [version, pid]);
      assertEquals(about.launch?.cmd, [path]);
      const { stdout } = await mesh.neverliie("describe", "statusbar");
      assertStringIncludes(stdout, `statusbar ${version}, process ${pid}`);

      // The other version, started beside it, hands over: one of them runs.
      const [, other] = versions.find(([one]) => one !== version)!;
      const second = await mesh.run([other, "--host"]);
      assertEquals(second.code, 0, second.stderr);
      const same = await call<AppDescription>(caller, "statusbar", "$/describe");
      assertEquals([same.version, same.pid], [version, pid]);

      // A stream that somebody holds ends with its reason when its program goes.
      const stream = caller.stream("statusbar", "watch_stats", { interval: 250 });
      assertEquals((await stream.next()).done, false);
      await mesh.stop("statusbar", pid);
      const ended = await Array.fromAsync(stream).then(() => null, (error) => error);
      assertEquals(ended instanceof ConnectionLostError, true, String(ended));
      last = pid;
    }
    assertEquals((await mesh.ipc.registry.read()).apps.get("statusbar")!.cmd, [versions[0][1]]);
  });
}
