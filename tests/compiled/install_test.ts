/**
 * Installation, upgrade, rollback and removal, done with the executables themselves. What is there
 * before and after is compared file by file and, on Windows, value by value in the registry.
 */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { basename, join } from "@std/path";
import { isThere as exists } from "../../lib/system/working_folder.ts";
import { readManifest, writeManifest } from "../../apps/manifest.ts";
import { VERSION } from "../../apps/version.ts";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import {
  type AppDescription,
  ConnectionLostError,
  NeverLiieIPC,
  pidOf,
} from "../../lib/ipc/mod.ts";
import { NEXT_VERSION } from "../lab/executables.ts";
import { bytesOf, Desk, filesOf, tree } from "../support/mesh/desk.ts";
import { readShortcut } from "../support/mesh/shortcut.ts";
import {
  executable,
  EXECUTABLES,
  meshTest,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";

/** Clients that call the status bar without pause. */
class Load {
  /** Calls that were answered. */
  answered = 0;
  readonly #callers: Promise<void>[];
  #ended = false;

  constructor(mesh: TestMesh) {
    this.#callers = Array.from({ length: 4 }, () => this.#call(mesh));
  }

  /** Fails where a call failed that could not be made again, or had to be more than once a stop. */
  async end(stops = 1): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#callers);
    assert(this.#lost <= stops * this.#callers.length, `${this.#lost} calls had to be made again`);
  }

  /** Ends it where the test has failed: calls without pause would slow all that follow. */
  [Symbol.dispose](): void {
    this.#ended = true;
  }

  #lost = 0;

  async #call(mesh: TestMesh): Promise<void> {
    await using ipc = await NeverLiieIPC.client({ home: mesh.home });
    while (!this.#ended) {
      try {
        await ipc.call("statusbar", "get_stats", {}, { timeout: 30_000 });
        this.answered++;
      } catch (error) {
        // Its answer was under way when the program was stopped: the one reason to call again.
        if (!(error instanceof ConnectionLostError)) throw error;
        this.#lost++;
      }
    }
  }
}

/** Resolves once a program has written the text, and reads on. */
async function said(child: Deno.ChildProcess, text: string): Promise<void> {
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let all = ""; !all.includes(text);) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`It ended before it said "${text}": ${all}`);
    all += value;
  }
  void (async () => {
    while (!(await reader.read()).done);
  })();
}

function ascii(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[^\x00-\x7f]/g, "?");
}

/**
 * This user's part of the Windows registry as reg.exe prints it; elsewhere nothing. All of it under
 * Wine; Windows itself goes on writing into most of it.
 */
async function registryOfUser(): Promise<string[]> {
  if (!WINDOWS) return [];
  const version = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion";
  const keys = Deno.env.has("WINEPREFIX")
    ? ["HKCU"]
    : ["HKCU\\Environment", `${version}\\Run`, `${version}\\Uninstall`];
  const texts = await Promise.all(keys.map(async (key) => {
    const { stdout } = await new Deno.Command("reg", { args: ["query", key, "/s"] }).output();
    // It writes in the console's code page: letters beyond ASCII are not told apart here.
    return ascii(new TextDecoder().decode(stdout)).split(/\r?\n/);
  }));
  const lines = texts.flat();
  assert(lines.some((line) => line.endsWith("Environment")), "the registry was read");
  // The key above the entries of all installed programs stays, empty, where ours was the first.
  return lines.filter((line) => line !== "" && !/CurrentVersion\\Uninstall$/.test(line));
}

/** Each installation copies 100 MB and starts the executable by every name; some tests make four. */
const PATIENT = { limit: 120_000 };

if (EXECUTABLES !== null) {
  meshTest(
    "install, then uninstall: all is as it was, but for what the user made",
    async (mesh) => {
      using desk = new Desk(mesh);
      await desk.unpackSuite(desk.source);
      const command = join(desk.source, basename(executable("neverliie")));
      const before = { tree: tree(desk.user), registry: await registryOfUser() };

      const dry = await desk.run([command, "install", "--dry-run"]);
      assertEquals([dry.code, dry.stderr], [0, ""]);
      assertStringIncludes(dry.stdout, desk.root);
      assertEquals(tree(desk.user), before.tree);

      const installed = await desk.run([command, "install"]);
      assertEquals([installed.code, installed.stderr], [0, ""]);
      assertStringIncludes(installed.stdout, `NeverLiie ${VERSION} is installed`);
      assertNotEquals(tree(desk.user), before.tree);
      assertEquals(filesOf(desk), 1);
      const { size } = Deno.statSync(command);
      assert(bytesOf(desk.root) - size < 100_000, "the executable is on the disk once");
      if (WINDOWS) await assertWindowsDesktop(desk);
      else await assertLinuxDesktop(desk);

      // The mesh starts the installed programs. The launcher keeps what it is used for, and gives
      // editors the schema of its configuration.
      await mesh.ipc.call("launcher", "search", { query: "status" }, { timeout: 30_000 });
      await mesh.ipc.stream("launcher", "launch", { id: "app:statusbar" }).next();
      assert(exists(join(mesh.home, "launcher.json")));
      assert(exists(join(mesh.home, "schemas", "launcher.schema.json")));
      const woken = await desk.run([desk.installed("neverliie"), "wake", "statusbar"]);
      assertEquals(woken.code, 0, woken.stderr);
      const { launch } = await mesh.ipc.call<{ launch: { cmd: string[] } }>(
        "statusbar",
        "$/describe",
      );
      assertEquals(launch.cmd, [desk.installed("statusbar")]);

      // Something of the user's own in each place.
      await mesh.register({ name: "mine" });
      const note = join(desk.root, "my note.txt");
      await Deno.writeTextFile(note, "mine");
      const planned = await desk.run([desk.installed("neverliie"), "uninstall", "--dry-run"]);
      assertStringIncludes(planned.stdout, "stop statusbar");
      assertNotEquals(await pidOf(mesh.ipc, "statusbar"), null, "--dry-run stops nothing");

      const gone = await desk.run([desk.installed("neverliie"), "uninstall"]);
      assertEquals([gone.code, gone.stderr], [0, ""]);
      for (const left of [note, mesh.ipc.registry.path]) assertStringIncludes(gone.stdout, left);
      assertEquals(await pidOf(mesh.ipc, "statusbar"), null);
      assertEquals([...(await mesh.ipc.registry.read()).apps.keys()], ["mine"]);
      // On Windows the shell removes the programs a moment after this one's end.
      await until(() => tree(desk.root).join() === "my note.txt");

      await Deno.remove(note);
      // Without the user's note nothing is left at all: installed and removed once more.
      await desk.install();
      await mesh.ipc.registry.update(new Map([["mine", () => null]]));
      await desk.uninstall();
      assertEquals(await registryOfUser(), before.registry);
      // The folders above the note were not empty when the first removal looked at them.
      const files = () => tree(desk.user).filter((path) => !path.endsWith("/"));
      await until(() => !files().some((path) => path.endsWith(".cmd"))); // removes itself
      assertEquals(files(), before.tree.filter((path) => !path.endsWith("/")));
      // Nor is there a home, or a lock beside the sockets.
      assertEquals([exists(mesh.home), exists(mesh.ipc.home.runtime)], [false, false]);
    },
    PATIENT,
  );

  meshTest("uninstall: a program that runs from elsewhere goes on, with its lock", async (mesh) => {
    using desk = new Desk(mesh);
    await mesh.ipc.registry.set("statusbar", {
      ...{ type: "binary", cmd: [executable("statusbar")], cwd: mesh.home },
    });
    await mesh.ipc.wake("statusbar");
    const pid = await pidOf(mesh.ipc, "statusbar");
    await desk.unpack(desk.source, {
      neverliie: executable("neverliie"),
      statusbar: executable("statusbar"),
    });
    const installed = await desk.run([
      join(desk.source, basename(executable("neverliie"))),
      "install",
      "--no-path",
    ]);
    assertEquals([installed.code, installed.stderr], [0, ""]);
    assertStringIncludes(installed.stdout, `still runs from "${executable("statusbar")}"`);
    // (Its name alone would not be found.)
    assertStringIncludes(installed.stdout, `Try: "${desk.installed("neverliie")}" list`);
    assertStringIncludes(await desk.uninstall(), "statusbar runs from elsewhere, and goes on");
    assertEquals(await pidOf(mesh.ipc, "statusbar"), pid);
    assert(ProcessLock.isHeld(mesh.ipc.home.runtimeFile("statusbar", "lock")), "its name is held");
  });

  meshTest("install and uninstall go to their end though nobody reads how far they are", async (
    mesh,
  ) => {
    using desk = new Desk(mesh);
    const unread = async (...command: string[]) => {
      const child = desk.spawn(command);
      await child.stdout.cancel();
      const stderr = new Response(child.stderr).text();
      assertEquals([(await child.status).code, await stderr], [0, ""], command.join(" "));
    };
    await desk.unpack(desk.source, { neverliie: executable("neverliie") });
    await unread(join(desk.source, basename(executable("neverliie"))), "install");
    assert(exists(desk.installed("neverliie")) && exists(join(desk.root, "installed.json")));
    await unread(desk.installed("neverliie"), "uninstall");
    await until(() => !exists(desk.root));
  });

  meshTest("upgrade under load: callers wait, and no call is lost that could be retried", async (
    mesh,
  ) => {
    using desk = new Desk(mesh);
    await desk.install();
    const next = await desk.unpack(
      join(desk.user, "next ü"),
      { statusbar: join(EXECUTABLES!, "next", basename(executable("statusbar"))) },
      NEXT_VERSION,
    );
    for (const app of ["statusbar", "launcher"]) await mesh.ipc.wake(app);
    const pid = await pidOf(mesh.ipc, "statusbar");
    const other = await pidOf(mesh.ipc, "launcher");

    using load = new Load(mesh);
    await until(() => load.answered > 20);
    const during = load.answered;
    const { code, stdout, stderr } = await desk.run([
      desk.installed("neverliie"),
      ...["upgrade", "--from", next, "--json"],
    ]);
    await load.end();
    assertEquals([code, stderr], [0, ""]);
    const { version, before, restarted } = JSON.parse(stdout);
    assertEquals([version, before, restarted], [NEXT_VERSION, VERSION, ["statusbar"]]);
    assert(load.answered > during, "calls were answered during the upgrade");
    const about = await mesh.ipc.call<{ version: string; pid: number }>("statusbar", "$/describe");
    assertEquals(about.version, NEXT_VERSION);
    assertNotEquals(about.pid, pid);
    // What the new version did not bring is still there, by a name of the old file, and runs on.
    assertEquals([await pidOf(mesh.ipc, "launcher"), filesOf(desk)], [other, 2]);
    const { length } = tree(desk.user).filter((path) =>
      path.startsWith("next") || /^(tmp|unpacked)/.test(path)
    );
    await desk.uninstall();
    // Every folder that the installation made has gone with it.
    await until(() => tree(desk.user).length <= length);
  }, PATIENT);

  meshTest("an old command that still runs is in no upgrade's way, nor in a removal's", async (
    mesh,
  ) => {
    using desk = new Desk(mesh);
    await desk.install();
    const next = await desk.unpack(
      join(desk.user, "next"),
      {
        neverliie: executable("neverliie"),
        statusbar: join(EXECUTABLES!, "next", basename(executable("statusbar"))),
      },
      NEXT_VERSION,
    );
    // Windows tells a program's path as it was typed.
    const typed = (path: string) => WINDOWS ? path.toUpperCase() : path;
    await mesh.serve([typed(desk.installed("statusbar")), "--host"], { env: desk.env });
    const previous = () =>
      tree(desk.root).filter((path) => /^\.previous.*neverliie/.test(path)).length;
    const old: Deno.ChildProcess[] = [];
    // They run from what becomes the version before, and the version before that.
    for (const from of [next, desk.source]) {
      const following = desk.spawn([desk.installed("neverliie"), "logs", "-f", "statusbar"]);
      old.push(following);
      const pid = await pidOf(mesh.ipc, "statusbar");
      const { code, stdout, stderr } = await desk.run([
        desk.installed("neverliie"),
        ...["upgrade", "--from", from, "--to", typed(desk.root), "--json"],
      ]);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(JSON.parse(stdout).restarted, ["statusbar"]);
      assertNotEquals(await pidOf(mesh.ipc, "statusbar"), pid);
      if (WINDOWS) assert(previous() >= old.length, "it keeps its file");
    }
    const { code, stderr } = await desk.run([
      desk.installed("neverliie"),
      ...["uninstall", "--to", typed(desk.root)],
    ]);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await pidOf(mesh.ipc, "statusbar"), null);
    for (const child of old) {
      child.kill("SIGKILL");
      await child.status;
    }
    await until(() => !exists(desk.root) && !tree(desk.user).some((path) => path.endsWith(".cmd")));
  }, PATIENT);

  meshTest("an upgrade that does not answer is taken back", async (mesh) => {
    using desk = new Desk(mesh);
    await desk.install();
    await mesh.ipc.wake("statusbar");
    const files = tree(desk.root);
    const entry = (await mesh.ipc.registry.read()).apps.get("statusbar");
    // It runs, but by the name of its file it is another program, and never answers as the status bar.
    const wrong = await desk.unpack(
      join(desk.user, "wrong"),
      { scanner: executable("scanner") },
      NEXT_VERSION,
    );
    const manifest = (await readManifest(wrong))!;
    const programs = manifest.programs.map((program) => ({ ...program, name: "statusbar" }));
    await writeManifest(wrong, { ...manifest, programs });
    using load = new Load(mesh);
    const taken = await desk.run([
      desk.installed("neverliie"),
      ...["upgrade", "--from", wrong, "--timeout", "1500"],
    ]);
    await load.end();
    assertEquals(taken.code, 1, taken.stdout);
    assertStringIncludes(taken.stderr, '"statusbar" did not answer');
    await assertAsBefore();

    if (!WINDOWS) { // (On Windows a test cannot press Ctrl-C for another program.)
      const interrupted = desk.spawn([desk.installed("neverliie"), "upgrade", "--from", wrong]);
      await said(interrupted, "stopped statusbar");
      interrupted.kill("SIGINT");
      assertEquals((await interrupted.status).code, 130);
      await assertAsBefore();
    }

    // One that does not run at all is found out before anything is stopped.
    const pid = await pidOf(mesh.ipc, "statusbar");
    const torn = join(desk.user, "torn program");
    await Deno.writeFile(torn, (await Deno.readFile(executable("statusbar"))).subarray(0, 4096));
    const broken = await desk.unpack(join(desk.user, "broken"), { statusbar: torn }, NEXT_VERSION);
    const refused = await desk.run([desk.installed("neverliie"), "upgrade", "--from", broken]);
    assertEquals(refused.code, 1, refused.stdout);
    assertStringIncludes(refused.stderr, "does not run on this machine");
    assertEquals(await pidOf(mesh.ipc, "statusbar"), pid);
    await assertAsBefore();

    // And one whose content is not what its manifest says, before it is run.
    await Deno.writeTextFile(join(broken, basename(executable("statusbar"))), "changed");
    const changed = await desk.run([desk.installed("neverliie"), "upgrade", "--from", broken]);
    assertEquals(changed.code, 1);
    assertStringIncludes(changed.stderr, "manifest.json");
    await assertAsBefore();
    await desk.uninstall();

    async function assertAsBefore(): Promise<void> {
      const about = await mesh.ipc.call<{ version: string }>("statusbar", "$/describe");
      assertEquals(about.version, VERSION);
      await until(() => tree(desk.root).join() === files.join());
      const { registered: _, ...now } = (await mesh.ipc.registry.read()).apps.get("statusbar")!;
      const { registered: __, ...then } = entry!;
      assertEquals(now, then);
    }
  }, PATIENT);

  meshTest(
    "upgrade from a file for each program to one for all, not to a wrong one, and back",
    async (
      mesh,
    ) => {
      using desk = new Desk(mesh);
      const each = await desk.unpack(desk.source, {
        ...{ neverliie: executable("neverliie"), statusbar: executable("statusbar") },
        launcher: executable("launcher"),
      });
      const run = async (...args: string[]) => {
        const file = basename(executable("neverliie"));
        const command = exists(desk.installed("neverliie")) ? desk.root : desk.source;
        return await desk.run([join(command, file), ...args, "--json"]);
      };
      const upgrade = async (from: string) => {
        const { code, stdout, stderr } = await run("upgrade", "--from", from);
        assertEquals([code, stderr], [0, ""]);
        return JSON.parse(stdout).restarted.toSorted();
      };
      const versions = async () => {
        const told = [];
        for (const app of ["launcher", "statusbar"]) {
          const about = await mesh.ipc.call<AppDescription>(app, "$/describe");
          told.push([about.version, about.launch?.cmd[0]]);
        }
        return told;
      };
      const all = (version: string) =>
        ["launcher", "statusbar"].map((app) => [version, desk.installed(app)]);
      assertEquals((await run("install")).code, 0);
      assertEquals(filesOf(desk), 3);
      for (const app of ["launcher", "statusbar"]) await mesh.ipc.wake(app);
      const before = tree(desk.root);

      // It is another version than its manifest says.
      const next = await desk.unpackSuite(join(desk.user, "next"), join(EXECUTABLES!, "next"));
      const manifest = (await readManifest(next))!;
      await writeManifest(next, { ...manifest, version: "98.0.0" });
      const refused = await run("upgrade", "--from", next);
      assertEquals(refused.code, 1, refused.stdout);
      assertStringIncludes(refused.stderr, `answers as version ${NEXT_VERSION}, not 98.0.0`);
      await until(() => tree(desk.root).join() === before.join());
      assertEquals([await versions(), filesOf(desk)], [all(VERSION), 3]);

      await writeManifest(next, manifest);
      using load = new Load(mesh);
      await until(() => load.answered > 5);
      assertEquals(await upgrade(next), ["launcher", "statusbar"]);
      await load.end();
      assertEquals([await versions(), filesOf(desk)], [all(NEXT_VERSION), 1]);
      assert(exists(desk.installed("scanner")), "what had no file of its own is there");

      assertEquals(await upgrade(each), ["launcher", "statusbar"]);
      assertEquals([await versions(), filesOf(desk)], [all(VERSION), 4]);
      await desk.uninstall();
      assert(!exists(desk.root));
    },
    PATIENT,
  );

  meshTest("an upgrade that is killed is mended by the next one", async (mesh) => {
    using desk = new Desk(mesh);
    await desk.install();
    await mesh.ipc.wake("statusbar");
    const before = tree(desk.root);
    const next = await desk.unpackSuite(join(desk.user, "next"), join(EXECUTABLES!, "next"));
    const killed = desk.spawn([desk.installed("neverliie"), "upgrade", "--from", next]);
    await said(killed, "stopped statusbar");
    killed.kill("SIGKILL");
    await killed.status;
    const { code, stderr } = await desk.run([
      desk.installed("neverliie"),
      ...["upgrade", "--from", desk.source],
    ]);
    assertEquals([code, stderr], [0, ""]);
    const about = await mesh.ipc.call<{ version: string }>("statusbar", "$/describe");
    assertEquals(about.version, VERSION);
    await until(() => tree(desk.root).join() === before.join());
    await Deno.mkdir(join(desk.root, ".previous"));
    await Deno.writeTextFile(join(desk.root, ".previous", "statusbar"), "of an upgrade killed now");
    assert(!(await desk.uninstall()).includes("Left"));
  }, PATIENT);

  meshTest("install: what cannot be installed is told", async (mesh) => {
    using desk = new Desk(mesh);
    const command = executable("neverliie");
    for (
      const [args, text] of [
        [["install", "--from", desk.user], "manifest.json"],
        [["upgrade"], "nothing is installed"],
        [["uninstall"], "nothing is installed"],
      ] as const
    ) {
      const { code, stderr } = await desk.run([command, ...args]);
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, text);
    }
  });
}

/** The link, the menu's entry and the service. */
async function assertLinuxDesktop(desk: Desk): Promise<void> {
  const command = await desk.run([join(desk.user, ".local", "bin", "neverliie"), "list"]);
  assertEquals(command.code, 0);
  assertStringIncludes(command.stdout, desk.installed("statusbar"));
  const entry = await Deno.readTextFile(
    join(desk.user, "data", "applications", "neverliie.desktop"),
  );
  assertStringIncludes(entry, `Exec="${desk.installed("launcher")}"`);
  const unit = await Deno.readTextFile(
    join(desk.user, "config", "systemd", "user", "default.target.wants", "neverliie.service"),
  );
  assertStringIncludes(unit, `ExecStart=:"${desk.installed("statusbar")}" --host`);
}

/** PATH, the entry in the list of installed programs, and the shortcuts: what is in them. */
async function assertWindowsDesktop(desk: Desk): Promise<void> {
  const registry = (await registryOfUser()).join("\n");
  assertStringIncludes(registry, ascii(`"${desk.installed("neverliie")}" uninstall`));
  // The file counts once, whatever names it has.
  const [, kilobytes] = /EstimatedSize\s+REG_DWORD\s+(\S+)/.exec(registry) ?? [];
  const { size } = Deno.statSync(desk.installed("neverliie"));
  assertEquals(Number(kilobytes), size >> 10);
  const path = await new Deno.Command("reg", { args: ["query", "HKCU\\Environment", "/v", "Path"] })
    .output();
  assertStringIncludes(new TextDecoder().decode(path.stdout), "REG_EXPAND_SZ");
  const menu = join(desk.user, "Roaming", "Microsoft", "Windows", "Start Menu", "Programs");
  const read = async (path: string) => readShortcut(await Deno.readFile(path));
  const { description: _, ...program } = await read(join(menu, "NeverLiie.lnk"));
  assertEquals(program, {
    ...{ target: desk.installed("launcher"), arguments: "", folder: desk.root, show: NORMAL },
  });
  const logon = join(menu, "Startup", "NeverLiie.lnk");
  assertEquals(await read(logon), {
    target: desk.installed("neverliie"),
    arguments: "wake statusbar",
    folder: desk.root,
    description: "Wakes the NeverLiie status bar",
    show: MINIMIZED,
  });
  // What the system does with it at logon.
  const started = await desk.run(["cmd.exe", "/d", "/c", "start", "", logon]);
  assertEquals(started.code, 0, started.stderr);
  await desk.mesh.answering("statusbar");
}

/** How the window of a program begins. */
const NORMAL = 1;
const MINIMIZED = 7;
