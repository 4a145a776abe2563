/** One instance per app, whoever starts it and however it ends. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Connection } from "../../lib/ipc/session/connection.ts";
import { pidOf } from "../../lib/ipc/mod.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import { readStarts } from "../../lib/ipc/activation/start_record.ts";
import type { Transport } from "../../lib/ipc/os/transport.ts";
import {
  fixtureCommand,
  gone,
  kill,
  meshTest,
  MODE,
  type Served,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { finished } from "../support/mesh/program_output.ts";

const SCRIPT_ON_UNIX = !WINDOWS && MODE === "script";
const COPIES = SCRIPT_ON_UNIX ? 50 : 10;
const ROUNDS = SCRIPT_ON_UNIX ? 20 : 5;

interface About {
  secondInstances: { args: string[]; cwd: string; pid: number }[];
}

/** How many woken copies have either begun to serve or found that another one does. */
function decided(log: string): number {
  try {
    return Deno.readTextFileSync(log).match(/^ready|already running/gm)?.length ?? 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

const stop = (mesh: TestMesh, pid: number) => mesh.stop("fixture", pid);

for (let round = 1; round <= ROUNDS; round++) {
  meshTest(
    `${COPIES} copies started at once, round ${round} of ${ROUNDS}: one stays`,
    async (mesh) => {
      const copies = Array.from(
        { length: COPIES },
        (_, i) => mesh.spawn([...fixtureCommand(), `copy ${i}`]),
      );
      const results = copies.map((child) => finished(child));
      let ended = 0;
      for (const result of results) void result.then(() => ended++);
      await until(() => ended === COPIES - 1);
      const pid = await pidOf(mesh.ipc, "fixture");
      assert(pid !== null, "nobody stayed");
      const { secondInstances } = await mesh.ipc.call<About>("fixture", "about");
      assertEquals(secondInstances.length, COPIES - 1);
      const handed = new Set(secondInstances.map(({ args }) => args.join()));
      assertEquals(handed.size, COPIES - 1);
      await stop(mesh, pid);
      let refused = 0;
      for (const { code, stdout, stderr } of await Promise.all(results)) {
        assertEquals([code, stderr], [0, ""]);
        if (stdout.startsWith("ready")) continue;
        assertMatch(stdout, /already running \(process \d+\).*1 argument/);
        refused++;
      }
      assertEquals(refused, COPIES - 1);
    },
  );
}

meshTest(
  "a second start hands over its arguments and folder, says so and exits 0",
  async (mesh) => {
    const first: Served = await mesh.serve(fixtureCommand());
    const args = ["with space", 'with "quotes"', "Grüße ☃", "backslash\\", "", "-x"];
    const second = await mesh.run([...fixtureCommand(), ...args], { cwd: mesh.home });
    assertEquals([second.code, second.stderr], [0, ""]);
    assertEquals(
      second.stdout,
      `"fixture" is already running (process ${first.pid}); it was given 6 arguments\n`,
    );
    const { secondInstances } = await mesh.ipc.call<About>("fixture", "about");
    assertEquals(secondInstances.map(({ args, cwd }) => ({ args, cwd })), [{
      args,
      cwd: mesh.home,
    }]);
    await stop(mesh, first.pid);
    assertEquals((await first.ended).code, 0);
  },
);

meshTest("a second start is told to an app that fails at it, once, and exits 0", async (mesh) => {
  const first = await mesh.serve(fixtureCommand());
  const second = await mesh.run([...fixtureCommand(), "throw"]);
  assertEquals([second.code, second.stderr], [0, ""]);
  const { secondInstances } = await mesh.ipc.call<About>("fixture", "about");
  assertEquals(secondInstances.length, 1);
  await stop(mesh, first.pid);
  assertMatch((await first.ended).stderr, /onSecondInstance failed/);
});

if (!WINDOWS) {
  // (Windows removes no file that is locked.) What cleans /tmp may remove an idle lock file.
  meshTest("a lock file removed under a running app does not make two of it", async (mesh) => {
    const first = await mesh.serve(fixtureCommand());
    Deno.removeSync(mesh.ipc.home.runtimeFile("fixture", "lock"));
    const second = await mesh.run(fixtureCommand());
    assertEquals(second.code, 0);
    assertMatch(second.stdout, /already running/);
    assertEquals(await pidOf(mesh.ipc, "fixture"), first.pid);
  });
}

meshTest("the lock dies with its process, kill -9 included", async (mesh) => {
  for (let i = 0; i < 3; i++) {
    const { pid, ended } = await mesh.serve(fixtureCommand());
    assertEquals(await mesh.ipc.call("fixture", "pid", {}, { activate: false }), pid);
    kill(pid);
    await ended;
    await gone(pid);
  }
});

meshTest("a copy that loses the race of being woken is no second instance", async (mesh) => {
  await mesh.register();
  const { home } = mesh.ipc;
  const starts = new Set<number>();
  // Started by hand and woken at the same time, again and again.
  for (let i = 0; i < 5; i++) {
    const byHand = mesh.spawn(fixtureCommand());
    const result = finished(byHand);
    const pid = await mesh.ipc.call<number>("fixture", "pid");
    // A woken copy says in its log what became of it: waited for, or it might serve after the test.
    const record = readStarts(home, "fixture");
    for (const at of record.starts) starts.add(at);
    await until(() => decided(home.logFile("fixture")) === starts.size);
    // The copy started by hand hands over where the woken one was first; never the reverse.
    if (pid !== byHand.pid) assertEquals((await result).code, 0);
    const { secondInstances } = await mesh.ipc.call<About>("fixture", "about");
    assertEquals(
      secondInstances.map((event) => event.pid),
      pid === byHand.pid ? [] : [byHand.pid],
    );
    await stop(mesh, pid);
    assertEquals((await result).code, 0);
  }
});

meshTest(
  "shutdown frees the name: socket and lock are gone, the next start serves",
  async (mesh) => {
    const first = await mesh.serve(fixtureCommand());
    await stop(mesh, first.pid);
    assertEquals(await pidOf(mesh.ipc, "fixture"), null);
    const left = [...Deno.readDirSync(mesh.ipc.home.runtime)].map(({ name }) => name);
    assertEquals(left.filter((name) => name.endsWith(".sock")), []);
    const second = await mesh.serve(fixtureCommand());
    assert(second.pid !== first.pid);
    await stop(mesh, second.pid);
  },
);

meshTest(
  "an address where a program without the protocol's methods answers is told so",
  async (mesh) => {
    const stranger = await platform().listen(mesh.ipc.home.address("fixture"));
    const sessions: Connection[] = [];
    const accepting = (async () => {
      for (let peer; (peer = await stranger.accept()) !== null;) {
        sessions.push(
          new Connection(peer),
        );
      }
    })();
    const { code, stdout, stderr } = await mesh.run(fixtureCommand());
    assertEquals([code, stdout], [1, ""]);
    assertEquals(
      stderr,
      'Cannot start "fixture": whoever has its address answers: no method "$/secondInstance"\n',
    );
    await stranger.close();
    await accepting;
    await Promise.all(sessions.map((session) => session.close()));
  },
);

meshTest(
  "an address that another program has taken is named, and not served beside it",
  async (mesh) => {
    // Whoever listens there holds no lock and speaks no JSON-RPC.
    const address = mesh.ipc.home.address("fixture");
    const squatter = await platform().listen(address);
    const silent: Transport[] = [];
    const accepting = (async () => {
      for (let peer; (peer = await squatter.accept()) !== null;) silent.push(peer);
    })();
    const { code, stderr } = await mesh.run(fixtureCommand());
    assertEquals(code, 1);
    assertStringIncludes(stderr, `another program has taken its address "${address}"`);
    await squatter.close();
    await accepting;
    await Promise.all(silent.map((peer) => peer.close()));
    const { pid } = await mesh.serve(fixtureCommand());
    assertEquals(await mesh.ipc.call("fixture", "pid"), pid);
  },
);
