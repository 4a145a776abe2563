/**
 * Pseudo-terminals, against the system itself.
 *
 * Under Wine a program's output does not arrive on the pipe of its pseudo-console, and what is
 * typed does not reach it. So on Windows these tests show that the system takes the calls, that
 * programs start, end and are ended with all they started, and that nothing is left; not that
 * anything is shown. On Linux they show both.
 */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { openPty } from "../../lib/pty/open.ts";
import type { Pty, PtyOptions } from "../../lib/pty/pty.ts";
import { kernel32 } from "../../lib/system/kernel32.ts";
import { removed } from "../support/run/removed.ts";
import { isAlive } from "../support/mesh/process.ts";
import { countHandles } from "../support/mesh/process_usage.ts";
import { withLimit } from "../support/run/watchdog.ts";

const WINDOWS = Deno.build.os === "windows";
const LIMIT = 30_000;

// The libraries are loaded on first use and stay: here, so that no test seems to leak them.
if (WINDOWS) kernel32();
{
  const pty = openPty(deno("Deno.exit(0)"));
  await pty.exit;
  await pty.close();
}

/** A program of a few lines in a terminal. */
function deno(code: string, options: Partial<PtyOptions> = {}): PtyOptions {
  return {
    program: Deno.execPath(),
    args: ["eval", "--no-config", "--ext=js", code],
    cwd: Deno.cwd(),
    env: { ...Deno.env.toObject(), NO_COLOR: "1" },
    columns: 80,
    rows: 24,
    ...options,
  };
}

function shell(script: string, options: Partial<PtyOptions> = {}): PtyOptions {
  return deno("", { program: "/bin/sh", args: ["-c", script], ...options });
}

/** A test with a watchdog. */
function behaviour(name: string, body: () => Promise<void>): void {
  Deno.test(`${WINDOWS ? "windows" : "unix"} pty: ${name}`, async () => {
    await withLimit(name, body(), LIMIT);
  });
}

/** Reads until the text holds `wanted`, or to the end; what was read is added to `before`. */
async function read(pty: Pty, wanted?: RegExp, before = ""): Promise<string> {
  const decoder = new TextDecoder();
  let text = before;
  while (wanted === undefined || !wanted.test(text)) {
    const bytes = await pty.read();
    if (bytes === null) {
      assert(wanted === undefined, `the end came before ${wanted}: ${text}`);
      break;
    }
    text += decoder.decode(bytes, { stream: true });
  }
  return text;
}

const type = (pty: Pty, text: string) => pty.write(new TextEncoder().encode(text));

behaviour("a program runs to its end and its exit code is told", async () => {
  const pty = openPty(deno("Deno.exit(7)"));
  assert(pty.pid > 0);
  const [exit] = await Promise.all([pty.exit, read(pty)]);
  assertEquals(exit, { code: 7, signal: null });
  assert(!isAlive(pty.pid));
  await pty.close();
  assertEquals(await pty.read(), null);
  await assertRejects(() => type(pty, "late"), Deno.errors.BrokenPipe);
});

behaviour("closing ends the program and what it started", async () => {
  // The second process has a file of its own to tell its pid by: under Wine there is no output.
  const file = Deno.makeTempFileSync();
  try {
    const inner = `setInterval(() => {}, 1000)`;
    const pty = openPty(deno(`
      const child = new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-config", ${JSON.stringify(inner)}],
        stdin: "null", stdout: "null", stderr: "null",
      }).spawn();
      Deno.writeTextFileSync(${JSON.stringify(file)}, child.pid + ";");
      setInterval(() => {}, 1000);
    `));
    const reading = read(pty);
    let pid = "";
    while (!pid.endsWith(";")) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      pid = Deno.readTextFileSync(file);
    }
    assert(isAlive(pty.pid) && isAlive(parseInt(pid)));
    pty.resize(100, 30);
    await pty.close();
    await reading;
    assert(!isAlive(pty.pid) && !isAlive(parseInt(pid)));
    assert((await pty.exit).code !== 0);
    await pty.close();
    pty.resize(80, 24);
  } finally {
    Deno.removeSync(file);
  }
});

behaviour("what cannot be started is told, and leaves nothing", async () => {
  const missing = () => openPty(deno("", { program: "no-such-program-here", args: [] }));
  const error = assertThrows(missing, Deno.errors.NotFound);
  assertMatch(error.message, /Cannot run "no-such-program-here": there is no such program/);
  const folder = () => openPty(deno("", { cwd: "/no such folder" }));
  assertMatch(assertThrows(folder, Deno.errors.NotFound).message, /no such folder/);
  if (WINDOWS) {
    const batch = () => openPty(deno("", { program: "a.bat", args: ["& calc"] }));
    assertThrows(batch, Deno.errors.NotSupported);
  } else {
    const file = () => openPty(deno("", { program: "/etc/passwd", args: [] }));
    assertThrows(file, Deno.errors.PermissionDenied);
    assertThrows(() => openPty(deno("", { cwd: "/etc/passwd" })), Deno.errors.NotADirectory);
  }
  await Promise.resolve();
});

behaviour("nothing stays open", async () => {
  const rounds = WINDOWS ? 5 : 20;
  const use = async (close: boolean) => {
    const pty = openPty(deno(close ? "setInterval(() => {}, 1000)" : "Deno.exit(0)"));
    const reading = read(pty);
    if (!close) await pty.exit;
    await pty.close();
    await reading;
  };
  await use(true);
  const before = countHandles();
  for (let i = 0; i < rounds; i++) await use(i % 2 === 0);
  // What the system opens and closes on its own account; a leak would be of one a round at least.
  const more = countHandles() - before;
  assert(more < rounds, `${more} more after ${rounds} rounds`);
});

behaviour("a program is the one of its own PATH, not one where this process is", async () => {
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "neverliie pty " }));
  const folder = (name: string) => {
    Deno.mkdirSync(join(root, name));
    return join(root, name);
  };
  const told = join(root, "told");
  const tool = WINDOWS ? "tool.exe" : "tool";
  const before = Deno.cwd();
  try {
    const [first, second, own, here] = ["first", "second", "own", "here"].map(folder);
    for (const place of [first, second, here]) install(join(place!, tool));
    const code = `Deno.writeTextFileSync(${JSON.stringify(told)}, Deno.execPath())`;
    const start = (...path: string[]) => {
      const env = { ...deno("").env, PATH: path.join(WINDOWS ? ";" : ":") };
      return openPty(deno(code, { program: "tool", cwd: own!, env }));
    };
    Deno.chdir(here!);
    for (const [path, wanted] of [[[own, second, first], second], [[first, second], first]]) {
      const pty = start(...path as string[]);
      const [exit] = await Promise.all([pty.exit, read(pty)]);
      assertEquals(exit.code, 0);
      assertEquals(Deno.readTextFileSync(told), join(wanted as string, tool));
      await pty.close();
    }
    assertThrows(() => start(own!), Deno.errors.NotFound, '"tool": there is no such program');
  } finally {
    Deno.chdir(before);
    await removed(root);
  }
});

/** Puts this Deno there; by a link, as it is large, where that is possible. */
function install(path: string): void {
  try {
    Deno.linkSync(Deno.execPath(), path);
  } catch {
    Deno.copyFileSync(Deno.execPath(), path);
  }
}

if (!WINDOWS) {
  behaviour("the terminal is the program's own, with its size", async () => {
    const pty = openPty(shell("tty && stty size && ps -o tty= -p $$", { columns: 101, rows: 33 }));
    assertMatch(await read(pty), /^(\/dev\/(\S+))\r\n33 101\r\n\2\s*\r\n$/);
    await pty.close();
  });

  behaviour("what is typed arrives, and Ctrl-C interrupts", async () => {
    // (In place of the shell: one that is just starting a program may take Ctrl-C in the moment in
    // which the new process is not that program yet, and then neither of them ends.)
    const pty = openPty(shell("read -r line; echo got $line; exec sleep 1000"));
    await type(pty, "Grüße 漢字\r");
    const text = await read(pty, /got Grüße 漢字\r\n/);
    await type(pty, "\x03");
    await read(pty, undefined, text);
    assertEquals(await pty.exit, { code: 130, signal: "SIGINT" });
    await pty.close();
  });

  behaviour("a change of size is told to the program", async () => {
    const pty = openPty(
      shell("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done"),
    );
    const text = await read(pty, /ready/);
    pty.resize(132, 43);
    assertMatch(await read(pty, undefined, text), /43 132/);
    await pty.close();
  });

  behaviour("all output comes before the end, again and again", async () => {
    for (let i = 0; i < 20; i++) {
      const pty = openPty(shell("seq 3000; exit 3"));
      const text = await read(pty);
      assert(text.endsWith("\r\n2999\r\n3000\r\n"), text.slice(-40));
      assertEquals((await pty.exit).code, 3);
      await pty.close();
    }
  });

  behaviour("a program that nobody reads waits, and so does one that types to nobody", async () => {
    const pty = openPty(shell("stty raw -echo; echo ready; sleep 1000"));
    await read(pty, /ready/);
    const written = type(pty, "x".repeat(1 << 20));
    const caught = assertRejects(() => written, Deno.errors.BrokenPipe);
    await pty.close();
    await caught;
  });

  behaviour("background programs stay when the program ends by itself", async () => {
    const pty = openPty(shell("trap '' HUP; sleep 1000 >/dev/null 2>&1 </dev/null & echo $!"));
    const pid = parseInt(await read(pty));
    await pty.exit;
    await pty.close();
    assert(isAlive(pid));
    Deno.kill(pid, "SIGKILL");
  });

  behaviour("many terminals at once need one waiting thread", async () => {
    const ptys = Array.from({ length: 60 }, () => openPty(shell("read -r x; echo $x")));
    const texts = ptys.map((pty) => read(pty));
    // A file operation takes one of the threads that waiting for each terminal would have taken.
    await Deno.stat("/");
    for (const [i, pty] of ptys.entries()) await type(pty, `answer ${i}\r`);
    for (const [i, text] of texts.entries()) assertMatch(await text, new RegExp(`\nanswer ${i}\r`));
    await Promise.all(ptys.map((pty) => pty.close()));
  });
}
