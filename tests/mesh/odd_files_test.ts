/**
 * Files of the mesh that are something else: a folder, a file where a folder should be, a loop of
 * links, closed, empty, with a byte order mark. Each is told by name, and everything else goes on.
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { listApps, TargetStartError } from "../../lib/ipc/mod.ts";
import {
  fixtureCommand,
  meshTest,
  suiteCommand,
  type TestMesh,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { type Finished } from "../support/mesh/program_output.ts";

function makePipe(path: string): void {
  const { success } = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  assert(success, `mkfifo ${path}`);
}

interface Finding {
  check: string;
  level: string;
  problem: string;
}

async function doctor(mesh: TestMesh): Promise<Finding[]> {
  const { stdout } = await mesh.neverliie("doctor", "--json");
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return findings.filter(({ check }) => check !== "elevation");
}

function told({ stderr }: Finished, ...parts: string[]): void {
  for (const part of parts) assertStringIncludes(stderr, part);
}

meshTest("files of one app that are folders are told, and keep nobody else", async (mesh) => {
  const { home } = mesh.ipc;
  const { pid } = await mesh.serve([...fixtureCommand(), "--name", "other"]);
  const kinds = ["lock", "start.lock", "starts.json"] as const;
  for (const kind of kinds) {
    const name = `odd-${kind.replace(".", "-")}`;
    await mesh.register({ name });
    const path = home.runtimeFile(name, kind);
    Deno.mkdirSync(path);
    const error = await assertRejects(() => mesh.ipc.wake(name), Error, path);
    assertStringIncludes(error.message, name);
  }
  Deno.mkdirSync(home.keptFile("odd-kept"), { recursive: true });
  await mesh.register({ name: "odd-kept" });
  // Nothing of that hides who runs, and what runs is called and stopped.
  const apps = await listApps(mesh.ipc);
  assertEquals(apps.find(({ name }) => name === "other")?.pid, pid);
  assertEquals(apps.filter(({ running }) => running).length, 1);
  assertEquals(await mesh.ipc.call("other", "pid", {}, { activate: false }), pid);
  const findings = await doctor(mesh);
  assertEquals(findings.map(({ level }) => level), findings.map(() => "problem"));
  const paths = [
    ...kinds.map((kind) => home.runtimeFile(`odd-${kind.replace(".", "-")}`, kind)),
    home.keptFile("odd-kept"),
  ];
  for (const path of paths) {
    assert(
      findings.some(({ problem }) => problem.includes(`"${path}"`) && /a folder/.test(problem)),
    );
  }
  assertEquals(findings.length, paths.length);
  // One that cannot take its own lock says which file that is.
  const { code, stderr } = await mesh.run([...fixtureCommand(), "--name", "odd-lock"]);
  assert(code !== 0);
  assertStringIncludes(stderr, home.runtimeFile("odd-lock", "lock"));
  assertEquals(
    (await mesh.neverliie("stop", "--all")).stdout,
    `other was stopped (process ${pid})\n`,
  );
});

meshTest("what is no folder in place of the home is told by name", async (mesh) => {
  const path = join(mesh.home, "elsewhere");
  const list = () =>
    mesh.run([...suiteCommand("neverliie"), "list"], { env: { NEVERLIIE_HOME: path } });
  const why = (what: string) => `Cannot use "${path}" as the home of the mesh: ${what}. Mend`;
  Deno.writeTextFileSync(path, "");
  told(await list(), why("it is no folder"));
  if (WINDOWS) return; // Its links want a right that not everybody has.
  Deno.removeSync(path);
  Deno.symlinkSync(`${path}-away`, path);
  told(await list(), why("it is a link to what is not there"));
});

meshTest(
  "a folder in place of the registry: who runs is called, told and stopped",
  async (mesh) => {
    await mesh.serve([...fixtureCommand(), "--name", "early"]);
    const path = mesh.ipc.registry.path;
    Deno.removeSync(path);
    Deno.mkdirSync(path);
    // One that starts now serves as well.
    const { pid, child, ended } = await mesh.serve(fixtureCommand());
    assertEquals(await mesh.ipc.call("fixture", "pid", {}, { activate: false }), pid);
    const list = await mesh.neverliie("list", "--json");
    assertEquals(list.code, 1);
    told(list, path);
    assertEquals(list.stderr.trim().split("\n").length, 1, "it is told once");
    const running = JSON.parse(list.stdout) as { name: string; pid: number }[];
    assertEquals(running.map(({ name }) => name), ["early", "fixture"]);
    const woken = await mesh.neverliie("wake", "nobody");
    assert(woken.code !== 0);
    told(woken, path);
    const found = (await doctor(mesh)).filter(({ check }) => check === "registry");
    assertEquals(found.length, 1);
    assertStringIncludes(found[0]!.problem, path);
    const stopped = await mesh.neverliie("stop", "--all", "--json");
    assertEquals(JSON.parse(stopped.stdout).length, 2);
    await child.status;
    told(await ended, path, '"fixture" runs, but was not registered');
  },
);

meshTest(
  "a file in place of the folder of logs: who runs is called, waking tells",
  async (mesh) => {
    const logs = join(mesh.home, "logs");
    Deno.removeSync(logs, { recursive: true });
    Deno.writeTextFileSync(logs, "");
    await mesh.register({ name: "asleep" });
    const { pid } = await mesh.serve(fixtureCommand());
    const called = await mesh.neverliie("call", "fixture", "pid", "--json");
    assertEquals([called.code, called.stdout, called.stderr], [0, `${pid}\n`, ""]);
    const error = await assertRejects(() => mesh.ipc.wake("asleep"), TargetStartError);
    assertStringIncludes(error.message, mesh.ipc.home.logFile("asleep"));
    const findings = await doctor(mesh);
    assert(
      findings.some(({ problem }) => problem === `"${logs}" is no folder`),
      JSON.stringify(findings),
    );
    Deno.removeSync(logs);
    await mesh.ipc.wake("asleep").catch((error) => assertStringIncludes(error.message, logs));
  },
);

meshTest("what is no file in place of an app's logs is told, and waking waits for nobody", async (
  mesh,
) => {
  const { home } = mesh.ipc;
  const log = home.logFile("fixture");
  const records = join(home.path, "logs", "scanner.jsonl");
  const said = home.logFile("scanner");
  await mesh.register();
  await mesh.register({ name: "scanner", cmd: suiteCommand("scanner"), args: [] });
  const odd = [{ what: "it is a folder", make: (path: string) => Deno.mkdirSync(path) }];
  if (!WINDOWS) odd.push({ what: "it is a pipe", make: makePipe });
  for (const { what, make } of odd) {
    make(log);
    make(records);
    const error = await assertRejects(() => mesh.ipc.wake("fixture"), TargetStartError);
    assertEquals(
      error.message,
      `Cannot start "fixture": its log "${log}" cannot be written: ${what}`,
    );
    const found = (await doctor(mesh)).map(({ problem }) => problem);
    assertEquals(found, [
      `"fixture" cannot write to "${log}": ${what}`,
      `"scanner" cannot write to "${records}": ${what}`,
    ]);
    // A program of the suite works and ends without its records, which it writes then at the latest.
    await mesh.ipc.wake("scanner");
    await mesh.stop("scanner", await mesh.answering("scanner"));
    assertStringIncludes(Deno.readTextFileSync(said), `Cannot write "${records}": ${what}\n`);
    Deno.removeSync(log);
    Deno.removeSync(records);
    Deno.removeSync(said);
  }
  if (Deno.build.os !== "linux") return;
  // One of another user, as after sudo. (To this one not even the superuser may write, but Deno lets
  // programs without all permissions look at nothing there: what doctor says would be another thing.)
  Deno.symlinkSync("/sys/kernel/uevent_seqnum", log);
  const error = await assertRejects(() => mesh.ipc.wake("fixture"), TargetStartError);
  const why = "you have no right to write to it";
  assertEquals(error.message, `Cannot start "fixture": its log "${log}" cannot be written: ${why}`);
});

meshTest(
  "records and registry with a byte order mark, cut off or empty, are none or good",
  async (mesh) => {
    const { home, registry } = mesh.ipc;
    await mesh.register();
    const text = Deno.readTextFileSync(registry.path);
    Deno.writeTextFileSync(registry.path, `\ufeff${text}`);
    for (const record of ["", "{", "\ufeff{}", "[]", "null"]) {
      Deno.writeTextFileSync(home.runtimeFile("fixture", "starts.json"), record);
      const pid = await mesh.ipc.call<number>("fixture", "pid");
      await mesh.stop("fixture", pid);
    }
  },
);

meshTest("a registry in UTF-16 is read, and kept when somebody registers", async (mesh) => {
  const { registry } = mesh.ipc;
  for (const [bigEndian, name] of [[false, "early"], [true, "late"]] as const) {
    await mesh.register();
    const text = `\ufeff{"other": "left as it is", ${
      Deno.readTextFileSync(registry.path).slice(1)
    }`;
    const view = new DataView(new ArrayBuffer(2 * text.length));
    for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), !bigEndian);
    Deno.writeFileSync(registry.path, new Uint8Array(view.buffer));
    const [told] = (await doctor(mesh)).filter(({ check }) => check === "registry");
    assertStringIncludes(told!.problem, '"other"');
    const pid = await mesh.ipc.call<number>("fixture", "pid");
    await mesh.serve([...fixtureCommand(), "--name", name]);
    const entries = JSON.parse(Deno.readTextFileSync(registry.path));
    assertEquals(entries.other, "left as it is");
    assert(entries.fixture !== undefined && entries[name] !== undefined);
    await mesh.stop("fixture", pid);
    Deno.removeSync(registry.path);
  }
});

if (!WINDOWS) {
  meshTest("links that lead in a circle are told by name", async (mesh) => {
    const { home, registry } = mesh.ipc;
    await mesh.register();
    const loop = (path: string) => {
      Deno.symlinkSync(`${path}.b`, path);
      Deno.symlinkSync(path, `${path}.b`);
    };
    loop(home.runtimeFile("fixture", "start.lock"));
    const error = await assertRejects(() => mesh.ipc.wake("fixture"), Error);
    assertStringIncludes(error.message, home.runtimeFile("fixture", "start.lock"));
    Deno.removeSync(registry.path);
    loop(registry.path);
    const list = await mesh.neverliie("list");
    assertEquals(list.code, 1);
    told(list, registry.path);
    const findings = (await doctor(mesh)).map(({ problem }) => problem).join("\n");
    for (const path of [home.runtimeFile("fixture", "start.lock"), registry.path]) {
      assertStringIncludes(findings, path);
    }
  });
}
