/**
 * Files of a running mesh that are taken away, as systems clean /tmp: nothing is lost, one copy of
 * each app is left, and what is to be kept alive stays so. On Windows these files lie in the home,
 * where nobody cleans; there they are moved away, and a pipe cannot be.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { readKept } from "../../lib/ipc/activation/kept_record.ts";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import { NeverLiieIPC, pidOf } from "../../lib/ipc/mod.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import { Connection } from "../../lib/ipc/session/connection.ts";
import { filesIn, take } from "../support/mesh/cleaner.ts";
import {
  fixtureCommand,
  gone,
  isAlive,
  kill,
  meshTest,
  MODE,
  type Served,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { dispatchTo } from "../support/session/unit_session.ts";

const ASLEEP = { activate: false };

/** Every subset of `items`. */
function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>(
    (found, item) => [...found, ...found.map((subset) => [...subset, item])],
    [[]],
  );
}

meshTest("whichever files of an app are taken, it keeps its name and is called", async (mesh) => {
  const { home } = mesh.ipc;
  const own = ["lock", "start.lock", "starts.json"] as const;
  const kinds = WINDOWS ? own : ["sock", ...own] as const;
  const path = (name: string, kind: typeof kinds[number]) =>
    kind === "sock" ? home.address(name) : home.runtimeFile(name, kind);
  // They serve in this process; whoever finds none of them starts the fixture under that name.
  const cases = subsets<typeof kinds[number]>(kinds).map((taken, i) => ({
    name: `app-${i}`,
    taken,
  }));
  const apps = await Promise.all(cases.map(async ({ name }) => {
    await mesh.register({ name });
    for (const kind of ["start.lock", "starts.json"] as const) {
      Deno.writeTextFileSync(path(name, kind), kind === "start.lock" ? "" : "{}");
    }
    const options = { home: mesh.home, launch: false, handleSignals: false } as const;
    const methods = { pid: () => Deno.pid };
    return await NeverLiieIPC.open(name, { ...options, methods, onProblem: () => {} });
  }));
  try {
    for (const { name, taken } of cases) take(...taken.map((kind) => path(name, kind)));
    take(...[".registry.lock", ".supervisor.lock"].map((name) => join(home.runtime, name)));
    const clients = await Promise.all(cases.map(() => NeverLiieIPC.client({ home: mesh.home })));
    const called = await Promise.all(
      cases.map(({ name }, i) => clients[i]!.call<number>(name, "pid", {}, { timeout: 30_000 })),
    );
    await Promise.all(clients.map((client) => client.close()));
    for (const [i, { name, taken }] of cases.entries()) {
      // Another copy can begin only where nothing was left to see the first by.
      const lost = !WINDOWS && taken.includes("lock") && taken.includes("sock");
      if (!lost) assertEquals(called[i], Deno.pid, taken.join());
      await until(async () => await mesh.answering(name) === Deno.pid);
      if (!WINDOWS) await until(() => ProcessLock.isHeld(path(name, "lock")));
    }
    const copies = called.filter((pid) => pid !== Deno.pid);
    await Promise.all(copies.map(gone));
    const { apps } = await mesh.ipc.registry.read();
    assertEquals(apps.size, cases.length);
  } finally {
    await Promise.all(apps.map((app) => app.close()));
  }
  for (const { name } of cases) assertEquals(await pidOf(mesh.ipc, name), null);
});

/** Takes everything from the first copy of the fixture, and starts a second one at that moment. */
async function secondCopy(mesh: TestMesh): Promise<Served> {
  for (;;) {
    take(...filesIn(mesh.ipc.home.runtime));
    const copy = await mesh.serve([...fixtureCommand(), "second"]);
    // Its first line says that it serves, or who does: the first one may have looked meanwhile.
    if (copy.pid === copy.child.pid) return copy;
    await copy.ended;
  }
}

// (On Windows the second copy finds the first one's pipe.)
if (!WINDOWS) {
  meshTest("a second copy that starts when all is taken leaves to the first one", async (mesh) => {
    await mesh.register({ keep_alive: true });
    const first = await mesh.serve(fixtureCommand());
    // What somebody works with is the first one's.
    await using client = await NeverLiieIPC.client({ home: mesh.home });
    const stream = client.stream<string>("fixture", "wait_after_one", { id: "work" });
    assertEquals((await stream.next()).value, "one");
    const second = await secondCopy(mesh);
    assertEquals((await second.ended).code, 0);
    assertEquals(await mesh.answering(), first.pid);
    assertEquals(await client.call("fixture", "pid", {}, ASLEEP), first.pid);
    assert(ProcessLock.isHeld(mesh.ipc.home.runtimeFile("fixture", "lock")));
    // The other one's leaving ended nothing of that.
    assert(readKept(mesh.ipc.home, "fixture") !== null, "it is to be kept alive");
    await stream.cancel();
    await mesh.stop("fixture", first.pid);
    const { code, stderr } = await first.ended;
    assertEquals(code, 0);
    for (const part of [`process ${second.pid} is "fixture" as well`, "is asked to leave"]) {
      assertStringIncludes(stderr, part);
    }
    assertEquals(readKept(mesh.ipc.home, "fixture"), null);
  });
}

// They wait for looks, and for more than a few: once on each system is enough.
if (!WINDOWS && MODE === "script") {
  meshTest(
    "a copy that did not look for long leaves to the one that came meanwhile",
    async (mesh) => {
      const first = await mesh.serve(fixtureCommand());
      first.child.kill("SIGSTOP");
      const stopped = performance.now();
      take(...filesIn(mesh.ipc.home.runtime));
      const second = await mesh.serve(fixtureCommand());
      await until(() => performance.now() - stopped > 6_000);
      first.child.kill("SIGCONT");
      const { code, stderr } = await first.ended;
      assertEquals(code, 0);
      assertStringIncludes(stderr, `process ${second.pid} is "fixture" as well`);
      assertStringIncludes(stderr, "this one leaves");
      // Its leaving takes the socket of the other one, who makes it anew.
      assertEquals(await mesh.answering(), second.pid);
    },
  );

  meshTest(
    "a copy that cannot get its name back leaves, and keeps its hands off it",
    async (mesh) => {
      const { home } = mesh.ipc;
      await mesh.register({ keep_alive: true });
      const first = await mesh.serve(fixtureCommand());
      take(...filesIn(home.runtime));
      // An app in another language, say, that refuses to leave.
      using lock = ProcessLock.try(home.runtimeFile("fixture", "lock"), home.renewRuntime);
      assert(lock !== null);
      const listener = await platform().listen(home.address("fixture"), { report: () => {} });
      const asked: string[] = [];
      const sessions: Connection[] = [];
      const accepting = (async () => {
        for (let peer; (peer = await listener.accept()) !== null;) {
          const dispatch = dispatchTo({
            "$/ping": () => (asked.push("$/ping"), { name: "fixture", pid: 1 }),
            "$/shutdown": () => (asked.push("$/shutdown"), null),
          });
          sessions.push(new Connection(peer, { dispatch }));
        }
      })();
      const { code, stderr } = await first.ended;
      assertEquals([code, asked.filter((method) => method === "$/shutdown").length], [0, 2]);
      assertStringIncludes(stderr, "this one leaves");
      assert(readKept(home, "fixture") !== null, "the app is to be kept alive all the same");
      assert(lock.isCurrent());
      await Promise.all(sessions.map((session) => session.close()));
      await listener.close();
      await accepting;
    },
    { limit: 60_000 },
  );
}

meshTest("all is taken while an app is being started, again and again", async (mesh) => {
  await mesh.register();
  const { runtime } = mesh.ipc.home;
  const pids = new Set<number>();
  for (let round = 0; round < 2; round++) {
    let taking = true;
    const cleaning = (async () => {
      while (taking) {
        take(...filesIn(runtime));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await using client = await NeverLiieIPC.client({ home: mesh.home });
    const called = client.call<number>("fixture", "pid", {}, { timeout: 30_000 }).catch((error) => {
      // It may not get through meanwhile, but then it says of what app.
      assertStringIncludes((error as Error).message, "fixture");
      return null;
    });
    const pid = await called;
    taking = false;
    await cleaning;
    if (pid !== null) pids.add(pid);
  }
  const last = await mesh.ipc.call<number>("fixture", "pid", {}, { timeout: 30_000 });
  pids.add(last);
  // Whoever was started besides has noticed by now, or does so soon.
  for (
    const text of Deno.readTextFileSync(mesh.ipc.home.logFile("fixture")).matchAll(/^ready (\d+)/gm)
  ) {
    pids.add(Number(text[1]));
  }
  await until(() => [...pids].filter(isAlive).length === 1);
  assertEquals(await mesh.answering(), [...pids].find(isAlive));
});

meshTest("an app that died while all was taken is started again", async (mesh) => {
  await mesh.serve([...fixtureCommand(), "--name", "watcher"]);
  await mesh.register({ keep_alive: true });
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  kill(pid);
  take(...filesIn(mesh.ipc.home.runtime));
  await gone(pid);
  const next = await mesh.answering("fixture", pid);
  // And so is one that dies after its files were made anew.
  take(...filesIn(mesh.ipc.home.runtime));
  assertEquals(await mesh.answering(), next);
  kill(next);
  await gone(next);
  await mesh.answering("fixture", next);
});
