/** Sessions in a real terminal. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { pidOf } from "../../lib/ipc/mod.ts";
import type { SessionInfo } from "../../apps/terminal/contract.ts";
import {
  gone,
  isAlive,
  kill,
  meshTest,
  suiteCommand,
  type TestMesh,
  until,
} from "../support/mesh/mesh.ts";
import { findProgram } from "../../lib/pty/unix/find_program.ts";
import { Terminal, type TerminalOptions } from "../support/screens/tmux.ts";

/** The front end in a terminal, and a shell behind it that tells the terminal's state. */
function open(
  mesh: TestMesh,
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<Terminal> {
  const quoted = [...suiteCommand("terminal"), ...args]
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const script = `echo before; ${quoted}; code=$?
    stty -a | grep -q -- ' icanon' && stty -a | grep -q -- ' echo ' && echo "[tty restored]"
    exit $code`;
  return Terminal.open(["/bin/sh", "-c", script], {
    ...options,
    env: {
      NEVERLIIE_HOME: mesh.home,
      NEVERLIIE_SESSION: undefined,
      SHELL: "/bin/sh",
      ENV: "",
      PS1: "$ ",
      LC_ALL: "C.UTF-8",
      ...options.env,
    },
  });
}

/** A program of the system that these tests need. */
function program(name: string): string {
  try {
    return findProgram(name, "/", Deno.env.toObject());
  } catch (error) {
    throw new Error(`These tests need ${name}: apt-get install less vim-tiny`, { cause: error });
  }
}

/** The command key, and the key after it. */
const command = (terminal: Terminal, key: string) => terminal.press("C-\\", key);

const list = (mesh: TestMesh) => mesh.ipc.call<SessionInfo[]>("terminal", "list");

if (Deno.build.os === "linux") {
  meshTest("a session: opened, typed into, left, and found again as it was", async (mesh) => {
    program("less");
    await using terminal = await open(mesh, ["open", "--title", "mine"]);
    const first = await terminal.until(/^\$.*session 1 +Ctrl-\\ d: detach/m);
    // What was on the screen before is above, not overwritten.
    assertEquals(first.split("\n")[0]!.slice(0, 2), "$ ");
    await terminal.type("echo 漢字 e\u0301; printf '\\033[31mred\\033[0m\\n'; stty size");
    await terminal.press("Enter");
    await terminal.until(/^漢字 e\u0301\nred\n24 80$/m);
    assertStringIncludes(await terminal.coloured(), "\x1b[31mred");
    // A full-screen program, and Ctrl-C, which goes to the session.
    // (Once it runs: a shell that is just starting a program may swallow Ctrl-C.)
    await terminal.type("sh -c 'echo now; exec sleep 1000'");
    await terminal.press("Enter");
    await terminal.until(/^now$/m);
    await terminal.press("C-c");
    await terminal.until(/\^C/);
    await terminal.type("seq 500 | less");
    await terminal.press("Enter");
    await terminal.until(/^1\n2\n3/m);
    assertEquals(await terminal.figure("alternate_on"), "1");
    await terminal.press("G");
    await terminal.until(/^500$/m);
    await command(terminal, "d");
    const left = await terminal.ended();
    assertEquals(left.code, 0);
    assertStringIncludes(left.text, "[detached from session 1 (mine); to come back:");
    assertStringIncludes(left.text, "[tty restored]");
    assertEquals(await terminal.figure("alternate_on"), "0");

    await using again = await open(mesh, ["attach", "mine"]);
    const shown = await again.until(/^499\n500$/m);
    assert(!shown.includes("before"));
    assertEquals(await again.figure("alternate_on"), "1");
    await again.resize(60, 12);
    // less keeps its first line: where its prompt is now tells that it was told the size.
    await again.until(/^488\n:$/m);
    await again.press("q");
    await again.until(/^\$ seq 500 \| less\n\$$/m);
    assertEquals(await again.figure("alternate_on"), "0");
    await again.type("stty size; exit 5");
    await again.press("Enter");
    const ended = await again.ended();
    assertMatch(ended.text, /^12 60\n/m);
    assertStringIncludes(ended.text, "[session 1 (mine) ended with code 5]");
    assertStringIncludes(ended.text, "[tty restored]");
    assertEquals(ended.code, 5);
    assertEquals(await list(mesh), []);
  });

  meshTest(
    "vim draws, takes keys and comes back in a second terminal of another size",
    async (mesh) => {
      const file = `${mesh.home}/text`;
      Deno.writeTextFileSync(
        file,
        Array.from({ length: 99 }, (_, i) => `line ${i + 1}\n`).join(""),
      );
      const vim = [program("vi"), "-u", "NONE", "-N", "--cmd", "set nomore number ruler", file];
      await using one = await open(mesh, ["open", ...vim], { columns: 100, rows: 30 });
      await one.until(/^ +28 line 28$/m);
      await one.press("5", "G", "i");
      await one.type("typed here ");
      await one.press("Escape");
      await one.until(/^ +5 typed here line 5$/m);
      await using two = await open(mesh, ["attach"], { columns: 70, rows: 20 });
      await two.until(/^ +5 typed here line 5$/m);
      // The first one shows the smaller screen in its corner now.
      await one.gone(/line 25/);
      await two.press("4", "0", "G");
      for (const terminal of [one, two]) await terminal.until(/^ +40 line 40$/m);
      const [a, b] = [await one.lines(), await two.lines()];
      assertEquals(a.slice(0, 20), b.slice(0, 20));
      await command(two, "d");
      assertEquals((await two.ended()).code, 0);
      await one.until(/^ +50 line 50$/m);
      await one.type(":wq");
      await one.press("Enter");
      assertEquals((await one.ended()).code, 0);
      assertStringIncludes(Deno.readTextFileSync(file), "typed here line 5");
    },
  );

  meshTest("the command key: keys, itself, and killing with a question", async (mesh) => {
    await using terminal = await open(mesh, ["open", "/bin/sh"]);
    await terminal.until("Ctrl-\\ d: detach");
    await command(terminal, "?");
    await terminal.until("k: kill   r: redraw");
    await terminal.press("x");
    await command(terminal, "r");
    await terminal.gone(/k: kill/);
    // Twice is the key itself: SIGQUIT for the program.
    await terminal.type("sh -c 'ulimit -c 0; echo ready; exec sleep 1000'; echo quit-$?");
    await terminal.press("Enter");
    await terminal.until(/^ready$/m);
    await terminal.press("C-\\", "C-\\");
    await terminal.until(/^quit-131$/m);
    const [{ pid }] = await list(mesh) as [SessionInfo];
    await command(terminal, "k");
    await terminal.until("Kill this session and all that runs in it? y / n");
    await terminal.press("n");
    await terminal.gone(/Kill this/);
    assert(isAlive(pid));
    await command(terminal, "k");
    await terminal.until("Kill this session");
    await terminal.press("y");
    const { code, text } = await terminal.ended();
    assertStringIncludes(text, "was killed]");
    assertStringIncludes(text, "[tty restored]");
    assertEquals(code, 0);
    await gone(pid);
  });

  meshTest("a terminal that a program has left not to wait shows all of a long output", async (
    mesh,
  ) => {
    const set = "fcntl(STDOUT, F_SETFL, fcntl(STDOUT, F_GETFL, 0) | O_NONBLOCK) or die $!;";
    const leave = ["perl", "-MFcntl", "-e", `${set} exec { $ARGV[0] } @ARGV or die $!`];
    const command = [...suiteCommand("terminal"), "open", "sh", "-c", "seq 30000; read end"];
    await using terminal = await Terminal.open([...leave, ...command], {
      env: { NEVERLIIE_HOME: mesh.home, NEVERLIIE_SESSION: undefined },
    });
    await terminal.until(/^29999\n30000$/m);
    await terminal.press("Enter");
    const { code, text } = await terminal.ended();
    assertEquals(code, 0);
    assertStringIncludes(text, "[session 1 (sh -c seq 30000; read end) ended with code 0]");
  });

  meshTest("the terminal is given back when the host dies, and on signals", async (mesh) => {
    await using first = await open(mesh, ["open", program("vi"), "-u", "NONE"]);
    await first.until(/^~$/m);
    const front = await frontEndOf(await first.pid());
    Deno.kill(front, "SIGTERM");
    const stopped = await first.ended();
    assertEquals(stopped.code, 143);
    assertStringIncludes(stopped.text, "[tty restored]");
    assertEquals(await first.figure("alternate_on"), "0");

    await using quit = await open(mesh, ["attach", "1"]);
    await quit.until(/^~$/m);
    Deno.kill(await frontEndOf(await quit.pid()), "SIGQUIT");
    const left = await quit.ended();
    assertEquals(left.code, 131);
    assertStringIncludes(left.text, "[tty restored]");

    await using second = await open(mesh, ["attach", "1"]);
    await second.until(/^~$/m);
    const [{ pid }] = await list(mesh) as [SessionInfo];
    kill((await pidOf(mesh.ipc, "terminal"))!);
    const died = await second.ended();
    assertEquals(died.code, 1);
    assertStringIncludes(died.text, "the terminal's host has ended, and session 1 with it");
    assertStringIncludes(died.text, "[tty restored]");
    assertEquals(await second.figure("alternate_on"), "0");
    await gone(pid);
  });

  meshTest("without arguments: a shell, then that session, then a choice", async (mesh) => {
    await using first = await open(mesh, []);
    await first.until("session 1 ");
    await command(first, "d");
    await first.ended();
    await using second = await open(mesh, []);
    await second.until("session 1 ");
    await command(second, "d");
    await second.ended();
    await mesh.ipc.call("terminal", "open", { title: "other", command: ["/bin/sh"] });
    await using third = await open(mesh, []);
    await third.until(/^2 +other .*\nAttach to which one\?/m);
    await third.type("7");
    await third.press("Enter");
    await third.until('There is no session "7".');
    await third.type("2");
    await third.press("Enter");
    await third.until("session 2 ");
    await until(async () => (await list(mesh))[1]!.views === 1);
    await command(third, "d");
    assertEquals((await third.ended()).code, 0);
  });
}

/** The front end's process, a child of the shell around it. */
async function frontEndOf(shell: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "pid=", "--ppid", String(shell)] })
    .output();
  return Number(new TextDecoder().decode(stdout).trim());
}
