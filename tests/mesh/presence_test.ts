/**
 * Who comes and goes, as the system tells it to those who watch.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { NeverLiieIPC, pidOf, type Presence } from "../../lib/ipc/mod.ts";
import { type AppChange, watchApp, watchApps, whenUp } from "../../lib/ipc/presence/app_watch.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import { patient } from "../support/run/watchdog.ts";
import {
  fixtureCommand,
  kill,
  meshTest,
  MODE,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";

const contextOf = (mesh: TestMesh) => ({ home: mesh.ipc.home, platform: platform() });

meshTest("who watches an app is told that it comes, dies, comes again and leaves", async (mesh) => {
  const told: string[] = [];
  const end = watchApp(contextOf(mesh), "fixture", (state) => told.push(state));
  const changes: string[] = [];
  const changed = (app: string, change: AppChange) => changes.push(`${app} ${change}`);
  const all = watchApps(contextOf(mesh), { app: null, changed });
  try {
    await all.begun;
    await until(() => told.length === 1);
    assertEquals([told, changes, all.fault()], [["down"], [], null]);
    const first = await mesh.serve(fixtureCommand());
    await until(() => told.length === 2);
    kill(first.pid);
    await until(() => told.length === 3);
    await first.ended;
    const second = await mesh.serve(fixtureCommand());
    await until(() => told.length === 4);
    await mesh.stop("fixture", second.pid);
    await until(() => told.length === 5);
    assertEquals(told, ["down", "up", "down", "up", "down"]);
    const seen = ["fixture up", "fixture died", "fixture up", "fixture left"];
    await until(() => changes.length === seen.length);
    assertEquals(changes, seen);
  } finally {
    end();
    all.end();
  }
});

meshTest(
  "who waits for an app goes on once it can be called, and at once when it is there",
  async (mesh) => {
    const context = contextOf(mesh);
    const stop = new AbortController();
    const others = Promise.allSettled([
      whenUp(context, "nobody", stop.signal),
      whenUp(context, "nobody", AbortSignal.abort("before")),
    ]);
    const waits = Promise.all([1, 2, 3].map(() => whenUp(context, "fixture")));
    const { pid } = await mesh.serve(fixtureCommand());
    await waits;
    assertEquals(await mesh.ipc.call("fixture", "pid", {}, { activate: false }), pid);
    await whenUp(context, "fixture");
    stop.abort("enough");
    const reasons = (await others).map((one) => one.status === "rejected" && one.reason);
    assertEquals(reasons, ["enough", "before"]);
  },
);

// (On Windows these files lie in the home, where nobody cleans.)
if (!WINDOWS) {
  meshTest("what cleans /tmp takes nobody away who runs, and the watch goes on", async (mesh) => {
    const { runtime } = mesh.ipc.home;
    const changes: string[] = [];
    const changed = (app: string, change: AppChange) => changes.push(`${app} ${change}`);
    const watching = watchApps(contextOf(mesh), { app: null, changed });
    try {
      const { pid } = await mesh.serve(fixtureCommand());
      await until(() => changes.includes("fixture up"));
      Deno.removeSync(mesh.ipc.home.address("fixture"));
      await until(() => changes.includes("fixture renewed"));
      Deno.removeSync(runtime, { recursive: true });
      // There is nothing to watch until the app has made it anew.
      await until(() => changes.length === 3);
      await until(() => watching.fault() === null);
      assertEquals(changes, ["fixture up", "fixture renewed", "fixture renewed"]);
      kill(pid);
      await until(() => changes.length === 4);
      assertEquals(changes.at(-1), "fixture died");
    } finally {
      watching.end();
    }
  });
}

/** What is told until `count` events more are there, without their times. */
async function told(presence: Presence, count: number): Promise<Record<string, unknown>[]> {
  const events: Record<string, unknown>[] = [];
  while (events.length < count) {
    const { value } = await presence.next();
    const { at, ...event } = value;
    assert(Math.abs(Date.now() - at) < 60_000);
    events.push(event);
  }
  return events;
}

meshTest("presence tells all first, and then who comes, goes and is registered", async (mesh) => {
  await mesh.register();
  const first = await mesh.serve(fixtureCommand());
  await using presence = mesh.ipc.presence();
  const version = "1.2.3";
  const [present] = await told(presence, 1);
  assertEquals(present, {
    event: "present",
    apps: [{ name: "fixture", registered: true, running: true, pid: first.pid, version }],
  });
  assertEquals(presence.fault, null);
  kill(first.pid);
  const [died] = await told(presence, 1);
  assertEquals(died, { event: "down", name: "fixture", pid: first.pid, version, how: "died" });
  // (It is told of by its lock: this process may hear of the connection's end a moment later.)
  await until(async () => await pidOf(mesh.ipc, "fixture") === null);
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  assertEquals(await told(presence, 1), [{ event: "up", name: "fixture", pid, version }]);
  await mesh.stop("fixture", pid);
  assertEquals(await told(presence, 1), [
    { event: "down", name: "fixture", pid, version, how: "left" },
  ]);
  await mesh.register({ name: "other" });
  assertEquals(await told(presence, 1), [{ event: "registered", name: "other" }]);
  await mesh.ipc.registry.update(new Map([["other", () => null]]));
  assertEquals(await told(presence, 1), [{ event: "removed", name: "other" }]);
});

meshTest("presence ends with its loop, its signal, and its process's leaving", async (mesh) => {
  const events: string[] = [];
  for await (const { event } of mesh.ipc.presence()) {
    events.push(event);
    break;
  }
  assertEquals(events, ["present"]);
  const stop = new AbortController();
  const stopped = mesh.ipc.presence({ signal: stop.signal });
  await stopped.next();
  const next = stopped.next();
  stop.abort(new TypeError("enough"));
  await assertRejects(() => next, TypeError, "enough");
  assertEquals(await stopped.next(), { value: undefined, done: true });
  await assertRejects(() => mesh.ipc.presence({ signal: stop.signal }).next(), TypeError, "enough");
  const client = await NeverLiieIPC.client({ home: mesh.home });
  const left = client.presence();
  await left.next();
  const last = left.next();
  await client.close();
  assertEquals(await last, { value: undefined, done: true });
});

// As macOS has it, where closing a lock is no event. (Windows knows no sockets that are files.)
if (!WINDOWS) {
  meshTest("where files tell nothing, a connection that is held tells of an end", async (mesh) => {
    const above = Deno.makeTempDirSync({ prefix: "neverliie-presence-" });
    // Nothing that becomes of the mesh's files is an event in that folder.
    const home = { ...mesh.ipc.home, runtime: join(above, "nothing") };
    Deno.mkdirSync(home.runtime);
    const changes: string[] = [];
    const changed = (app: string, change: AppChange) => changes.push(`${app} ${change}`);
    const first = await mesh.serve(fixtureCommand());
    const system = { ...platform(), endTold: "connection" as const };
    const watching = watchApps({ home, platform: system }, { app: null, changed });
    try {
      await watching.begun;
      assertEquals([changes, watching.fault()], [["fixture up"], null]);
      kill(first.pid);
      await until(() => changes.length === 2);
      assertEquals(changes, ["fixture up", "fixture died"]);
    } finally {
      watching.end();
      Deno.removeSync(above, { recursive: true });
    }
  });
}

// Of the library alone: once on each system is enough.
if (MODE === "script") {
  Deno.test("presence: a watch does not keep a program running", async () => {
    const home = Deno.makeTempDirSync({ prefix: "neverliie-presence-" });
    const module = (path: string) => JSON.stringify(import.meta.resolve(`../../lib/ipc/${path}`));
    const program = `
    import { openHome } from ${module("registry/home.ts")};
    import { platform } from ${module("os/platform.ts")};
    import { whenUp } from ${module("presence/app_watch.ts")};
    const home = await openHome(${JSON.stringify(home)});
    void whenUp({ home, platform: platform() }, "nobody");
    setTimeout(() => console.log(home.runtime), 600);`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", program],
      signal: AbortSignal.timeout(patient(60_000)),
    });
    const { stdout, success } = await child.output();
    const runtime = new TextDecoder().decode(stdout).trim();
    assertEquals([success, runtime === ""], [true, false]);
    for (const path of [runtime, home]) {
      await Deno.remove(path, { recursive: true }).catch(() => {});
    }
  });
}
