/** How the launcher starts programs: by which words, where, with what around them, and what is told. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Launcher } from "../../apps/launcher/contract.ts";
import { writeShortcut } from "../../lib/desktop/windows/shortcut.ts";
import { type Remote, RemoteError } from "../../lib/ipc/mod.ts";
import {
  find,
  launcher,
  type LauncherOptions,
  programsFolder,
  serveLauncher,
} from "../support/mesh/launcher.ts";
import { meshTest, type TestMesh, until, WINDOWS } from "../support/mesh/mesh.ts";

const APP_PATHS = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\App Paths";

/** A desktop file of a program that a menu shows. */
async function install(mesh: TestMesh, name: string, lines: string): Promise<void> {
  const folder = programsFolder(mesh);
  await Deno.mkdir(folder, { recursive: true });
  const text = `[Desktop Entry]\nType=Application\nName=${name}\n${lines}\n`;
  await Deno.writeTextFile(join(folder, `${name}.desktop`), text);
}

/** Has a program started by the name that people call it. */
async function start(launch: Remote<Launcher>, name: string): Promise<string> {
  const { id } = await find(launch, name, name);
  return JSON.stringify((await Array.fromAsync(launch.launch({ id }))).at(-1));
}

async function failure(launch: Remote<Launcher>, name: string): Promise<string> {
  const { id } = await find(launch, name, name);
  const error = await assertRejects(() => Array.fromAsync(launch.launch({ id })), RemoteError);
  return error.message;
}

/** A launcher that somebody started in another folder than the user's own. */
async function elsewhere(mesh: TestMesh, options: LauncherOptions = {}): Promise<Remote<Launcher>> {
  const cwd = join(mesh.home, "elsewhere");
  const HOME = join(mesh.home, "own");
  for (const folder of [cwd, HOME]) await Deno.mkdir(folder, { recursive: true });
  return await launcher(mesh, { ...options, cwd, env: { HOME, ...options.env } });
}

/** What a program wrote, once it has. */
async function written(path: string): Promise<string> {
  let text = "";
  await until(() => {
    try {
      text = Deno.readTextFileSync(path).trim();
    } catch (error) {
      // (Windows refuses while it is written.)
      if (!(error instanceof Deno.errors.NotFound) && !WINDOWS) throw error;
    }
    return text !== "";
  });
  return text;
}

if (!WINDOWS) {
  meshTest(
    "launcher starts what Wine's entries and others name by a shell's quotes",
    async (mesh) => {
      const folder = join(mesh.home, "two words");
      await Deno.mkdir(folder);
      const tell = `sh -c 'echo "$WINEPREFIX" > "$WINEPREFIX/wine"'`;
      await install(mesh, "Zwine", `Exec=env WINEPREFIX="${folder}" ${tell}`);
      await install(mesh, "Zquote", `Exec=sh -c 'echo "$0" > "$1"' 'one "word"' "${folder}/quote"`);
      const launch = await launcher(mesh);
      await start(launch, "Zwine");
      await start(launch, "Zquote");
      assertEquals(await written(join(folder, "wine")), folder);
      assertEquals(await written(join(folder, "quote")), 'one "word"');
    },
  );

  meshTest(
    "launcher starts programs in the user's folder, or in the one of the entry",
    async (mesh) => {
      const told = join(mesh.home, "told");
      const tell = (key: string) => `Exec=sh -c 'pwd > "$0"; echo "$PWD" >> "$0"' "${told}-${key}"`;
      const path = join(mesh.home, "a place");
      await Deno.mkdir(path);
      await install(mesh, "Zhome", tell("home"));
      await install(mesh, "Zpath", `${tell("path")}\nPath=${path}`);
      await install(mesh, "Zgone", `${tell("gone")}\nPath=${path}/gone`);
      const launch = await elsewhere(mesh);
      assertStringIncludes(await start(launch, "Zhome"), "Zhome was started");
      await start(launch, "Zpath");
      const own = join(mesh.home, "own");
      assertEquals(await written(`${told}-home`), `${own}\n${own}`);
      assertEquals(await written(`${told}-path`), `${path}\n${path}`);
      assertEquals(
        await failure(launch, "Zgone"),
        `Cannot start "Zgone" in "${path}/gone": there is no such folder; ` +
          `Path in "${join(programsFolder(mesh), "Zgone.desktop")}" names that folder`,
      );
    },
  );

  meshTest(
    "launcher gives programs its environment, without what is said of itself",
    async (mesh) => {
      const told = join(mesh.home, "told");
      const names = ["NEVERLIIE_HOME", "NEVERLIIE_WOKEN", "OTEL_SERVICE_NAME", "TMUX", "COLOUR"];
      const words = names.map((name) => `${name}=\${${name}-none}`).join(" ");
      await install(mesh, "Zenv", `Exec=sh -c 'echo "${words}" > "$0"' "${told}"`);
      await serveLauncher(mesh, { env: { TMUX: "a", COLOUR: "blue" } });
      const first = mesh.ipc.connect<Launcher>("launcher");
      await start(first, "Zenv");
      assertEquals(
        await written(told),
        `NEVERLIIE_HOME=${mesh.home} NEVERLIIE_WOKEN=none OTEL_SERVICE_NAME=none TMUX=none COLOUR=blue`,
      );
    },
  );

  meshTest("launcher tells that a program ended at once with a failure", async (mesh) => {
    await install(mesh, "Zfails", "Exec=sh -c 'exit 127'");
    await install(mesh, "Znone", "Exec=no-such-program-anywhere %u");
    await install(mesh, "Zgood", "Exec=true");
    const launch = await launcher(mesh);
    assertEquals(
      await failure(launch, "Zfails"),
      'Cannot start "Zfails": it ended at once with code 127; to see why, run in a terminal: ' +
        "sh -c 'exit 127'",
    );
    assertStringIncludes(
      await failure(launch, "Znone"),
      'there is no program "no-such-program-any',
    );
    assertStringIncludes(await start(launch, "Zgood"), "Zgood was started");
    // What failed was not used.
    const [first] = await launch.search({ query: "", limit: 1 });
    assertEquals(first!.title, "Zgood");
  });
}

if (Deno.build.os === "linux") {
  meshTest("launcher: Terminal=true runs in the terminal program that there is", async (mesh) => {
    const told = join(mesh.home, "told");
    const bin = join(mesh.home, "bin");
    await Deno.mkdir(bin);
    await install(mesh, "Zterm", `Exec=sh -c 'test -t 1 && tty > "$0"' "${told}"\nTerminal=true`);
    const pathOf = async (tool: string) => {
      const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${tool}`] })
        .output();
      return new TextDecoder().decode(stdout).trim();
    };
    // A terminal without a window, by util-linux. After -e come the command's four words.
    await Deno.writeTextFile(
      join(bin, "x-terminal-emulator"),
      '#!/bin/sh\nexport A="$2" B="$3" C="$4" D="$5"\n' +
        `exec ${await pathOf("script")} -qec 'exec "$A" "$B" "$C" "$D"' /dev/null\n`,
      { mode: 0o755 },
    );
    for (const tool of ["sh", "tty"]) await Deno.symlink(await pathOf(tool), join(bin, tool));
    const launch = await launcher(mesh, { env: { PATH: bin, TERMINAL: "" } });
    assertStringIncludes(await start(launch, "Zterm"), "was started");
    assertStringIncludes(await written(told), "/dev/pts/");
    await Deno.remove(join(bin, "x-terminal-emulator"));
    assertEquals(
      await failure(launch, "Zterm"),
      'Cannot start "Zterm": it needs a terminal, and no terminal program was found; ' +
        "set TERMINAL to the name or path of one",
    );
  });
}

if (WINDOWS) {
  meshTest("launcher starts programs in the user's folder, or in the shortcut's", async (mesh) => {
    // The last part of the path alone: cmd.exe writes the letters of this one in an old code page.
    const program = join(mesh.home, "zhome-of-test.cmd");
    await Deno.writeTextFile(program, `@cd > "%~dp0%~n1folder"\r\n`);
    const place = join(mesh.home, "place");
    await Deno.mkdir(place);
    const menu = programsFolder(mesh);
    await Deno.mkdir(menu, { recursive: true });
    const shortcut = { target: program, description: "", minimized: false };
    writeShortcut(join(menu, "Zplace.lnk"), { ...shortcut, arguments: "place", folder: place });
    // (Of a shortcut that names no folder Wine takes the launcher's own, Windows the one given.)
    const key = `${APP_PATHS}\\zhome-of-test.exe`;
    const added = await mesh.run(["reg", "add", key, "/ve", "/d", program, "/f"]);
    assertEquals(added.code, 0, added.stderr);
    try {
      const launch = await elsewhere(mesh, { env: { USERPROFILE: join(mesh.home, "own") } });
      assertStringIncludes(await start(launch, "zhome-of-test"), "was started");
      await start(launch, "Zplace");
      assertMatch(await written(join(mesh.home, "folder")), /\\own$/);
      assertMatch(await written(join(mesh.home, "placefolder")), /\\place$/);
    } finally {
      await mesh.run(["reg", "delete", key, "/f"]);
    }
  });

  meshTest("launcher tells why Windows did not open what it found", async (mesh) => {
    const key = `${APP_PATHS}\\zbroken-of-test.exe`;
    const program = join(mesh.home, "zbroken.unknown-kind");
    await Deno.writeTextFile(program, "no program");
    const added = await mesh.run(["reg", "add", key, "/ve", "/d", program, "/f"]);
    assertEquals(added.code, 0, added.stderr);
    try {
      const message = await failure(await launcher(mesh), "zbroken-of-test");
      assertEquals(
        message,
        `Cannot open "${program}": Windows knows no program for files of this kind`,
      );
    } finally {
      await mesh.run(["reg", "delete", key, "/f"]);
    }
  });
}
