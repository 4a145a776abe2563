/** Homes that are not as they should be: each works, or says what is wrong, where, and what to do. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { openHome } from "../../lib/ipc/registry/home.ts";
import { APP_NAME_MAX } from "../../lib/ipc/base/name.ts";
import { NeverLiieIPC } from "../../lib/ipc/mod.ts";
import { pidOf } from "../../lib/ipc/status.ts";
import {
  fixtureCommand,
  gone,
  meshTest,
  MODE,
  suiteCommand,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";

// (A pipe's name on Windows is nothing that anybody could remove.)
if (!WINDOWS) {
  meshTest("a running app whose socket was removed is found again, and says so", async (mesh) => {
    const { child, pid, ended } = await mesh.serve(fixtureCommand());
    for (const what of ["socket", "folder"]) {
      await using client = await NeverLiieIPC.client({ home: mesh.home });
      const { home } = client;
      if (what === "socket") Deno.removeSync(home.address("fixture"));
      else Deno.removeSync(home.runtime, { recursive: true });
      await until(async () => await pidOf(client, "fixture") === pid);
      assertEquals((Deno.lstatSync(home.runtime).mode ?? 0) & 0o777, 0o700);
    }
    child.kill("SIGTERM");
    const { stderr } = await ended;
    const line = `The socket "${mesh.ipc.home.address("fixture")}" was removed, and is made anew`;
    assertEquals(stderr.split("\n").filter((text) => text === line).length, 2, stderr);
  });
}

meshTest("a home that is not there yet is made, by whoever comes first", async (mesh) => {
  const path = join(mesh.home, "not", "there yet");
  const options = { env: { NEVERLIIE_HOME: path } };
  const list = await mesh.run([...suiteCommand("neverliie"), "list"], options);
  assertEquals([list.code, list.stderr], [0, ""]);
  assert(Deno.statSync(join(path, "registry.json")).isFile);
  Deno.removeSync((await openHome(path)).runtime, { recursive: true });
});

/** A folder in `parent` whose path has `length` characters, in parts of a usual size. */
function longPath(parent: string, length: number): string {
  let path = parent;
  while (length - path.length > 60) path = join(path, "long ü".padEnd(49, "x"));
  return join(path, "y".repeat(length - path.length - 1));
}

// Wine tells no real path of over 260 characters (error 234, see the next test): there the home is
// shorter, and the log in it is not.
const LONG = WINDOWS ? 240 : 300;

meshTest(`a home on a path of ${LONG} characters works`, async (mesh) => {
  const path = longPath(mesh.home, LONG);
  const client = await NeverLiieIPC.client({ home: path });
  const name = "n".repeat(APP_NAME_MAX);
  await client.registry.set(name, {
    type: MODE,
    cmd: fixtureCommand(),
    cwd: mesh.home,
    args: ["--name", name],
  });
  const pid = await client.call<number>(name, "pid");
  if (WINDOWS) {
    // (Under Wine and Deno 2.7, a program without all permissions opens no path of that length.)
    await client.call(name, "$/shutdown");
  } else {
    const options = { env: { NEVERLIIE_HOME: path } };
    const stop = await mesh.run([...suiteCommand("neverliie"), "stop", name], options);
    const line = `${name} was stopped (process ${pid})\n`;
    assertEquals([stop.code, stop.stdout, stop.stderr], [0, line, ""]);
  }
  await gone(pid);
  const log = client.home.logFile(name);
  assert(!WINDOWS || log.length > 260);
  assertStringIncludes(Deno.readTextFileSync(log), `ready ${pid}`);
  await client.close();
  Deno.removeSync(client.home.runtime, { recursive: true });
});

if (WINDOWS) {
  meshTest("a home on a path of 300 characters works, or the error names it", async (mesh) => {
    const path = longPath(mesh.home, 300);
    const { code, stderr } = await mesh.run([...suiteCommand("neverliie"), "list"], {
      env: { NEVERLIIE_HOME: path },
    });
    if (code === 0) return;
    assertEquals(code, 1);
    assertStringIncludes(stderr, path);
    assertStringIncludes(stderr, "choose another by NEVERLIIE_HOME");
  });
}

/** What is done to a mesh's folders, seen by one program and those that it starts. */
const DISKS = {
  full: `exec 3< "$NEVERLIIE_HOME/registry.json"
    mount -t tmpfs -o size=64k,mode=700 tmpfs "$NEVERLIIE_HOME"
    mkdir "$NEVERLIIE_HOME/logs"
    cat <&3 > "$NEVERLIIE_HOME/registry.json"
    yes > "$NEVERLIIE_HOME/filler" 2> /dev/null || true`,
  readOnly: `mount --bind "$NEVERLIIE_HOME" "$NEVERLIIE_HOME"
    mount -o remount,ro,bind "$NEVERLIIE_HOME"`,
  readOnlyRuntime: `mount --bind "$RUNTIME" "$RUNTIME"
    mount -o remount,ro,bind "$RUNTIME"`,
  fullRuntime: `mount -t tmpfs -o size=8k,mode=700 tmpfs "$RUNTIME"
    yes > "$RUNTIME/filler" 2> /dev/null || true`,
};

/** The command in a namespace of its own, in which `disk` has been done. */
function on(disk: keyof typeof DISKS, command: readonly string[]): string[] {
  const script = `set -e; umask 077; ${DISKS[disk]}\nexec "$@"`;
  return ["unshare", "-m", "sh", "-c", script, "sh", ...command];
}

/** Only Linux has mount namespaces, and only root may mount in one that keeps its user. */
function canMount(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const args = ["-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"];
  return new Deno.Command("unshare", { args, stderr: "null" }).outputSync().success;
}

// (Wine shows a Linux folder as a drive of its own; its programs cannot be given a full one.)
if (!canMount()) {
  Deno.test.ignore(
    "homes on full and read-only disks: needs root on Linux, to mount some",
    () => {},
  );
} else {
  const told = { full: "No space left on device", readOnly: "Read-only file system" };
  const remedy = { full: "Free some space there", readOnly: "Make that place writable" };
  for (const disk of ["full", "readOnly"] as const) {
    meshTest(`${disk} disk: an app serves, and says that it is not registered`, async (mesh) => {
      await mesh.register({ name: "other" });
      const { child, pid, ended } = await mesh.serve(on(disk, fixtureCommand()));
      assertEquals(await mesh.ipc.call("fixture", "pid", {}, { activate: false }), pid);
      child.kill("SIGTERM");
      const { stderr } = await ended;
      const file = mesh.ipc.home.registryFile;
      for (const part of [file, told[disk], remedy[disk], "runs, but was not registered"]) {
        assertStringIncludes(stderr, part);
      }
    });

    meshTest(
      `${disk} disk: what cannot be started says why, the registry is whole`,
      async (mesh) => {
        await mesh.register({ name: "other" });
        const before = Deno.readTextFileSync(mesh.ipc.home.registryFile);
        const wake = [...suiteCommand("neverliie"), "wake", "other"];
        const look =
          `"$@"; code=$?; cat "$NEVERLIIE_HOME/registry.json"; ls -A "$NEVERLIIE_HOME" >&2
        exit $code`;
        const result = await mesh.run(on(disk, ["sh", "-c", look, "sh", ...wake]));
        assertEquals(result.code, 4, result.stderr);
        const log = mesh.ipc.home.logFile("other");
        for (const part of ['Cannot start "other"', log, told[disk], remedy[disk]]) {
          assertStringIncludes(result.stderr, part);
        }
        assertEquals(result.stdout, before);
        assert(!/\.tmp$|\.probe$/m.test(result.stderr), result.stderr);
      },
    );
  }

  meshTest(
    "doctor tells of full and read-only folders, and of no place for sockets",
    async (mesh) => {
      await mesh.register({ name: "other" });
      const { runtime } = mesh.ipc.home;
      const doctor = [...suiteCommand("neverliie"), "doctor", "--json"];
      for (
        const [disk, check, place, why] of [
          ["full", "home", mesh.home, told.full],
          ["readOnly", "home", mesh.home, told.readOnly],
          ["readOnlyRuntime", "transport", runtime, told.readOnly],
        ] as const
      ) {
        const result = await mesh.run(on(disk, doctor), { env: { RUNTIME: runtime } });
        assertEquals([result.code, result.stderr], [1, ""]);
        const { findings } = JSON.parse(result.stdout);
        const found = findings.find((finding: { check: string }) => finding.check === check);
        for (const part of [place, why]) assertStringIncludes(found.problem, part);
        assert(found.mend.length > 0 && !found.fixable);
      }
    },
  );

  meshTest("full runtime folder: a start is refused, as nothing could limit it", async (mesh) => {
    await mesh.register({ name: "other" });
    const wake = [...suiteCommand("neverliie"), "wake", "other"];
    const { runtime } = mesh.ipc.home;
    const result = await mesh.run(on("fullRuntime", wake), { env: { RUNTIME: runtime } });
    assertEquals(result.code, 4, result.stderr);
    const file = mesh.ipc.home.runtimeFile("other", "starts.json");
    for (const part of ['Cannot start "other"', file, told.full, remedy.full]) {
      assertStringIncludes(result.stderr, part);
    }
  });

  meshTest("read-only disk: a home that cannot be made is an error that names it", async (mesh) => {
    const path = join(mesh.home, "new");
    const command = ["env", `NEVERLIIE_HOME=${path}`, ...suiteCommand("neverliie"), "list"];
    const { code, stderr } = await mesh.run(on("readOnly", command));
    assertEquals(code, 1);
    for (const part of [path, told.readOnly, "choose another by NEVERLIIE_HOME"]) {
      assertStringIncludes(stderr, part);
    }
  });
}
