/** The suite's own programs in a home that nobody has used before. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import type { ScanStep } from "../../apps/scanner/contract.ts";
import type { HostStats, StatusBar } from "../../apps/statusbar/contract.ts";
import type { RunEvent } from "../../apps/terminal/contract.ts";
import { pidOf } from "../../lib/ipc/mod.ts";
import {
  gone,
  isAlive,
  meshTest,
  MODE,
  scriptCommand,
  suiteCommand,
  until,
  WINDOWS,
  withoutLock,
} from "../support/mesh/mesh.ts";

meshTest("launcher without a terminal: wakes the status bar, prints the dashboard, exits 0", async (
  mesh,
) => {
  const { code, stdout, stderr } = await mesh.run(suiteCommand("launcher"));
  assertEquals([code, stderr], [0, ""]);
  for (const part of ["CPU", "Memory", "statusbar", "Still running: statusbar", "stop --all"]) {
    assertStringIncludes(stdout, part);
  }
  assertMatch(stdout, /\d+(\.\d+)? [GM]iB of \d+(\.\d+)? GiB/);
  const pid = await pidOf(mesh.ipc, "statusbar");
  assert(pid !== null && isAlive(pid), "the status bar lives on");
  const again = await mesh.run(suiteCommand("launcher"));
  assertEquals(again.code, 0);
  assertEquals(await pidOf(mesh.ipc, "statusbar"), pid);
});

meshTest("a fresh home knows the suite, and leaves an app's own entry alone", async (mesh) => {
  await mesh.register({ name: "scanner", source: "self" });
  await mesh.seed();
  const { apps } = await mesh.ipc.registry.read();
  assertEquals([...apps.keys()].sort(), ["launcher", "scanner", "statusbar", "terminal"]);
  assertEquals(apps.get("scanner")!.source, "self");
  assertEquals([apps.get("statusbar")!.source, apps.get("statusbar")!.type], ["suite", MODE]);
});

if (MODE === "script") {
  meshTest("the suite is frozen on the lock file, and a script beside it is not", async (mesh) => {
    const isLock = (flag: string) => /^--(lock|frozen)/.test(flag);
    const program = scriptCommand("tests/support/programs/suite_program.ts");
    const user = withoutLock(scriptCommand("tests/support/programs/mesh_app.ts"));
    // Also where who asks was started without: what it wakes is the suite's.
    for (const command of [program, withoutLock(program)]) {
      const { code, stderr } = await mesh.run(command);
      assertEquals([code, stderr], [0, ""]);
      const { apps } = await mesh.ipc.registry.read();
      for (const name of ["launcher", "scanner", "statusbar", "terminal"]) {
        const [lock, frozen, ...more] = apps.get(name)!.cmd.filter(isLock);
        assertEquals([frozen, more], ["--frozen", []], name);
        assert(Deno.statSync(lock!.slice("--lock=".length)).isFile);
      }
    }
    await mesh.serve([...user, "--name", "own"]);
    const { apps } = await mesh.ipc.registry.read();
    assertEquals(apps.get("own")!.cmd.filter(isLock), []);
  });
}

meshTest("statusbar gives figures, again and again, and null for no battery", async (mesh) => {
  await mesh.seed();
  const bar = mesh.ipc.connect<StatusBar>("statusbar");
  const stats: HostStats = await bar.get_stats();
  assertGreater(stats.memory.total, 0);
  assertGreater(stats.memory.used, 0);
  assertGreater(stats.cpu.cores, 0);
  assert(stats.cpu.percent !== null && stats.cpu.percent >= 0 && stats.cpu.percent <= 100);
  assert(stats.battery === null || stats.battery.percent <= 100);
  const times: string[] = [];
  for await (const { time } of bar.watch_stats({ interval: 250 })) {
    if (times.push(time) === 3) break;
  }
  assertEquals(new Set(times).size, 3);
});

meshTest("scanner walks a real tree and stops when cancelled", async (mesh) => {
  await mesh.seed();
  const folder = join(mesh.home, "a tree ü");
  for (const sub of ["one", "two", "two/three"]) {
    Deno.mkdirSync(join(folder, sub), { recursive: true });
  }
  for (let i = 0; i < 300; i++) Deno.writeTextFileSync(join(folder, "two", `file ${i}`), "12345");
  Deno.writeTextFileSync(join(folder, "two", "three", "Grüße.txt"), "1234567");
  const steps = await Array.fromAsync(
    mesh.ipc.stream<ScanStep>("scanner", "deep_scan", { folder }),
  );
  const last = steps.at(-1)!;
  assertEquals([last.finished, last.done, last.total, last.bytes, last.errors], [
    true,
    301,
    301,
    1507,
    0,
  ]);
  assert(steps.some(({ file }) => file.endsWith("Grüße.txt")));
  for await (const step of mesh.ipc.stream<ScanStep>("scanner", "deep_scan", { folder })) {
    if (step.done > 10) break;
  }
  Deno.writeTextFileSync(join(folder, "one", "again ü"), "1234567");
  const asked = { folder, steps: "progress", top: 1, duplicates: true };
  const surveyed = await Array.fromAsync(mesh.ipc.stream<ScanStep>("scanner", "deep_scan", asked));
  const { summary, done } = surveyed.at(-1)!;
  const [largest] = summary!.largestFolders;
  assertEquals([done, largest!.path, largest!.bytes], [302, "", 1514]);
  assertEquals(
    summary!.duplicates.find(({ bytes }) => bytes === 7)?.files,
    [join("one", "again ü"), join("two", "three", "Grüße.txt")],
  );
  const missing = await mesh.ipc.stream("scanner", "deep_scan", { folder: join(folder, "no") })
    .next().catch((error) => error);
  assertStringIncludes(missing.message, "no");
});

meshTest("terminal runs a command: output as it comes, then the exit code", async (mesh) => {
  await mesh.seed();
  const command = WINDOWS ? "echo out&echo err 1>&2&exit 5" : "echo out; echo err >&2; exit 5";
  const events = await Array.fromAsync(mesh.ipc.stream<RunEvent>("terminal", "run", { command }));
  const text = (type: string) =>
    events.map((event) => event.type === type ? (event as { text: string }).text : "").join("")
      .trim();
  assertEquals([text("stdout"), text("stderr")], ["out", "err"]);
  assertEquals(events.at(-1), { type: "exit", code: 5, signal: null });
  const viaFrontEnd = await mesh.run([...suiteCommand("terminal"), command]);
  assertEquals([viaFrontEnd.code, viaFrontEnd.stdout.trim()], [5, "out"]);
});

meshTest("cancelling a terminal command ends its whole process tree", async (mesh) => {
  await mesh.seed();
  // A program that starts another one; both tell their process and would run for ever.
  const inner = `console.log("inner", Deno.pid); setInterval(() => {}, 1000);`;
  const outer = `const [deno, inner] = Deno.args;
    new Deno.Command(deno, { args: ["eval", inner] }).spawn();
    console.log("outer", Deno.pid); setInterval(() => {}, 1000);`;
  const script = join(mesh.home, "outer.ts");
  Deno.writeTextFileSync(script, outer);
  const deno = Deno.execPath();
  const command = [deno, "run", "-A", "--no-config", script, deno, inner];
  const pids: number[] = [];
  let text = "";
  const stream = mesh.ipc.stream<RunEvent>("terminal", "run", { command }, { timeout: 60_000 });
  for await (const event of stream) {
    if (event.type === "stdout") text += event.text;
    const found = [...text.matchAll(/(?:inner|outer) (\d+)\s/g)].map(([, pid]) => Number(pid));
    if (found.length === 2) {
      pids.push(...found);
      break;
    }
  }
  for (const pid of pids) await gone(pid);
});

meshTest("a front end beside its running host is a client of it", async (mesh) => {
  const host = await mesh.serve([...suiteCommand("statusbar"), "--host"]);
  const second = await mesh.run(suiteCommand("statusbar"));
  assertEquals([second.code, second.stderr], [0, ""]);
  assertStringIncludes(second.stdout, `already running (process ${host.pid})`);
  const results = await Promise.all(
    Array.from({ length: 4 }, () => mesh.neverliie("ping", "statusbar")),
  );
  for (const { code } of results) assertEquals(code, 0);
  await until(async () => await pidOf(mesh.ipc, "statusbar") === host.pid);
});
