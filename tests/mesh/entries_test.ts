/**
 * Entries of the registry whose program, script or folder is not there, for the moment or for good:
 * each is told by name, none is lost, and all else goes on.
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { Elevation } from "../../lib/ipc/activation/elevation.ts";
import { readKept } from "../../lib/ipc/activation/kept_record.ts";
import { Supervisor } from "../../lib/ipc/activation/supervisor.ts";
import { pidOf, type RegistryEntry, TargetStartError } from "../../lib/ipc/mod.ts";
import { platform } from "../../lib/ipc/os/platform.ts";
import {
  fixtureCommand,
  gone,
  kill,
  meshTest,
  MODE,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";
import { commandOf, place } from "../support/mesh/placed_app.ts";

interface About {
  cwd: string;
  args: string[];
}

const entryOf = async (mesh: TestMesh, name = "fixture"): Promise<RegistryEntry | undefined> =>
  (await mesh.ipc.registry.read()).apps.get(name);

const about = (mesh: TestMesh) => mesh.neverliie("call", "fixture", "about", "--json");

async function stop(mesh: TestMesh): Promise<void> {
  await mesh.stop("fixture", (await pidOf(mesh.ipc, "fixture"))!);
}

meshTest("an app whose folder is gone is started in its program's, and says so", async (mesh) => {
  const cwd = join(mesh.home, "a folder ü");
  await mesh.register({ cwd });
  const own = dirname(fixtureCommand().at(-1)!);
  for (const what of ["nothing", "a file"]) {
    if (what === "a file") Deno.writeTextFileSync(cwd, "");
    const { code, stdout, stderr } = await about(mesh);
    const why = what === "a file" ? "is no folder" : "is not there";
    assertEquals([code, (JSON.parse(stdout) as About).cwd], [0, own], stderr);
    assertStringIncludes(stderr, `"fixture": its working directory "${cwd}" ${why}`);
    assertStringIncludes(stderr, `started in "${own}"`);
    await stop(mesh);
  }
  // The app has registered itself meanwhile; where it is to be started is kept for the next time.
  assertEquals([(await entryOf(mesh))!.source, (await entryOf(mesh))!.cwd], ["self", cwd]);
  Deno.removeSync(cwd);
  Deno.mkdirSync(cwd);
  const again = await about(mesh);
  assertEquals([(JSON.parse(again.stdout) as About).cwd, again.stderr], [cwd, ""]);
  await stop(mesh);
  // A person who starts it elsewhere decides anew.
  Deno.removeSync(cwd);
  await mesh.serve(fixtureCommand(), { cwd: mesh.home });
  assertEquals((await entryOf(mesh))!.cwd, mesh.home);
});

if (MODE === "script") {
  meshTest("a flag that leads from a folder that is gone does not lead elsewhere", async (mesh) => {
    const [deno, run, , ...rest] = fixtureCommand();
    for (const flag of ["--allow-read=.", "-W=logs,/tmp", "--import-map=map.json"]) {
      await mesh.register({ cmd: [deno!, run!, flag, ...rest], cwd: join(mesh.home, "gone") });
      const error = await assertRejects(() => mesh.ipc.wake("fixture"), TargetStartError, flag);
      assertStringIncludes(error.message, join(mesh.home, "gone"));
    }
    const flag = "--allow-run=git";
    await mesh.register({ cmd: [deno!, run!, "-A", flag, ...rest], cwd: join(mesh.home, "gone") });
    await mesh.neverliie("wake", "fixture");
    assert(!Deno.readTextFileSync(mesh.ipc.home.logFile("fixture")).includes("leads on"));
  });
}

meshTest(
  "an app whose drive is away keeps its entry, and is woken when it is back",
  async (mesh) => {
    const drive = join(mesh.home, "drive");
    const path = place(join(drive, "programs"), "app");
    await mesh.register({ cmd: commandOf(path), args: ["--mine"], cwd: join(drive, "programs") });
    const before = await entryOf(mesh);
    Deno.renameSync(drive, `${drive} unplugged`);
    for (const place of ["missing", "empty"]) {
      if (place === "empty") Deno.mkdirSync(join(drive, "programs"), { recursive: true });
      const called = await about(mesh);
      assertEquals(called.code, 4);
      const { message } = JSON.parse(called.stderr).error;
      for (const part of [path, "its drive may be away"]) assertStringIncludes(message, part);
      const { code, stdout, stderr } = await mesh.neverliie("prune");
      assertEquals([code, stdout], [0, "Nothing to remove.\n"]);
      assertStringIncludes(stderr, "fixture stays");
      assertEquals(await entryOf(mesh), before);
    }
    Deno.removeSync(drive, { recursive: true });
    Deno.renameSync(`${drive} unplugged`, drive);
    const { args, cwd } = await mesh.ipc.call<About>("fixture", "about");
    assertEquals([args, cwd], [["--mine"], join(drive, "programs")]);
    await stop(mesh);
  },
);

meshTest("prune removes what is certainly gone and nobody's own; others by name", async (mesh) => {
  await mesh.register();
  const missing = (name: string, ...folders: string[]) => join(mesh.home, ...folders, name);
  const entry = (path: string): RegistryEntry => ({ type: "binary", cmd: [path], cwd: mesh.home });
  const set = (name: string, more: RegistryEntry) => mesh.ipc.registry.set(name, more);
  await set("gone", entry(missing("gone.exe")));
  await set("edited", { ...entry(missing("edited.exe")), args: ["--mine"] });
  await set("away", entry(missing("away.exe", "not", "mounted")));
  // A call removes none of them.
  for (const name of ["gone", "edited", "away"]) {
    const error = await assertRejects(() => mesh.ipc.wake(name), TargetStartError);
    assertStringIncludes(
      error.message,
      missing(`${name}.exe`, ...name === "away" ? ["not", "mounted"] : []),
    );
  }
  const { stdout, stderr } = await mesh.neverliie("prune", "--json");
  assertEquals(JSON.parse(stdout), ["gone"]);
  for (const part of ["edited stays", "away stays"]) assertStringIncludes(stderr, part);
  assertEquals((await entryOf(mesh, "edited"))!.args, ["--mine"]);
  const named = await mesh.neverliie("prune", "edited", "away", "fixture", "--json");
  assertEquals(JSON.parse(named.stdout), ["edited", "away"]);
  assertStringIncludes(named.stderr, "fixture stays");
  assertEquals([await entryOf(mesh, "edited"), await entryOf(mesh, "away")], [
    undefined,
    undefined,
  ]);
  assert(await entryOf(mesh) !== undefined);
});

meshTest("doctor tells of each entry that cannot be started, and why", async (mesh) => {
  const set = async (name: string, path: string, more: Partial<RegistryEntry> = {}) => {
    await mesh.ipc.registry.set(name, { type: "binary", cmd: [path], cwd: mesh.home, ...more });
    return path;
  };
  const app = place(join(mesh.home, "apps"), "app");
  const expected: [check: string, level: string, fixable: boolean, ...parts: string[]][] = [];
  const gone = await set("gone", join(mesh.home, "gone.exe"));
  expected.push(["gone", "problem", true, gone, "is gone"]);
  const edited = await set("edited", join(mesh.home, "edited.exe"), { args: ["--mine"] });
  expected.push(["edited", "problem", false, edited, "is gone", "neverliie prune edited"]);
  const away = await set("away", join(mesh.home, "drive", "away.exe"));
  expected.push(["away", "problem", false, away, "may be away", "neverliie prune away"]);
  const folder = await set("folder", join(mesh.home, "logs"));
  expected.push(["folder", "problem", true, folder, "is a folder now"]);
  const cwd = join(mesh.home, "gone");
  await mesh.register({ name: "elsewhere", cmd: commandOf(app), cwd });
  expected.push(["elsewhere", "note", false, cwd, "is not there"]);
  if (!WINDOWS) {
    for (const [from, to] of [["a", "b"], ["b", "a"]] as const) {
      Deno.symlinkSync(join(mesh.home, to), join(mesh.home, from));
    }
    expected.push([
      "loop",
      "problem",
      false,
      await set("loop", join(mesh.home, "a")),
      "loop of links",
    ]);
    Deno.symlinkSync(join(mesh.home, "nowhere"), join(mesh.home, "link"));
    const link = await set("link", join(mesh.home, "link"));
    expected.push(["link", "problem", false, link, "a link to what is not there"]);
    const closed = join(mesh.home, "closed");
    Deno.writeTextFileSync(closed, "", { mode: 0o600 });
    expected.push(["closed", "problem", false, await set("closed", closed), "is not executable"]);
  }
  const { code, stdout } = await mesh.neverliie("doctor", "--json");
  const { findings } = JSON.parse(stdout) as { findings: Record<string, string | boolean>[] };
  assertEquals(code, 1);
  const found = findings.filter(({ check }) => check === "registry");
  assertEquals(found.length, expected.length, stdout);
  for (const [name, level, fixable, ...parts] of expected) {
    const finding = found.find(({ problem }) => String(problem).startsWith(`"${name}"`))!;
    assertEquals([finding["level"], finding["fixable"]], [level, fixable], name);
    for (const part of parts) {
      assertStringIncludes(`${finding["problem"]} ${finding["mend"]}`, part, name);
    }
  }
});

meshTest(
  "an app that is kept alive and whose drive is away is started when it is back",
  async (mesh) => {
    const drive = join(mesh.home, "drive");
    const path = place(drive, "app");
    await mesh.register({ cmd: commandOf(path), cwd: mesh.home, keep_alive: true });
    const { home, registry } = mesh.ipc;
    const pid = await mesh.ipc.call<number>("fixture", "pid");
    kill(pid);
    await gone(pid);
    // (A program that has just ended is let go of a moment later on Windows.)
    await until(() => rename(drive, `${drive} unplugged`));
    const reports: string[] = [];
    const context = { home, registry, platform: platform(), elevation: new Elevation(platform()) };
    const times = { look: 5, firstPause: 1, restarts: 1, absent: 5 };
    const supervisor = new Supervisor(context, null, (problem) => reports.push(problem), times);
    await until(() => reports.length > 0);
    // Looked for again and again, and told once; it is no restart, and nothing to give up.
    const looks = countReads(registry);
    await until(() => looks() > 10);
    assertEquals(reports.length, 1);
    for (const part of ['"fixture" died', path, "may be away"]) {
      assertStringIncludes(
        reports[0]!,
        part,
      );
    }
    assertEquals(readKept(home, "fixture")?.gaveUp, null);
    await until(() => rename(`${drive} unplugged`, drive));
    const next = await mesh.answering();
    await supervisor.stop();
    assert(next !== pid);
  },
);

function rename(from: string, to: string): boolean {
  try {
    Deno.renameSync(from, to);
    return true;
  } catch (error) {
    if (!WINDOWS) throw error;
    return false;
  }
}

/** How often the registry has been read since. */
function countReads(registry: TestMesh["ipc"]["registry"]): () => number {
  let reads = 0;
  const read = registry.read.bind(registry);
  registry.read = () => {
    reads++;
    return read();
  };
  return () => reads;
}
