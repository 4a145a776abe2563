import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { commandLine, windowsShell } from "../../../apps/terminal/command_line.ts";
import type { RunEvent, RunParams } from "../../../apps/terminal/contract.ts";
import { Output } from "../../../apps/terminal/output.ts";
import { runCommand } from "../../../apps/terminal/run.ts";
import { program, run, until } from "../../support/unit/command.ts";

const timeout = 60_000;
const never = new AbortController().signal;
const windows = Deno.build.os === "windows";

Deno.test({
  name: "runCommand runs a line in the system's shell and tells both outputs and the exit code",
  timeout,
  async fn() {
    const { stdout, stderr, exit } = await run({
      command: "echo out&& echo err 1>&2&& exit 7",
    });
    assertEquals([stdout.trim(), stderr.trim()], ["out", "err"]);
    assertEquals(exit, { type: "exit", code: 7, signal: null });
  },
});

Deno.test({
  name: "runCommand leaves quotes and spaces in a line to the shell",
  timeout,
  async fn() {
    const { stdout } = await run({ command: `echo "a  b" "c"` });
    assertEquals(stdout.trim(), windows ? `"a  b" "c"` : "a  b c");
  },
});

Deno.test({
  name: "runCommand hands every argument over as it is, with no shell in between",
  timeout,
  async fn() {
    const args = ["a b", `say "hi"`, "$HOME %PATH%", "back\\", "", "größe 日本 😀", "* ; & |"];
    const code = "console.log(JSON.stringify(Deno.args))";
    const { stdout, exit } = await run({ command: program(code, ...args) });
    assertEquals(JSON.parse(stdout), args);
    assertEquals(exit.code, 0);
  },
});

Deno.test({
  name: "runCommand uses cwd, env and stdin",
  timeout,
  async fn() {
    const cwd = await Deno.realPath(await Deno.makeTempDir({ prefix: "größe " }));
    try {
      const code = `
        const input = await new Response(Deno.stdin.readable).text();
        console.log(JSON.stringify([Deno.cwd(), Deno.env.get("NL_TEST"), input]));
      `;
      const stdin = "日本 😀\n".repeat(50_000);
      const env = { NL_TEST: "wert ü" };
      const { stdout } = await run({ command: program(code), cwd, env, stdin });
      assertEquals(JSON.parse(stdout), [cwd, "wert ü", stdin]);
    } finally {
      await Deno.remove(cwd);
    }
  },
});

Deno.test({
  name: "runCommand gives no input at all without stdin, and no failure when nobody reads it",
  timeout,
  async fn() {
    const code = "console.log((await new Response(Deno.stdin.readable).text()).length)";
    assertEquals((await run({ command: program(code) })).stdout.trim(), "0");
    const stdin = "x".repeat(4_000_000);
    const { exit } = await run({ command: program("Deno.exit(4)"), stdin });
    assertEquals(exit.code, 4);
  },
});

Deno.test({
  name: "runCommand tells output while the command still runs",
  timeout,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const answer = join(folder, "answer");
      const code = `
        console.log("ready");
        for (;;) {
          try { console.log(Deno.readTextFileSync(Deno.args[0])); break; } catch { /* not yet */ }
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      `;
      const events = runCommand({ command: program(code, answer) }, never);
      await until(events, /ready/);
      // The command ends only because its first line arrived here before its end.
      await Deno.writeTextFile(`${answer}.tmp`, "heard you");
      await Deno.rename(`${answer}.tmp`, answer);
      await until(events, /heard you/);
      assertEquals((await events.next()).value, { type: "exit", code: 0, signal: null });
      assertEquals((await events.next()).done, true);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "runCommand keeps the order of a long output, whole, for a slow taker",
  timeout,
  async fn() {
    const lines = 120_000;
    const code = `
      let text = "";
      for (let n = 0; n < ${lines}; n++) text += "line " + n + " größe 日本 and some more text\\n";
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    `;
    const pieces: string[] = [];
    let exit: RunEvent | undefined;
    for await (const event of runCommand({ command: program(code) }, never)) {
      if (event.type === "stdout") pieces.push(event.text);
      exit = event;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const text = pieces.join("");
    assert(new TextEncoder().encode(text).length > 5_000_000);
    const wrong = text.split("\n").slice(0, -1).findIndex((line, n) =>
      line !== `line ${n} größe 日本 and some more text`
    );
    assertEquals([wrong, text.split("\n").length], [-1, lines + 1]);
    assertEquals(exit, { type: "exit", code: 0, signal: null });
  },
});

Deno.test({
  name: "runCommand makes a command wait while nobody takes its output",
  timeout,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const done = join(folder, "done");
      const code = `
        const bytes = new Uint8Array(5_000_000).fill(97);
        for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
        Deno.writeTextFileSync(Deno.args[0], "");
      `;
      const events = runCommand({ command: program(code, done) }, never);
      await until(events, /a/);
      // A second one that is taken at once runs from beginning to end meanwhile.
      const other = join(folder, "other");
      const { stdout } = await run({ command: program(code, other) });
      assertEquals(stdout.length, 5_000_000);
      assert((await Deno.stat(other)).isFile);
      await assertRejects(() => Deno.stat(done), Deno.errors.NotFound);
      await events.return(undefined);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "runCommand tells which signal ended a command",
  ignore: windows,
  timeout,
  async fn() {
    const { exit } = await run({ command: "kill -9 $$" });
    assertEquals(exit, { type: "exit", code: 137, signal: "SIGKILL" });
  },
});

Deno.test("runCommand starts nothing when its signal was aborted before", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const mark = join(folder, "mark");
    const command = program("Deno.writeTextFileSync(Deno.args[0], '')", mark);
    const events = runCommand({ command }, AbortSignal.abort(new Error("enough")));
    await assertRejects(() => events.next(), Error, "enough");
    await assertRejects(() => Deno.stat(mark), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("runCommand starts nothing when it is left before its first next()", async () => {
  const events = runCommand({ command: ["no-such-program"] }, never);
  assertEquals((await events.return(undefined)).done, true);
  assertEquals((await events.next()).done, true);
});

Deno.test({
  name: "runCommand says which program or folder is missing",
  timeout,
  async fn() {
    const first = (params: RunParams) => runCommand(params, never).next();
    await assertRejects(
      () => first({ command: ["no-such-program-ü"] }),
      Deno.errors.NotFound,
      `Cannot run "no-such-program-ü": there is no such program`,
    );
    const folder = await Deno.makeTempDir();
    try {
      const cwd = join(folder, "missing");
      await assertRejects(
        () => first({ command: program(""), cwd }),
        Deno.errors.NotFound,
        `in "${cwd}": there is no such folder`,
      );
      await Deno.writeTextFile(cwd, "");
      await assertRejects(
        () => first({ command: program(""), cwd }),
        Deno.errors.NotADirectory,
        `in "${cwd}": it is a file`,
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("runCommand refuses params of the wrong kind", async () => {
  const wrong: [unknown, string][] = [
    [{}, "command must be"],
    [{ command: "" }, "command must be"],
    [{ command: [] }, "command must be"],
    [{ command: ["a", 1] }, "command must be"],
    [{ command: "a", cwd: 1 }, "cwd must be a text"],
    [{ command: "a", stdin: {} }, "stdin must be a text"],
    [{ command: "a", env: { A: 1 } }, "env must map names to texts"],
    [{ command: "a", env: null }, "env must map names to texts"],
  ];
  for (const [params, message] of wrong) {
    const error = await assertRejects(
      () => runCommand(params as RunParams, never).next(),
      TypeError,
    );
    assertStringIncludes(error.message, message);
  }
});

Deno.test("commandLine wraps a line for the system's shell and leaves a list alone", () => {
  assertEquals(commandLine("ls -l", "linux"), {
    program: "/bin/sh",
    args: ["-c", "ls -l"],
    windowsRawArguments: false,
  });
  const shell = () => windowsShell("D:\\Windows");
  assertEquals(commandLine(`dir "C:\\a b"`, "windows", shell), {
    program: "D:\\Windows\\System32\\cmd.exe",
    args: ["/d", "/s", "/c", `"dir "C:\\a b""`],
    windowsRawArguments: true,
  });
  assertEquals(commandLine(["dir", "a b"], "windows"), {
    program: "dir",
    args: ["a b"],
    windowsRawArguments: false,
  });
});

Deno.test("commandLine refuses several lines for cmd.exe, which would run the first alone", () => {
  const error = assertThrows(() => commandLine("one\ntwo", "windows"), TypeError);
  assertMatch(error.message, /cmd\.exe takes one line/);
  assertEquals(commandLine("one\ntwo", "linux").args, ["-c", "one\ntwo"]);
});

Deno.test("Output joins a character that was cut in two, and marks one that stays half", async () => {
  const bytes = new TextEncoder().encode("a😀b");
  const pieces = [bytes.slice(0, 2), bytes.slice(2, 4), bytes.slice(4), bytes.slice(1, 3)];
  const arrivals: (() => void)[] = [];
  const output = new Output("stdout", ReadableStream.from(pieces), () => arrivals.shift()?.());
  const texts: string[] = [];
  while (!output.ended) {
    if (!output.ready) await new Promise<void>((resolve) => arrivals.push(resolve));
    texts.push(output.take().text);
  }
  assertEquals(texts, ["a", "", "😀b", "", "\ufffd"]);
});
