/**
 * Installation, upgrade, rollback and removal, done with the executables themselves. What is there
 * before and after is compared file by file and, on Windows, value by value in the registry.
 */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { basename, dirname, join } from "@std/path";
import { VERSION } from "../../apps/version.ts";
import { readManifest, sha256OfFile, writeManifest } from "../../apps/manifest.ts";
import { ProcessLock } from "../../lib/ipc/base/lock.ts";
import { ConnectionLostError, NeverLiieIPC, pidOf } from "../../lib/ipc/mod.ts";
import { NEXT_VERSION } from "../lab/executables.ts";
import { readShortcut } from "../support/mesh/shortcut.ts";
import {
  executable,
  EXECUTABLES,
  meshTest,
  type TestMesh,
  until,
  WINDOWS,
} from "../support/mesh/mesh.ts";

/** One user's folders, and a folder to install from. */
class Desk {
  readonly mesh: TestMesh;
  readonly user: string;
  readonly source: string;

  constructor(mesh: TestMesh) {
    this.mesh = mesh;
    this.user = join(dirname(mesh.home), `user of ${basename(mesh.home)}`);
    this.source = join(this.user, "unpacked");
    Deno.mkdirSync(this.#temporary, { recursive: true });
  }

  /** With characters that the name of an account may have, and Windows' shell does not bear. */
  get #temporary(): string {
    return join(this.user, "tmp of & (a) @b^c");
  }

  /** The variables by which a program finds the user's places. */
  get env(): Record<string, string> {
    const { user } = this;
    return WINDOWS
      ? {
        ...{ USERPROFILE: user, APPDATA: join(user, "Roaming") },
        ...{ LOCALAPPDATA: join(user, "Local"), TEMP: this.#temporary, TMP: this.#temporary },
      }
      : {
        ...{ HOME: user, XDG_DATA_HOME: join(user, "data"), XDG_CONFIG_HOME: join(user, "config") },
        TMPDIR: this.#temporary,
      };
  }

  /** Where the programs go. */
  get root(): string {
    return WINDOWS
      ? join(this.user, "Local", "Programs", "NeverLiie")
      : join(this.user, "data", "neverliie");
  }

  /** The installed executable of a program. */
  installed(name: string): string {
    return join(this.root, basename(executable(name)));
  }

  /** Makes a folder with some of the built programs and their manifest, as an archive holds it. */
  async unpack(
    folder: string,
    programs: Record<string, string>,
    version: string = VERSION,
  ): Promise<string> {
    await Deno.mkdir(folder, { recursive: true });
    const manifest = (await readManifest(EXECUTABLES!))!;
    const chosen = [];
    for (const [name, from] of Object.entries(programs)) {
      const built = manifest.programs.find((program) => program.name === name)!;
      await Deno.copyFile(from, join(folder, built.file));
      chosen.push({ ...built, sha256: await sha256OfFile(from) });
    }
    await writeManifest(folder, { ...manifest, version, programs: chosen });
    return folder;
  }

  run(command: string[]) {
    return this.mesh.run(command, { env: this.env });
  }

  spawn(command: string[]): Deno.ChildProcess {
    return this.mesh.spawn(command, { env: this.env });
  }

  /** Installs the command and the status bar. */
  async install(): Promise<void> {
    await this.unpack(this.source, {
      neverliie: executable("neverliie"),
      statusbar: executable("statusbar"),
      launcher: executable("launcher"),
    });
    const { code, stderr } = await this.run([
      join(this.source, basename(executable("neverliie"))),
      "install",
    ]);
    assertEquals([code, stderr], [0, ""]);
  }

  async uninstall(): Promise<string> {
    const { code, stdout, stderr } = await this.run([this.installed("neverliie"), "uninstall"]);
    assertEquals([code, stderr], [0, ""]);
    // On Windows the shell removes the program's own file a moment after its end.
    await until(() => !exists(this.root));
    return stdout;
  }

  [Symbol.dispose](): void {
    for (let attempt = 1;; attempt++) {
      try {
        return Deno.removeSync(this.user, { recursive: true });
      } catch (error) {
        // Windows lets go of a program's file a moment after the program has ended.
        if (!WINDOWS || attempt === 100) {
          console.error(error); // what the test itself found is not to be hidden by it
          return;
        }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  }
}

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

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
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

/** Every file, link and folder below a folder, but for the code cache that Deno makes. */
function tree(folder: string, prefix = ""): string[] {
  return entriesOf(folder).flatMap(({ name, isDirectory }) => {
    if (name.startsWith("deno-compile-")) return [];
    const path = `${prefix}${name}`;
    return isDirectory ? [`${path}/`, ...tree(join(folder, name), `${path}/`)] : [path];
  }).sort();
}

function entriesOf(folder: string): Pick<Deno.DirEntry, "name" | "isDirectory">[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    // Windows' shell is just removing it: there is something until it has gone.
    const { code } = error as { code?: string };
    if (WINDOWS && (code === "EBUSY" || error instanceof Deno.errors.NotFound)) {
      return [{ name: "(being removed)", isDirectory: false }];
    }
    throw error;
  }
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

if (EXECUTABLES !== null) {
  meshTest(
    "install, then uninstall: all is as it was, but for what the user made",
    async (mesh) => {
      using desk = new Desk(mesh);
      await desk.unpack(desk.source, {
        neverliie: executable("neverliie"),
        statusbar: executable("statusbar"),
        launcher: executable("launcher"),
      });
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
      await until(() => !exists(desk.installed("neverliie")));
      assertEquals([...Deno.readDirSync(desk.root)].map(({ name }) => name), ["my note.txt"]);

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
    await mesh.ipc.wake("statusbar");
    const pid = await pidOf(mesh.ipc, "statusbar");

    const load = new Load(mesh);
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
    // What the new version did not bring is still there, and all of it can be removed.
    assert(exists(desk.installed("launcher")));
    const { length } = tree(desk.user).filter((path) =>
      path.startsWith("next") || /^(tmp|unpacked)/.test(path)
    );
    await desk.uninstall();
    // Every folder that the installation made has gone with it.
    await until(() => tree(desk.user).length <= length);
  });

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
  });

  meshTest("an upgrade that does not answer is taken back", async (mesh) => {
    using desk = new Desk(mesh);
    await desk.install();
    await mesh.ipc.wake("statusbar");
    const files = tree(desk.root);
    const entry = (await mesh.ipc.registry.read()).apps.get("statusbar");
    // It runs, but it is another program and so never answers as the status bar.
    const wrong = await desk.unpack(
      join(desk.user, "wrong"),
      { statusbar: executable("scanner") },
      NEXT_VERSION,
    );
    const load = new Load(mesh);
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
  });

  meshTest("an upgrade that is killed is mended by the next one", async (mesh) => {
    using desk = new Desk(mesh);
    await desk.install();
    await mesh.ipc.wake("statusbar");
    const before = tree(desk.root);
    const next = await desk.unpack(
      join(desk.user, "next"),
      { statusbar: join(EXECUTABLES!, "next", basename(executable("statusbar"))) },
      NEXT_VERSION,
    );
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
  });

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
