/** How an app leaves: whoever asks it to, its peers learn why, and nothing of it stays behind. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { existsSync } from "@std/fs";
import { join } from "@std/path";
import { ConnectionLostError, listApps, NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import {
  fixtureCommand,
  gone,
  meshTest,
  MODE,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";

/** A way to make the app leave, and what its peers are told. */
interface Ending {
  name: string;
  told: string;
  request(mesh: TestMesh, pid: number): unknown;
}

const endings: Ending[] = [{
  name: "$/shutdown",
  told: "it was asked to shut down",
  request: (mesh) => mesh.ipc.call("fixture", "$/shutdown"),
}];
if (WINDOWS) {
  // Wine delivers Ctrl-C. At Ctrl-Break it stops the program that it was meant for, and only a
  // console window can send its closing: both reach the app by the same listeners as Ctrl-C, which
  // is all that can be said of them here.
  endings.push({
    name: "Ctrl-C",
    told: "it got SIGINT",
    request: (mesh) => mesh.ipc.call("fixture", "press_ctrl_c").catch(lost),
  });
} else {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    endings.push({
      name: signal,
      told: `it got ${signal}`,
      request: (_mesh, pid) => Deno.kill(pid, signal),
    });
  }
}

/** What became of a process. */
interface Ended {
  code: number;
  signal: Deno.Signal | null;
}

/** It may be gone before its answer leaves. */
function lost(error: unknown): void {
  if (!(error instanceof ConnectionLostError)) throw error;
}

for (const { name, told, request } of endings) {
  meshTest(`${name}: streams and calls end by why, nothing stays behind`, async (mesh) => {
    await mesh.register();
    const { ipc } = mesh;
    const pid = await ipc.call<number>("fixture", "pid");
    const why = `"fixture" left the mesh: ${told}`;
    // One stream is waited for, one is not being read just now; one call hangs.
    const waiting = ipc.stream("fixture", "wait_after_one", { id: "waiting" });
    const resting = ipc.stream<number>("fixture", "endless");
    for (const stream of [waiting, resting]) await stream.next();
    const ended = [
      assertRejects(() => waiting.next(), ConnectionLostError, why),
      assertRejects(
        () => ipc.call("fixture", "hang", { id: "hanging" }, { timeout: 60_000 }),
        ConnectionLostError,
        why,
      ),
    ];
    await ipc.call("fixture", "happened", { event: "hanging started" });
    await request(mesh, pid);
    await Promise.all(ended);
    // The items that had arrived come first; the end is never taken for the stream's own.
    await assertRejects(
      async () => {
        for await (const _item of resting);
      },
      ConnectionLostError,
      why,
    );
    await gone(pid);
    assertEquals(ProcessLock.isHeld(ipc.home.runtimeFile("fixture", "lock")), false);
    const left = [...Deno.readDirSync(ipc.home.runtime)].map((entry) => entry.name);
    assertEquals(left.filter((file) => file.endsWith(".sock")), []);
  });
}

if (!WINDOWS) {
  /** How an app begins to leave, what comes meanwhile, and what its process ends by. */
  const requests: { first: Deno.Signal | "$/shutdown"; then: Deno.Signal; ends: Ended | null }[] = [
    // Who closes a terminal, as ours does, sends SIGTERM behind the kernel's SIGHUP.
    { first: "SIGHUP", then: "SIGTERM", ends: { code: 129, signal: null } },
    // As systemd does with SendSIGHUP=.
    { first: "SIGTERM", then: "SIGHUP", ends: { code: 143, signal: null } },
    { first: "SIGINT", then: "SIGTERM", ends: { code: 130, signal: null } },
    // The signal may come when the app has left and its listeners are gone: its last step tells.
    { first: "$/shutdown", then: "SIGTERM", ends: null },
    { first: "SIGTERM", then: "SIGTERM", ends: { code: 143, signal: "SIGTERM" } },
    { first: "SIGINT", then: "SIGINT", ends: { code: 130, signal: "SIGINT" } },
  ];
  for (const { first, then, ends } of requests) {
    const inOrder = ends === null || ends.signal === null;
    const end = inOrder ? "the app leaves in order" : "the process ends at once";
    meshTest(`${then} while an app leaves by ${first}: ${end}`, async (mesh) => {
      const leave = join(mesh.home, "leave");
      const { child, pid } = await mesh.serve([...fixtureCommand(), "--leave-once", leave]);
      const stream = mesh.ipc.stream("fixture", "wait_after_one", { id: "waiting" });
      await stream.next();
      if (first === "$/shutdown") await mesh.ipc.call("fixture", first);
      else Deno.kill(pid, first);
      // Its peers are told before its own last step, which is held up.
      await assertRejects(() => stream.next(), ConnectionLostError);
      Deno.kill(pid, then);
      if (inOrder) Deno.writeTextFileSync(leave, "");
      const { code, signal } = await child.status;
      if (ends !== null) assertEquals({ code, signal }, ends);
      if (inOrder) assertEquals(existsSync(leave), false, "its last step was not done");
    });
  }
}

meshTest("answers that are on their way when an app leaves arrive whole", async (mesh) => {
  await mesh.register();
  const { ipc } = mesh;
  const text = "0123456789".repeat(100_000);
  for (let round = 0; round < 3; round++) {
    const pid = await ipc.call<number>("fixture", "pid");
    const options = { timeout: 60_000 };
    // Answered in the turn before the one in which the app leaves.
    const [echo] = await Promise.all([
      ipc.call("fixture", "echo", { text }, options),
      ipc.call("fixture", "$/shutdown", {}, options),
    ]);
    assertEquals((echo as { text: string }).text === text, true);
    await gone(pid);
  }
});

meshTest("a call that reaches an app as it leaves is made to the next one", async (mesh) => {
  await mesh.register();
  const { ipc } = mesh;
  const first = await ipc.call<number>("fixture", "pid");
  await ipc.call("fixture", "$/shutdown");
  // Refused unbegun or unsent, on the old connection or a new one: never an error.
  const pids = await Promise.all(
    Array.from({ length: 20 }, () => ipc.call<number>("fixture", "pid", {}, { timeout: 60_000 })),
  );
  const [second] = pids.filter((pid) => pid !== first);
  assertEquals(pids.every((pid) => pid === first || pid === second), true);
});

meshTest("an app leaves by all its steps, though some of them fail", async (mesh) => {
  const { home } = mesh.ipc;
  const problems: string[] = [];
  const open = () =>
    NeverLiieIPC.open("fixture", {
      home: mesh.home,
      launch: { type: MODE, cmd: fixtureCommand(), cwd: mesh.home },
      keepAlive: true,
      handleSignals: false,
      onProblem: (problem) => problems.push(problem),
      onLeave: () => {
        throw new Error("the last step fails");
      },
    });
  await using app = await open();
  app.expose("hang", () => new Promise(() => {}));
  // The first step is to remove this file.
  const kept = home.keptFile("fixture");
  Deno.removeSync(kept);
  Deno.mkdirSync(join(kept, "in the way"), { recursive: true });
  const call = assertRejects(() => mesh.ipc.call("fixture", "hang"), ConnectionLostError);
  await mesh.ipc.call("fixture", "$/ping");
  const role = join(home.runtime, ".supervisor.lock");
  await until(() => ProcessLock.isHeld(role));
  await app.close();
  await app.closed;
  await call;
  assertEquals([problems.length, ProcessLock.isHeld(role)], [2, false], problems.join("\n"));
  assertMatch(problems[1]!, /the last step fails/);
  Deno.removeSync(kept, { recursive: true });
  // Nothing of it is left in the way of the next one.
  const next = await open();
  await next.close();
});

meshTest(
  "an app that runs without an entry is listed, and stopped with all others",
  async (mesh) => {
    const { pid, ended } = await mesh.serve(fixtureCommand());
    await mesh.ipc.registry.update(new Map([["fixture", () => null]]));
    const [app, ...more] = (await listApps(mesh.ipc)).filter(({ running }) => running);
    assertEquals(more, []);
    const { name, registered, type, cmd, cwd } = app!;
    assertEquals(
      { name, registered, type, cmd, cwd, pid: app!.pid },
      { name: "fixture", registered: false, type: null, cmd: [], cwd: null, pid },
    );
    const list = await mesh.neverliie("list");
    assertMatch(
      list.stdout,
      new RegExp(`fixture +yes +${pid} +- +\\(runs, but is not registered\\)`),
    );
    const stopped = await mesh.neverliie("stop", "--all");
    assertEquals([stopped.code, stopped.stdout], [0, `fixture was stopped (process ${pid})\n`]);
    assertEquals((await ended).code, 0);
    assertEquals((await listApps(mesh.ipc)).filter((one) => one.name === "fixture"), []);
  },
);
