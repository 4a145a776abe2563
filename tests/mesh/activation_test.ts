/** Waking programs: once, without a fixed sleep, and with errors that say what happened. */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import {
  ConnectionLostError,
  NeverLiieIPC,
  pidOf,
  StartLimitError,
  TargetNotRunningError,
  TargetStartError,
  TargetUnknownError,
} from "../../lib/ipc/mod.ts";
import {
  fixtureCommand,
  gone,
  isAlive,
  kill,
  meshTest,
  MODE,
  suiteCommand,
  type TestMesh,
  until,
  WINDOWS,
  withoutLock,
} from "../support/mesh/mesh.ts";

meshTest("call and stream reject alike for a name that nobody has", async (mesh) => {
  await assertRejects(() => mesh.ipc.call("nobody", "x"), TargetUnknownError, '"nobody"');
  await assertRejects(() => mesh.ipc.stream("nobody", "x").next(), TargetUnknownError, '"nobody"');
  await assertRejects(() => mesh.ipc.wake("nobody"), TargetUnknownError);
  // No trace of a name that nobody has.
  const files = [...Deno.readDirSync(mesh.ipc.home.runtime)].map(({ name }) => name);
  assertEquals(files.filter((name) => name.startsWith("nobody")), []);
  await assertRejects(() => mesh.ipc.call("No/Name", "x"), TypeError, "No/Name");
});

meshTest("who calls right after another gave up does not get the other's reason", async (mesh) => {
  await mesh.register();
  for (let round = 0; round < 3; round++) {
    const controller = new AbortController();
    const { signal } = controller;
    const impatient = mesh.ipc.call("fixture", "pid", {}, { signal });
    // Both wait for one attempt to connect; the one that gives up is its last for a moment.
    controller.abort(new Error("had enough"));
    await assertRejects(() => impatient, Error, "had enough");
    const pid = await mesh.ipc.call<number>("fixture", "pid");
    await mesh.stop("fixture", pid);
  }
});

meshTest("activate: false never starts anything", async (mesh) => {
  const options = { activate: false };
  await assertRejects(() => mesh.ipc.call("fixture", "pid", {}, options), TargetUnknownError);
  await mesh.register();
  await assertRejects(() => mesh.ipc.call("fixture", "pid", {}, options), TargetNotRunningError);
  await assertRejects(
    () => mesh.ipc.stream("fixture", "count", { to: 1 }, options).next(),
    TargetNotRunningError,
  );
  await mesh.ipc.wake("fixture");
  assertEquals(typeof await mesh.ipc.call("fixture", "pid", {}, options), "number");
});

meshTest("wake starts without calling, and a second one finds it running", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const pid = await mesh.ipc.call("fixture", "pid");
  await mesh.ipc.wake("fixture");
  assertEquals(await mesh.ipc.call("fixture", "pid"), pid);
});

meshTest("a woken program is a second instance of nobody, and sees no woken mark", async (mesh) => {
  await mesh.register();
  const about = await mesh.ipc.call<{ secondInstances: unknown[]; args: string[] }>(
    "fixture",
    "about",
  );
  assertEquals(about.secondInstances, []);
  assertEquals(about.args, []);
});

meshTest("callers in 40 processes: one start, 40 answers", async (mesh) => {
  const count = WINDOWS ? 12 : 40;
  await mesh.register();
  const command = [
    ...suiteCommand("neverliie"),
    "call",
    "fixture",
    "pid",
    "--json",
    "--timeout=90000",
  ];
  const results = await Promise.all(Array.from({ length: count }, () => mesh.run(command)));
  for (const { code, stderr } of results) assertEquals([code, stderr], [0, ""]);
  const pids = new Set(results.map(({ stdout }) => stdout.trim()));
  assertEquals(pids.size, 1, [...pids].join());
  const log = Deno.readTextFileSync(mesh.ipc.home.logFile("fixture"));
  assertEquals(log.match(/ready/g)?.length, 1, log);
});

meshTest("a woken program outlives the one that woke it", async (mesh) => {
  await mesh.register();
  const { code, stdout } = await mesh.neverliie("wake", "fixture", "--json");
  assertEquals(code, 0);
  const { pid } = JSON.parse(stdout) as { pid: number };
  assertEquals(await mesh.ipc.call("fixture", "pid", {}, { activate: false }), pid);
});

meshTest("a woken program outlives a waker that is killed", async (mesh) => {
  await mesh.register();
  await mesh.register({ name: "waker" });
  const params = { target: "fixture", method: "pid" };
  const waker = await mesh.ipc.call<number>("waker", "pid");
  const pid = await mesh.ipc.call<number>("waker", "call_other", params, { timeout: 60_000 });
  kill(waker);
  await gone(waker);
  assert(isAlive(pid));
  assertEquals(await mesh.ipc.call("fixture", "pid", {}, { activate: false }), pid);
});

meshTest("a program that ends before it answers: exit code and log in the error", async (mesh) => {
  await mesh.register({ args: ["crash"] });
  const error = await assertRejects(() => mesh.ipc.call("fixture", "pid"), TargetStartError);
  assertEquals(error.exitCode, 7);
  for (const part of ["exit code 7", "a line on standard output", "standard error: Grüße"]) {
    assertStringIncludes(error.message, part);
  }
  assertStringIncludes(error.log, "a line on standard error: Grüße");
  await assertRejects(() => mesh.ipc.stream("fixture", "x").next(), TargetStartError);
});

meshTest("callers that wait together share a failed start", async (mesh) => {
  await mesh.register({ args: ["crash"] });
  const clients = await Promise.all(
    Array.from({ length: 5 }, () => NeverLiieIPC.client({ home: mesh.home })),
  );
  const errors = await Promise.all(
    clients.map((client) => client.call<Error>("fixture", "pid").catch((error) => error)),
  );
  for (const error of errors) assertEquals(error.name, "TargetStartError", error.message);
  const log = Deno.readTextFileSync(mesh.ipc.home.logFile("fixture"));
  assertEquals(log.match(/a line on standard output/g)?.length, 1);
  await Promise.all(clients.map((client) => client.close()));
});

/** Registers a program that never joins, and lets `ipc` start it; gives the process it runs in. */
async function startSilent(mesh: TestMesh, ipc: NeverLiieIPC, signal: AbortSignal) {
  const pidFile = join(mesh.home, "silent.pid");
  await mesh.register({ args: ["silent", pidFile] });
  // Its own limit is far away: others decide when the program's time is over.
  const starting = assertRejects(
    () => ipc.wake("fixture", { startTimeout: 300_000, signal }),
    Error,
    "enough",
  );
  let pid = 0;
  await until(() => {
    try {
      pid = Number(Deno.readTextFileSync(pidFile));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return pid > 0;
  });
  return { pid, starting };
}

meshTest("a program that never joins: an error after startTimeout, and its end", async (mesh) => {
  await mesh.register({ name: "other" });
  const other = await mesh.ipc.call<number>("other", "pid");
  const first = new AbortController();
  const { pid, starting } = await startSilent(mesh, mesh.ipc, first.signal);
  const late = assertRejects(
    () => mesh.ipc.call("fixture", "pid", {}, { startTimeout: 100 }),
    TargetStartError,
    "did not answer in 100 ms",
  );
  // So the other one is the last that waits.
  first.abort(new Error("enough"));
  await Promise.all([starting, late]);
  await gone(pid);
  assertEquals(await mesh.ipc.call("other", "pid", {}, { activate: false }), other);
});

meshTest("a caller that gives up early leaves the program that it started alone", async (mesh) => {
  const client = await NeverLiieIPC.client({ home: mesh.home });
  const caller = new AbortController();
  const { pid, starting } = await startSilent(mesh, client, caller.signal);
  caller.abort(new Error("enough"));
  await starting;
  // It waits for what became of the start.
  await client.close();
  assert(isAlive(pid));
  kill(pid);
  await gone(pid);
});

meshTest("a program that has joined, but does not answer yet, is not ended", async (mesh) => {
  const client = await NeverLiieIPC.client({ home: mesh.home });
  const first = new AbortController();
  const { pid, starting } = await startSilent(mesh, client, first.signal);
  // As by a program that is at work before it listens.
  const lock = ProcessLock.try(mesh.ipc.home.runtimeFile("fixture", "lock"))!;
  const late = assertRejects(
    () => client.wake("fixture", { startTimeout: 100 }),
    TargetStartError,
    "did not answer",
  );
  first.abort(new Error("enough"));
  await Promise.all([starting, late]);
  await client.close();
  lock.release();
  assert(isAlive(pid));
  kill(pid);
  await gone(pid);
});

meshTest(
  "five starts in ten seconds, then a refusal that says why and until when",
  async (mesh) => {
    await mesh.register({ args: ["crash"] });
    // In processes of their own now and then: the limit is the home's.
    const fail = () => mesh.ipc.call<Error>("fixture", "pid").catch((error) => error);
    for (let i = 0; i < 3; i++) assertEquals((await fail()).name, "TargetStartError");
    for (let i = 0; i < 2; i++) {
      assertEquals((await mesh.neverliie("wake", "fixture")).code, 4);
    }
    const { starts } = JSON.parse(
      Deno.readTextFileSync(mesh.ipc.home.runtimeFile("fixture", "starts.json")),
    ) as { starts: number[] };
    const refused = await fail();
    // Slow machines may take more than ten seconds for five starts; then there is no limit to see.
    if (starts.length < 5 || Date.now() - starts[0]! >= 10_000) return;
    assert(refused instanceof StartLimitError, String(refused));
    assertStringIncludes(refused.message, "5 times");
    assertStringIncludes(refused.message, refused.until.toISOString());
    assert(refused.until.getTime() > Date.now());
    const other = await mesh.neverliie("wake", "fixture");
    assertEquals(other.code, 4);
    assertStringIncludes(other.stderr, "may be started again at");
  },
);

meshTest("callers that wait together have limits of their own", async (mesh) => {
  await mesh.register();
  const [hasty, patient] = await Promise.allSettled([
    mesh.ipc.wake("fixture", { startTimeout: 1 }),
    mesh.ipc.wake("fixture"),
  ]);
  assertEquals([hasty.status, patient.status], ["rejected", "fulfilled"]);
});

meshTest("first calls made at once share one connection, which close ends", async (mesh) => {
  await mesh.register();
  await mesh.ipc.wake("fixture");
  const client = await NeverLiieIPC.client({ home: mesh.home });
  const quiet = { activate: false };
  await Promise.all([
    client.call("fixture", "pid", {}, quiet),
    client.call("fixture", "pid"),
    client.call("fixture", "pid", {}, quiet),
    client.wake("fixture"),
  ]);
  // The test's sanitizer sees a connection that is left.
  await client.close();
});

meshTest("a call to an app that is just leaving starts it anew", async (mesh) => {
  await mesh.register();
  /** Asks again where the leaving app took the call and dropped it: its caller is told so. */
  const ask = async (client: NeverLiieIPC): Promise<number> => {
    for (;;) {
      try {
        return await client.call<number>("fixture", "pid");
      } catch (error) {
        assertInstanceOf(error, ConnectionLostError, String(error));
      }
    }
  };
  for (let i = 0; i < 3; i++) {
    const first = await ask(mesh.ipc);
    const client = await NeverLiieIPC.client({ home: mesh.home });
    await mesh.ipc.call("fixture", "$/shutdown");
    // By a connection of its own, while the other one is being closed.
    let second = await ask(client);
    while (second === first) second = await ask(client);
    assert(isAlive(second));
    await client.close();
  }
});

if (!WINDOWS) {
  meshTest("a program that cannot be executed: an error that says so", async (mesh) => {
    const program = join(mesh.home, "not executable");
    Deno.writeTextFileSync(program, "no program", { mode: 0o600 });
    await mesh.ipc.registry.set("odd", { type: "binary", cmd: [program], cwd: mesh.home });
    await assertRejects(() => mesh.ipc.wake("odd"), TargetStartError, program);
  });
}

meshTest("a script whose lock file is gone is woken without it, and that is told", async (mesh) => {
  const lock = join(mesh.home, "gone ü.lock");
  const [deno, run, ...rest] = withoutLock(fixtureCommand("script"));
  const cmd = [deno!, run!, "--lock=gone ü.lock", "--frozen", ...rest];
  await mesh.ipc.registry.set("fixture", { type: "script", cmd, cwd: mesh.home });
  const { code, stderr } = await mesh.neverliie("wake", "fixture");
  assertEquals(code, 0, stderr);
  const told = `"fixture": its lock file "${lock}" is not there: it is started without`;
  assertStringIncludes(stderr, told);
  assert(await pidOf(mesh.ipc, "fixture") !== null);
});

meshTest(
  "a script whose Deno is gone is run by the one on PATH, which is recorded",
  async (mesh) => {
    const [deno, ...rest] = fixtureCommand("script");
    const old = join(mesh.home, "old", WINDOWS ? "deno.exe" : "deno");
    await mesh.ipc.registry.set("fixture", { type: "script", cmd: [old, ...rest], cwd: mesh.home });
    const folder = join(mesh.home, "bin with ü");
    Deno.mkdirSync(folder);
    const found = join(folder, WINDOWS ? "deno.exe" : "deno");
    if (WINDOWS) Deno.copyFileSync(deno!, found);
    else Deno.symlinkSync(deno!, found);
    const path = Deno.env.get("PATH")!;
    Deno.env.set("PATH", `${folder}${WINDOWS ? ";" : ":"}${path}`);
    // A script of Node is none for Deno.
    const node = join(mesh.home, "old", "node");
    const cmd = [node, rest.at(-1)!];
    await mesh.ipc.registry.set("other", { type: "script", cmd, cwd: mesh.home });
    try {
      await mesh.ipc.wake("fixture");
      const refused = await assertRejects(() => mesh.ipc.wake("other"), TargetStartError);
      assertStringIncludes(refused.message, `its program "${node}" is not there`);
    } finally {
      Deno.env.set("PATH", path);
    }
    // Recorded before it was started; since then the program has registered itself.
    const entry = (await mesh.ipc.registry.read()).apps.get("fixture")!;
    assert([found, deno].includes(entry.cmd[0]!), entry.cmd[0]);
    assertEquals(entry.cmd.slice(1), rest);
  },
);

meshTest(`a ${MODE} in a folder with spaces, quotes and umlauts is woken again and again`, async (
  mesh,
) => {
  await mesh.register();
  const first = await mesh.ipc.call<number>("fixture", "pid");
  const own = (await mesh.ipc.registry.read()).apps.get("fixture")!;
  assertEquals(own.source, "self");
  await mesh.stop("fixture", first);
  // By its own entry this time.
  const second = await mesh.ipc.call<number>("fixture", "pid");
  assert(first !== second);
});
