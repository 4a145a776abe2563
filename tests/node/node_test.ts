/**
 * The package in Node and in Bun: apps and clients that the programs of this checkout meet, by the
 * protocol and by locks; on Windows in Node alone. See tests/node/programs.
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { runChecks } from "../../apps/neverliie/conformance/run.ts";
import { CHECKS } from "../../apps/neverliie/conformance/sections.ts";
import { pidOf, RemoteError } from "../../lib/ipc/mod.ts";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import { assertTold } from "../support/conformance/hosts_table.ts";
import { OwnProgram } from "../support/conformance/own_program.ts";
import {
  fixtureCommand,
  gone,
  kill,
  meshTest,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { writtenBy } from "../support/mesh/written_output.ts";
import { told as toldBy } from "../support/run/told.ts";
import { patient, withLimit } from "../support/run/watchdog.ts";

/** See tests/lab/node_programs.ts. */
const told = (name: string) => toldBy(name, "node");

const RUNTIMES = WINDOWS ? ["Node"] : ["Node", "Bun"];
/** Milliseconds that one test may take: under Wine a start of Node takes a second or two. */
const LIMIT = WINDOWS ? 180_000 : 60_000;

/** What a client finds: see programs/client.mjs. */
const FINDINGS = {
  echo: { text: "Grüße ☃ 𝄞" },
  bytes: [0, 128, 255],
  count: 49_995_000,
  nope: '"fixture" has no method "nope"',
  late: 'TimedOut: Cannot call "hang": no answer in 50 ms',
  gone: "TargetUnknownError",
  tick: "tick",
  presence: [["present", ["fixture"]], ["down", "left"], ["up", "fixture"], ["down", "died"]],
};

/**
 * How an app that left is said to have gone. On Windows the news of its leaving may be behind a look
 * at what it left behind, which by then is gone with its process: it is taken for one that died.
 */
const leaving = (how: unknown): unknown => WINDOWS && how === "died" ? "left" : how;

/** What the client printed. */
function findings(said: string): typeof FINDINGS {
  const found = JSON.parse(said) as { presence: unknown[][] } & typeof FINDINGS;
  found.presence[1]![1] = leaving(found.presence[1]![1]) as string;
  return found;
}

for (const runtime of RUNTIMES) {
  const command = (folder: "programs" | "bare", name: string, ...args: string[]) => [
    told(runtime.toUpperCase()),
    join(told("PROGRAMS"), folder, name),
    ...args,
  ];
  const host = (...args: string[]) => command("programs", "host.mjs", ...args);
  /** Starts the app by hand. @returns its process, once it serves */
  const serve = async (mesh: TestMesh, before: number | null = null): Promise<number> => {
    mesh.spawn(host(), { stdout: "null", stderr: "null" });
    return await mesh.answering("noder", before);
  };
  /** A client without koffi, where there is no program `flock` either. */
  const byPerl = async (mesh: TestMesh): Promise<string[]> => {
    const folder = join(mesh.home, "perl alone");
    Deno.mkdirSync(folder);
    Deno.symlinkSync("/usr/bin/perl", join(folder, "perl"));
    const { apps } = await mesh.ipc.registry.read();
    const [, ...script] = command("bare", "wake.mjs");
    return ["/usr/bin/env", `PATH=${folder}`, apps.get("noder")!.cmd[0]!, ...script];
  };
  const test = (name: string, body: (mesh: TestMesh) => Promise<void>) =>
    meshTest(`${runtime}: ${name}`, body, { limit: LIMIT });

  test("an app registers itself, is woken, called, streamed from and cancelled", async (mesh) => {
    const { ipc } = mesh;
    const first = await serve(mesh);
    const entry = (await ipc.registry.read()).apps.get("noder")!;
    assertEquals([entry.type, entry.source, entry.cwd], ["script", "self", Deno.cwd()]);
    assertMatch(entry.cmd[0]!, /[/\\](node|bun)(\.exe)?$/);
    assertEquals(entry.cmd.slice(1), host().slice(1));
    await mesh.stop("noder", first);

    assertEquals(await ipc.call("noder", "greet", { name: "Zoë" }), "Hello, Zoë!");
    const pid = await mesh.answering("noder");
    assert(pid !== first);
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
  });

  test("a second start hands over, to Deno's as to its own", async (mesh) => {
    const first = await serve(mesh);
    const [code, said] = await writtenBy(mesh, host("noder", "again"));
    assertEquals(code, 0, said);
    assertEquals(said, `"noder" is already running (process ${first}); it was given 2 arguments\n`);
    const deno = await mesh.run([...fixtureCommand(), "--name", "noder"]);
    assertEquals(deno.code, 0);
    assertEquals(await mesh.ipc.call("noder", "starts"), [["noder", "again"], ["--name", "noder"]]);
    await mesh.stop("noder", first);
    const other = await mesh.serve([...fixtureCommand(), "--name", "noder"]);
    const [ended, text] = await writtenBy(mesh, host());
    assertEquals(ended, 0, text);
    assertMatch(text, new RegExp(`already running \\(process ${other.pid}\\)`));
    await mesh.stop("noder", other.pid);
  });

  test("Deno and it heed each other's locks, and one that is killed lets go", async (mesh) => {
    const first = await serve(mesh);
    const path = mesh.ipc.home.runtimeFile("noder", "lock");
    assertEquals([ProcessLock.isHeld(path), ProcessLock.try(path)], [true, null]);
    kill(first);
    await gone(first);
    await until(() => !ProcessLock.isHeld(path));
    // Nobody can start an app while another holds its start lock.
    await mesh.register();
    const starting = ProcessLock.try(mesh.ipc.home.runtimeFile("fixture", "start.lock"))!;
    const wakers = [command("programs", "wake.mjs")];
    if (!WINDOWS) wakers.push(command("bare", "wake.mjs"), await byPerl(mesh));
    for (const waker of wakers) {
      assertEquals(await writtenBy(mesh, waker), [0, "TargetStartError\n"]);
    }
    assertEquals(mesh.logs("fixture"), "");
    starting.release();
    assertEquals(await mesh.ipc.call("noder", "greet", { name: "again" }), "Hello, again!");
    await mesh.stop("noder", await pidOf(mesh.ipc, "noder"));
  });

  test("its topics are heard, and its coming and going is seen", async (mesh) => {
    const seen: unknown[] = [];
    const presence = mesh.ipc.presence();
    const reading = (async () => {
      for await (const event of presence) {
        if (event.event === "up") seen.push("up");
        if (event.event === "down") seen.push(event.how);
      }
    })();
    const first = await serve(mesh);
    const ticks = mesh.ipc.subscribe<string>("noder", "ticks");
    await ticks.ready;
    await mesh.ipc.call("noder", "emit", { value: "Grüße" });
    assertEquals((await ticks.next()).value, "Grüße");
    await until(() => seen.length === 1);
    kill(first);
    await until(() => seen.length === 2);
    const second = await serve(mesh, first);
    await until(() => seen.length === 3);
    await mesh.stop("noder", second);
    await until(() => seen.length === 4);
    assertEquals([...seen.slice(0, 3), leaving(seen[3])], ["up", "died", "up", "left"]);
    ticks.cancel();
    await presence.return();
    await reading;
  });

  test("a client wakes, calls, reads, watches, and ends", async (mesh) => {
    await mesh.register();
    const [code, said] = await writtenBy(mesh, command("programs", "client.mjs"));
    assertEquals(code, 0, said);
    assertEquals(findings(said), FINDINGS);
  });

  test("without koffi it says what needs that, and on Unix a client does not", async (mesh) => {
    await mesh.register();
    const [code, said] = await writtenBy(mesh, command("bare", "client.mjs"));
    if (WINDOWS) {
      assertEquals(code, 1, said);
      assertMatch(said, /Cannot use the mesh in Node on Windows without the package koffi/);
    } else {
      assertEquals(code, 0, said);
      assertEquals(findings(said), FINDINGS);
    }
    const [ended, why] = await writtenBy(mesh, command("bare", "host.mjs"));
    assertEquals(ended, 1, why);
    assertMatch(why, /Cannot .* the package koffi.*npm install koffi/);
    assertEquals(ProcessLock.isHeld(mesh.ipc.home.runtimeFile("noder", "lock")), false);
  });

  Deno.test(`${runtime}: the fixture passes the conformance kit`, async () => {
    const timeout = patient(20_000);
    const fixture = command("programs", "conformance_host.mjs");
    await using program = await OwnProgram.start(fixture, timeout);
    const check = runChecks(program.host, CHECKS, { timeout });
    const results = await withLimit("the conformance kit", check, patient(LIMIT));
    assertEquals(results.filter(({ result }) => result === "failed"), []);
    const skipped = results.filter(({ result }) => result === "skipped").map(({ id }) => id);
    // A pipe lies in no folder, and goes with its process; a file is not known by a number.
    assertEquals(
      skipped,
      WINDOWS ? ["locks.folders", "registry.replaced", "shutdown.socket-first"] : [],
    );
    if (!WINDOWS) assertTold(runtime, results);
  });
}

/** Several at once, of different makes: each is the other's caller. */
meshTest("apps of all makes call each other through one another", async (mesh) => {
  await mesh.register();
  for (const runtime of RUNTIMES) {
    const name = runtime.toLowerCase();
    const cmd = [told(runtime.toUpperCase()), join(told("PROGRAMS"), "programs", "host.mjs")];
    // By hand: each enters itself, by its program's whole path.
    mesh.spawn([...cmd, name], { stdout: "null", stderr: "null" });
    await mesh.answering(name);
  }
  let params: Record<string, unknown> = { app: "fixture", method: "add", params: { a: 1, b: 2 } };
  for (const runtime of RUNTIMES.slice(1)) {
    params = { app: runtime.toLowerCase(), method: "ask", params };
  }
  assertEquals(await mesh.ipc.call("node", "ask", params, { timeout: 30_000 }), 3);
}, { limit: LIMIT });
