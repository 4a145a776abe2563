/** `neverliie doctor`: what it finds, what it mends, and what it leaves alone. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename, join } from "@std/path";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import {
  fixtureCommand,
  kill,
  meshTest,
  MODE,
  suiteCommand,
  type TestMesh,
  until,
  WINDOWS,
  withoutLock,
} from "../support/mesh/mesh.ts";
import { take } from "../support/mesh/cleaner.ts";
import { isAlive } from "../support/mesh/process.ts";

interface Finding {
  check: string;
  level: string;
  problem: string;
  mend: string;
  fixable: boolean;
  fixed: boolean;
}

/** What it tells, but for whether the process is elevated: that is this machine's own matter. */
async function doctor(mesh: TestMesh, ...args: string[]) {
  const { code, stdout, stderr } = await mesh.neverliie("doctor", "--json", ...args);
  assertEquals(stderr, "");
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  assertEquals(code, ok ? 0 : 1);
  const found = findings.filter(({ check }) => check !== "elevation");
  return { ok, found, of: (check: string) => found.filter((finding) => finding.check === check) };
}

meshTest(
  "doctor finds nothing wrong with a mesh that runs or sleeps, and says so",
  async (mesh) => {
    await mesh.register();
    await mesh.register({ name: "sleeper" });
    await mesh.ipc.wake("fixture");
    assertEquals((await doctor(mesh)).found, []);
    const { code, stdout } = await mesh.neverliie("doctor");
    assertEquals(code, 0);
    assertMatch(stdout, /Nothing (else )?is wrong\.\n$/);
  },
);

meshTest("doctor names entries without a program, and --fix removes those alone", async (mesh) => {
  await mesh.register();
  const gone = join(mesh.home, "gone ü");
  await mesh.ipc.registry.set("gone", { type: "binary", cmd: [gone], cwd: mesh.home });
  const { ok, found } = await doctor(mesh);
  assertEquals([ok, found.length], [false, 1]);
  assertStringIncludes(found[0]!.problem, gone);
  assertStringIncludes(found[0]!.mend, "neverliie prune");
  assertEquals((await mesh.ipc.registry.read()).apps.has("gone"), true);
  const mended = await doctor(mesh, "--fix");
  assertEquals([mended.ok, mended.found.map(({ fixed }) => fixed)], [true, [true]]);
  const { apps } = await mesh.ipc.registry.read();
  assertEquals([apps.has("gone"), apps.has("fixture")], [false, true]);
});

meshTest("doctor leaves a registry that cannot be read where it is, until --fix", async (mesh) => {
  // An app that once ran is looked for by its lock; a call to it would read the registry.
  await mesh.register();
  const pid = await mesh.ipc.call<number>("fixture", "pid");
  await mesh.stop("fixture", pid);
  await Deno.writeTextFile(mesh.ipc.registry.path, '{"fixture": ');
  const { ok, of } = await doctor(mesh);
  assertEquals([ok, of("registry")[0]!.fixable], [false, true]);
  assertEquals(await Deno.readTextFile(mesh.ipc.registry.path), '{"fixture": ');
  const mended = await doctor(mesh, "--fix");
  assertEquals([mended.ok, mended.of("registry")[0]!.fixed], [true, true]);
  // What was in it is kept, and told of.
  const [note] = mended.of("leftovers");
  assertEquals(note!.level, "note");
  const kept = /"([^"]+corrupt[^"]+)"/.exec(note!.problem)![1]!;
  assertEquals(await Deno.readTextFile(kept), '{"fixture": ');
});

meshTest(
  "doctor tells of entries that cannot be used, and leaves them to a person",
  async (mesh) => {
    const text = JSON.stringify({ odd: { type: "binary", cmd: [], cwd: mesh.home } });
    await Deno.writeTextFile(mesh.ipc.registry.path, text);
    const { ok, of } = await doctor(mesh, "--fix");
    assertEquals([ok, of("registry")[0]!.fixed, of("registry")[0]!.fixable], [false, false, false]);
    assertMatch(of("registry")[0]!.problem, /"odd": .*"cmd"/);
    assertEquals(await Deno.readTextFile(mesh.ipc.registry.path), text);
  },
);

meshTest("doctor tells which app was started too often, and where to look", async (mesh) => {
  await mesh.register({ name: "crashing", args: ["crash"] });
  let refused = false;
  while (!refused) {
    refused = await mesh.ipc.wake("crashing").then(
      () => false,
      (error: Error) => error.name === "StartLimitError",
    );
  }
  const { ok, of } = await doctor(mesh);
  assertEquals(ok, false);
  assertMatch(of("apps")[0]!.problem, /"crashing" was started too often and is not before 2/);
  assertStringIncludes(of("apps")[0]!.mend, "neverliie logs crashing");
});

// It waits five seconds for an answer: once on each system is enough.
if (MODE === "script") {
  meshTest(
    "doctor tells of a name that is held by a process that does not answer",
    async (mesh) => {
      await mesh.register();
      // As a program does that hangs before it listens.
      using _lock = ProcessLock.try(mesh.ipc.home.runtimeFile("fixture", "lock"));
      const { ok, of } = await doctor(mesh);
      assertEquals([ok, of("apps").length], [false, 1]);
      assertMatch(
        of("apps")[0]!.problem,
        /"fixture": (a )?process.* holds its name and does not answer/,
      );
      assertStringIncludes(of("apps")[0]!.mend, "neverliie logs fixture");
      // (Wine's Restart Manager knows of no process.)
      if (Deno.build.os === "linux") {
        assertStringIncludes(of("apps")[0]!.problem, `process ${Deno.pid} holds its name`);
        assertStringIncludes(of("apps")[0]!.mend, `kill ${Deno.pid}`);
      }
    },
  );
}

if (Deno.build.os === "linux") {
  meshTest("doctor counts the copies of an app, and says which of them answers", async (mesh) => {
    const { pid } = await mesh.serve(fixtureCommand());
    const path = mesh.ipc.home.runtimeFile("fixture", "lock");
    // As a second copy does, before it listens.
    Deno.removeSync(path);
    const lock = ProcessLock.try(path);
    const { ok, of } = await doctor(mesh);
    assertEquals([ok, of("apps").length], [false, 1]);
    const { problem, mend } = of("apps")[0]!;
    assertMatch(problem, /"fixture" runs 2 times/);
    for (const part of [pid, Deno.pid]) assertStringIncludes(problem, String(part));
    assertStringIncludes(problem, `process ${pid} answers`);
    assertStringIncludes(mend, `kill ${Deno.pid}`);
    lock!.release();
    await until(async () => (await doctor(mesh)).found.length === 0);
    // Nothing else calls that a copy: who asks for a lock, a sleeping app's file.
    await mesh.register({ name: "other" });
    assertEquals((await doctor(mesh)).found, []);
  });
}

if (WINDOWS) {
  // (On Unix it is made anew before anybody could see that.)
  meshTest("doctor tells of an app that answers and whose lock file was taken", async (mesh) => {
    const { pid } = await mesh.serve(fixtureCommand());
    take(mesh.ipc.home.runtimeFile("fixture", "lock"));
    const { ok, of } = await doctor(mesh);
    assertEquals([ok, of("apps").map(({ level }) => level)], [true, ["note"]]);
    assertStringIncludes(of("apps")[0]!.problem, `"fixture" (process ${pid}) answers`);
    assertStringIncludes(of("apps")[0]!.mend, "neverliie stop fixture");
  });
}

meshTest("doctor tells of a script whose Deno is gone, and keeps its entry", async (mesh) => {
  const [deno, ...rest] = fixtureCommand("script");
  const gone = join(mesh.home, "old", basename(deno!));
  await mesh.ipc.registry.set("fixture", { type: "script", cmd: [gone, ...rest], cwd: mesh.home });
  const { ok, of } = await doctor(mesh, "--fix");
  assertEquals([ok, of("registry").map(({ fixed }) => fixed)], [false, [false]]);
  assertStringIncludes(of("registry")[0]!.problem, gone);
  assertStringIncludes(of("registry")[0]!.mend, "neverliie wake fixture");
  assertEquals((await mesh.ipc.registry.read()).apps.has("fixture"), true);
});

meshTest("doctor tells of a lock file that is gone", async (mesh) => {
  const lock = join(mesh.home, "gone ü.lock");
  const [deno, run, ...rest] = withoutLock(fixtureCommand("script"));
  const cmd = [deno!, run!, `--lock=${lock}`, "--frozen", ...rest];
  await mesh.ipc.registry.set("fixture", { type: "script", cmd, cwd: mesh.home });
  const { ok, of } = await doctor(mesh);
  assertEquals([ok, of("registry").length], [false, 1]);
  assertStringIncludes(of("registry")[0]!.problem, lock);
});

meshTest("doctor tells whether it is elevated, which is no fault", async (mesh) => {
  const { code, stdout } = await mesh.neverliie("doctor", "--json");
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const found = findings.filter(({ check }) => check === "elevation");
  assertEquals([code, found.map(({ level }) => level)], [
    0,
    platform().rights().elevated ? ["note"] : [],
  ]);
});

meshTest("doctor says what to set where there is no home at all", async (mesh) => {
  const variables = { NEVERLIIE_HOME: "", HOME: "", USERPROFILE: "" };
  const command = [...suiteCommand("neverliie"), "doctor"];
  const { code, stdout } = await mesh.run(command, { env: variables });
  assertEquals(code, 1);
  assertMatch(stdout, /problem {2}home: Cannot find the home.*\n {2}to mend: set NEVERLIIE_HOME/);
});

meshTest("doctor --fix removes a killed process's temporary file", async (mesh) => {
  const left = join(mesh.home, ".registry.json.4711.tmp");
  await Deno.writeTextFile(left, "{");
  const { ok, of } = await doctor(mesh);
  assertEquals([ok, of("leftovers").length], [true, 1]);
  assertEquals((await doctor(mesh, "--fix")).of("leftovers")[0]!.fixed, true);
  assertEquals((await doctor(mesh)).found, []);
});

meshTest("doctor says what is wrong with a home that is no folder", async (mesh) => {
  const file = join(mesh.home, "a file");
  await Deno.writeTextFile(file, "");
  const command = [...suiteCommand("neverliie"), "doctor"];
  const { code, stdout } = await mesh.run(command, { env: { NEVERLIIE_HOME: file } });
  assertEquals(code, 1);
  assertMatch(stdout, /^problem {2}home: Cannot use ".*a file".*\n {2}to mend: .*NEVERLIIE_HOME/);
});

if (!WINDOWS) {
  // Windows has neither sockets that stay nor modes; who may write is shown by tests of the
  // access list.
  meshTest("doctor --fix removes a killed app's socket, and no living one's", async (mesh) => {
    await mesh.register();
    await mesh.register({ name: "living" });
    await mesh.ipc.wake("living");
    const pid = await mesh.ipc.call<number>("fixture", "pid");
    kill(pid);
    await until(() => !isAlive(pid));
    const { ok, of } = await doctor(mesh);
    assertEquals([ok, of("leftovers").length], [true, 1]);
    assertStringIncludes(of("leftovers")[0]!.problem, mesh.ipc.home.address("fixture"));
    assertEquals((await doctor(mesh, "--fix")).of("leftovers")[0]!.fixed, true);
    assertEquals((await doctor(mesh)).found, []);
    await mesh.ipc.call("living", "$/ping", {}, { activate: false });
  });

  meshTest("doctor --fix takes others' rights to write from home and registry", async (mesh) => {
    await mesh.register();
    await Deno.chmod(mesh.ipc.registry.path, 0o666);
    await Deno.chmod(mesh.home, 0o777);
    const { ok, of } = await doctor(mesh);
    assertEquals([ok, of("home").length], [false, 1]);
    const mended = await doctor(mesh, "--fix");
    assertEquals(mended.ok, true);
    assertEquals(mended.of("registry").map(({ fixed }) => fixed), [true]);
    const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
    assertEquals(await mode(mesh.ipc.registry.path), 0o644);
    assertEquals(await mode(mesh.home), 0o700);
    assertEquals((await doctor(mesh)).found, []);
  });

  meshTest("doctor tells of a stranger at an app's address", async (mesh) => {
    await mesh.register();
    const path = mesh.ipc.home.address("fixture");
    using listener = Deno.listen({ transport: "unix", path });
    const accepting = (async () => {
      for await (const peer of listener) peer.close();
    })();
    const { ok, of } = await doctor(mesh, "--fix");
    assertEquals(ok, false);
    assertMatch(of("apps")[0]!.problem, /"fixture" does not run, yet some program listens/);
    listener.close();
    await accepting;
  });
}
