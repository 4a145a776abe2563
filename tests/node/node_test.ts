/**
 * The package in Node and in Bun: apps and clients that the programs of this checkout meet, by the
 * protocol and by locks. See tests/node/programs.
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { pidOf, RemoteError } from "../../lib/ipc/mod.ts";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import { NodePrograms } from "../support/packages/node_programs.ts";
import {
  fixtureCommand,
  gone,
  kill,
  meshTest,
  scriptCommand,
  type TestMesh,
  until,
} from "../support/mesh/mesh.ts";

/** What `deno task test` tells this suite, see tests/lab/interop.ts. */
function told(name: string): string {
  const value = Deno.env.get(`NEVERLIIE_TEST_${name}`);
  if (value === undefined) throw new Error(`${name} is not set: run deno task test node`);
  return value;
}

let programs: NodePrograms;

Deno.test.beforeAll(async () => {
  programs = await NodePrograms.make({
    packaging: scriptCommand("apps/build/package.ts"),
    sources: fromFileUrl(new URL("programs", import.meta.url)),
    koffi: [told("KOFFI"), told("KOFFI_SYSTEM")],
  });
});

Deno.test.afterAll(() => programs.remove());

for (const [runtime, variable] of [["Node", "NODE"], ["Bun", "BUN"]] as const) {
  const command = (name: string, ...args: string[]) => {
    return [told(variable), join(programs.folder, name), ...args];
  };
  const host = (...args: string[]) => command("host.mjs", ...args);

  meshTest(
    `${runtime}: an app registers itself, is woken, called, streamed from and cancelled`,
    async (mesh) => {
      const first = await mesh.serve(host());
      const entry = (await mesh.ipc.registry.read()).apps.get("noder")!;
      assertEquals([entry.type, entry.source, entry.cwd], ["script", "self", Deno.cwd()]);
      assertMatch(entry.cmd[0]!, /\/(node|bun)$/);
      assertEquals(entry.cmd.slice(1), [join(programs.folder, "host.mjs")]);
      await mesh.stop("noder", first.pid);
      assertEquals((await first.ended).code, 0);

      const { ipc } = mesh;
      assertEquals(await ipc.call("noder", "greet", { name: "Zoë" }), "Hello, Zoë!");
      const pid = await mesh.answering("noder");
      assert(pid !== first.pid);
      const data = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
      assertEquals(await ipc.call("noder", "echo", { data }), { data });
      const counted = await Array.fromAsync(ipc.stream<number>("noder", "count", { to: 5_000 }));
      assertEquals([counted.length, counted.at(-1)], [5_000, 5_000]);
      for await (const item of ipc.stream<number>("noder", "forever")) if (item === 3) break;
      await until(async () => await ipc.call("noder", "ended") === 1);
      const refused = await assertRejects(() => ipc.call("noder", "fail"), RemoteError);
      assertEquals([refused.code, refused.data], [423, { until: "09:00" }]);
      assertEquals(await ipc.call("noder", "sum", { to: 10_000 }), 50_005_000);
      const described = await ipc.call<Record<string, unknown>>("noder", "$/describe");
      assertMatch(String(described.deno), new RegExp(`^${runtime} \\d`));
      assertEquals(described.permissions, []);
      assertEquals(described.version, "1.2.3");
      await mesh.stop("noder", pid);
    },
  );

  meshTest(`${runtime}: a second start hands over, to Deno's as to its own`, async (mesh) => {
    const first = await mesh.serve(host());
    const second = await mesh.run(host("noder", "again"));
    assertEquals(second.code, 0);
    assertMatch(second.stdout, /^"noder" is already running \(process \d+\); it was given 2 args?/);
    const deno = await mesh.run([...fixtureCommand(), "--name", "noder"]);
    assertEquals(deno.code, 0);
    assertEquals(await mesh.ipc.call("noder", "starts"), [["noder", "again"], ["--name", "noder"]]);
    await mesh.stop("noder", first.pid);
    const other = await mesh.serve([...fixtureCommand(), "--name", "noder"]);
    const third = await mesh.run(host());
    assertEquals(third.code, 0);
    assertMatch(third.stdout, new RegExp(`already running \\(process ${other.pid}\\)`));
    await mesh.stop("noder", other.pid);
  });

  meshTest(
    `${runtime}: Deno and it heed each other's locks, and one that is killed lets go`,
    async (mesh) => {
      const served = await mesh.serve(host());
      const path = mesh.ipc.home.runtimeFile("noder", "lock");
      assertEquals([ProcessLock.isHeld(path), ProcessLock.try(path)], [true, null]);
      kill(served.pid);
      await gone(served.pid);
      await until(() => !ProcessLock.isHeld(path));
      // Nobody can start an app while another holds its start lock.
      await mesh.register();
      const starting = ProcessLock.try(mesh.ipc.home.runtimeFile("fixture", "start.lock"));
      for (const folder of [programs.folder, programs.bare]) {
        const late = await mesh.run([told(variable), join(folder, "wake.mjs")]);
        assertEquals(late, { code: 0, stdout: "TargetStartError\n", stderr: "" });
      }
      assertEquals(await mesh.logs(), "");
      starting!.release();
      assertEquals(await mesh.ipc.call("noder", "greet", { name: "again" }), "Hello, again!");
      await mesh.stop("noder", await pidOf(mesh.ipc, "noder"));
    },
  );

  meshTest(`${runtime}: its topics are heard, and its coming and going is seen`, async (mesh) => {
    const seen: unknown[] = [];
    const presence = mesh.ipc.presence();
    const reading = (async () => {
      for await (const event of presence) {
        if (event.event === "up") seen.push("up");
        if (event.event === "down") seen.push(event.how);
      }
    })();
    const first = await mesh.serve(host());
    const ticks = mesh.ipc.subscribe<string>("noder", "ticks");
    await ticks.ready;
    await mesh.ipc.call("noder", "emit", { value: "Grüße" });
    assertEquals((await ticks.next()).value, "Grüße");
    await until(() => seen.length === 1);
    kill(first.pid);
    await until(() => seen.length === 2);
    const second = await mesh.serve(host());
    await until(() => seen.length === 3);
    await mesh.stop("noder", second.pid);
    await until(() => seen.length === 4);
    assertEquals(seen, ["up", "died", "up", "left"]);
    ticks.cancel();
    await presence.return();
    await reading;
  });

  const findings = {
    echo: { text: "Grüße ☃ 𝄞" },
    bytes: [0, 128, 255],
    count: 49_995_000,
    nope: '"fixture" has no method "nope"',
    late: 'TimedOut: Cannot call "hang": no answer in 50 ms',
    gone: "TargetUnknownError",
    tick: "tick",
    presence: [["present", ["fixture"]], ["down", "left"], ["up", "fixture"], ["down", "died"]],
  };

  meshTest(`${runtime}: a client wakes, calls, reads, watches, and ends`, async (mesh) => {
    await mesh.register();
    const { code, stdout, stderr } = await mesh.run(command("client.mjs"));
    assertEquals([code, stderr], [0, ""]);
    assertEquals(JSON.parse(stdout), findings);
  });

  meshTest(
    `${runtime}: without koffi a client does the same, and a host says what it needs`,
    async (mesh) => {
      await mesh.register();
      const bare = (name: string) => [told(variable), join(programs.bare, name)];
      const client = await mesh.run(bare("client.mjs"));
      assertEquals([client.code, client.stderr], [0, ""]);
      assertEquals(JSON.parse(client.stdout), findings);
      const { code, stderr } = await mesh.run(bare("host.mjs"));
      assertEquals(code, 1);
      assertMatch(
        stderr,
        /Cannot listen at ".*noder\.sock": a host in Node needs the package koffi/,
      );
      assertEquals(ProcessLock.isHeld(mesh.ipc.home.runtimeFile("noder", "lock")), false);
    },
  );
}

/** Two at once, of different makes: each is the other's caller. */
meshTest("Node, Bun and Deno call each other through one another", async (mesh) => {
  await mesh.register();
  await enter(mesh, "node", "NODE");
  await enter(mesh, "bun", "BUN");
  const last = { app: "fixture", method: "add", params: { a: 1, b: 2 } };
  const params = { app: "bun", method: "ask", params: last };
  assertEquals(await mesh.ipc.call("node", "ask", params, { timeout: 30_000 }), 3);
});

async function enter(mesh: TestMesh, name: string, variable: string): Promise<void> {
  const { ipc } = mesh;
  const program = told(variable);
  const path = program.includes("/") ? program : await pathOf(mesh, program);
  const cmd = [path, join(programs.folder, "host.mjs")];
  await ipc.registry.set(name, { type: "script", cmd, cwd: mesh.home, args: [name] });
}

async function pathOf(mesh: TestMesh, program: string): Promise<string> {
  return (await mesh.run([program, "-p", "process.execPath"])).stdout.trim();
}
