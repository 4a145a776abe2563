/** What the launcher reads in desktop entries, and where it finds and starts their programs. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { parseDesktopEntry } from "../../../apps/launcher/desktop_entry.ts";
import { desktopPrograms } from "../../../apps/launcher/programs.ts";
import { startProgram } from "../../../apps/launcher/start_program.ts";
import { terminalWords } from "../../../apps/launcher/terminal_program.ts";

const FILES = `# a comment
[Desktop Entry]
Type=Application
Name=Files
Name[de]=Dateien
Name[de_AT]=Dateien (AT)
Name[sr@latin]=Datoteke
Comment=Browse\\sthe files
Exec=files "--title=a \\\\"b\\\\" \\\\$" --new %U
Icon=folder

[Desktop Action new]
Name=New
Exec=files --new-window
`;

Deno.test("parseDesktopEntry reads the main group, in the user's language", () => {
  const name = (locale: string) => parseDesktopEntry(FILES, "/f.desktop", locale, [])?.name;
  assertEquals(
    ["", "C", "fr_FR.UTF-8", "de", "de_DE.UTF-8", "de_AT.UTF-8", "sr_RS@latin"].map(name),
    ["Files", "Files", "Files", "Dateien", "Dateien", "Dateien (AT)", "Datoteke"],
  );
  assertEquals(parseDesktopEntry(FILES, "/f.desktop", "", []), {
    name: "Files",
    comment: "Browse the files",
    command: ["files", '--title=a "b" $', "--new"],
    path: null,
    terminal: false,
    tryExec: null,
  });
});

Deno.test("parseDesktopEntry leaves out what a menu does not show", () => {
  const read = (line: string, desktops: string[] = []) =>
    parseDesktopEntry(FILES.replace("Icon=", `${line}\nIcon=`), "/f", "", desktops);
  assertEquals(read("NoDisplay=true"), null);
  assertEquals(read("Hidden=true"), null);
  assertEquals(read("OnlyShowIn=KDE;", ["GNOME"]), null);
  assert(read("OnlyShowIn=KDE;GNOME;", ["GNOME"]) !== null);
  assertEquals(read("NotShowIn=GNOME;", ["ubuntu", "GNOME"]), null);
  assertEquals(parseDesktopEntry(FILES.replace("Application", "Link"), "/f", "", []), null);
  assertEquals(parseDesktopEntry("not a desktop file", "/f", "", []), null);
});

/**
 * Files that GLib 2.74 takes, and the words that it started each of them with: Exec was run by
 * `Gio.DesktopAppInfo.launch` with a program that told its arguments.
 */
const FORMS: readonly (readonly [what: string, text: string, words: string[]])[] = [
  ["indented", "  [Desktop Entry]\n  Type = Application\n  Name=N\n  Exec = show a b  \n", [
    ...["show", "a", "b"],
  ]],
  ["CR LF", "[Desktop Entry]\r\nType=Application\r\nName=N\r\nExec=show a\r\n", ["show", "a"]],
  ["a key twice", "[Desktop Entry]\nType=Application\nName=N\nExec=show 1\nExec=show 2\n", [
    ...["show", "2"],
  ]],
  [
    "a group twice",
    "[Desktop Entry]\nType=Application\nName=N\nExec=show 1\n[A]\nExec=x\n[Desktop Entry]\nExec=show 2",
    ["show", "2"],
  ],
];

Deno.test("parseDesktopEntry takes files in the forms that GLib takes", () => {
  for (const [what, text, words] of FORMS) {
    assertEquals(parseDesktopEntry(text, "/f", "", [])?.command, words, what);
  }
  const read = (lines: string) =>
    parseDesktopEntry(`[Desktop Entry]\nType=Application\nName=N\nExec=a\n${lines}`, "/f", "", []);
  assertEquals([read("Terminal=1")?.terminal, read("Terminal=true  ")?.terminal], [true, true]);
  assertEquals([read("Path=/a\\sb")?.path, read("Path=")?.path], ["/a b", null]);
  assertEquals([read("NoDisplay=1"), read("Hidden=true ")], [null, null]);
});

/** The environment of a made-up machine whose programs are in one folder. */
async function onMachine(
  body: (
    root: string,
    put: (path: string, text: string, mode?: number) => Promise<string>,
    env: (name: string) => string | undefined,
    variables: Record<string, string>,
  ) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "neverliie-programs-" });
  const variables: Record<string, string> = {
    XDG_DATA_HOME: join(root, "user"),
    XDG_DATA_DIRS: `${join(root, "system")}:${join(root, "missing")}`,
    PATH: join(root, "bin"),
  };
  const put = async (path: string, text: string, mode = 0o644) => {
    await Deno.mkdir(join(root, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(root, path), text, { mode });
    return join(root, path);
  };
  try {
    await body(root, put, (name) => variables[name], variables);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** A test of what Windows does in other ways. */
const unixTest = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: Deno.build.os === "windows", fn });

const HEAD = "[Desktop Entry]\nType=Application\n";

unixTest("desktopPrograms: the user's file hides the system's, TryExec must be there", async () => {
  await onMachine(async (_root, put, env) => {
    await put("user/applications/a.desktop", `${HEAD}Name=Mine\nExec=a`);
    await put("system/applications/a.desktop", `${HEAD}Name=Theirs\nExec=a`);
    await put("user/applications/hidden.desktop", `${HEAD}Name=Gone\nExec=a\nHidden=true`);
    await put("system/applications/hidden.desktop", `${HEAD}Name=Gone\nExec=a`);
    await put("system/applications/vendor/b.desktop", `${HEAD}Name=B\nExec=b\nTryExec=tool`);
    await put("system/applications/c.desktop", `${HEAD}Name=C\nExec=c\nTryExec=no-such-program`);
    await put("bin/tool", "#!/bin/sh\n", 0o755);
    const { programs, problems } = await desktopPrograms(env);
    assertEquals(programs.map(({ id, name }) => [id, name]).sort(), [
      ["a.desktop", "Mine"],
      ["vendor-b.desktop", "B"],
    ]);
    assertEquals(problems, []);
  });
});

unixTest(
  "desktopPrograms: what cannot be read is told by name, and hides nothing else",
  async () => {
    await onMachine(async (root, put, env, variables) => {
      const at = (name: string) => join(root, "user", "applications", name);
      await put("user/applications/good.desktop", `\uFEFF${HEAD}Name=Good\nExec=a`);
      await put("user/applications/quote.desktop", `${HEAD}Name=Quote\nExec=a "b`);
      await put("elsewhere/linked.desktop", `${HEAD}Name=Linked\nExec=a`);
      await Deno.symlink("none", at("dead.desktop"));
      await Deno.symlink("circle.desktop", at("circle.desktop"));
      // Into a folder elsewhere, and back to the beginning.
      await Deno.symlink(join(root, "elsewhere"), at("more"));
      await Deno.symlink(at("."), join(root, "elsewhere", "again"));
      const notFolder = await put("broken/applications", "a file");
      variables.XDG_DATA_DIRS = join(root, "broken");
      const { programs, problems } = await desktopPrograms(env);
      assertEquals(programs.map(({ id, name }) => [id, name]).sort(), [
        ["good.desktop", "Good"],
        ["more-linked.desktop", "Linked"],
      ]);
      assertEquals(problems.sort(), [
        `Cannot read "${notFolder}": a part of its path is a file, not a folder`,
        `Cannot read "${at("circle.desktop")}": it is a link in a circle of links`,
        `Cannot read "${at("dead.desktop")}": it is a link to something that is not there`,
        `Cannot use "${at("quote.desktop")}": Exec has a " without its second one`,
      ]);
    });
  },
);

unixTest("terminalWords: what TERMINAL says, else what is there, else what to set", async () => {
  await onMachine(async (root, put, env, variables) => {
    const fails = (message: string) =>
      assertThrows(() => terminalWords(env), Deno.errors.NotFound, message);
    fails("no terminal program was found; set TERMINAL to the name or path of one");
    const found = async (name: string) => {
      await put(`bin/${name}`, "#!/bin/sh\n", 0o755);
      return terminalWords(env);
    };
    assertEquals(await found("xterm"), ["xterm", "-e"]);
    assertEquals(await found("wezterm"), ["wezterm", "start", "--"]);
    assertEquals(await found("gnome-terminal"), ["gnome-terminal", "--"]);
    assertEquals(await found("x-terminal-emulator"), ["x-terminal-emulator", "-e"]);
    assertEquals(await found("xdg-terminal-exec"), ["xdg-terminal-exec"]);
    variables.TERMINAL = "gnome-terminal --hide-menubar";
    assertEquals(terminalWords(env), ["gnome-terminal", "--hide-menubar", "--"]);
    variables.TERMINAL = await put("bin/my own", "#!/bin/sh\n", 0o755);
    assertEquals(terminalWords(env), [join(root, "bin", "my own"), "-e"]);
    variables.TERMINAL = "nowhere -x";
    fails('TERMINAL names "nowhere", which is no program here');
    await Deno.chmod(join(root, "bin", "xterm"), 0o644);
    variables.TERMINAL = "xterm";
    fails('TERMINAL names "xterm", which is no program here');
  });
});

unixTest("startProgram tells what did not start, and how to see why", async () => {
  await onMachine(async (root, put) => {
    const source = join(root, "a.desktop");
    const long = 600_000; // It answers as soon as the program has ended.
    const start = (command: string[], folder: string | null = null) =>
      startProgram({ name: "A", command, folder, source }, new AbortController().signal, long);
    const fails = async (message: string, command: string[], folder?: string) =>
      assertEquals((await assertRejects(() => start(command, folder), Error)).message, message);
    await fails(
      `Cannot start "A": it ended at once with code 126; to see why, run in a terminal: ` +
        `env WINEPREFIX= /`,
      ["env", "WINEPREFIX=", "/"],
    );
    await fails(
      `Cannot start "A": it ended at once by SIGKILL; to see why, run in a terminal: ` +
        `sh -c 'kill -9 $$; echo '\\''a'\\'''`,
      ["sh", "-c", "kill -9 $$; echo 'a'"],
    );
    await fails(`Cannot start "A": there is no program "no-such"; see "${source}"`, ["no-such"]);
    const text = await put("text", "no program");
    await fails(
      `Cannot start "A": "${text}" is no program, or you have no right to run it; see "${source}"`,
      [text],
    );
    await fails(
      `Cannot start "A" in "${text}": it is a file, not a folder; Path in "${source}" names that folder`,
      ["true"],
      text,
    );
    await fails(
      `Cannot start "A" in "${root}/gone": there is no such folder; Path in "${source}" names that folder`,
      ["true"],
      `${root}/gone`,
    );
    await start(["true"]);
  });
});
